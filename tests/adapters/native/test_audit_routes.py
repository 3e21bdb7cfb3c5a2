"""The record of who wrote what, over the registry's own route; on both engines."""

from typing import Any

from isogloss.adapters.native.dialect import NATIVE
from isogloss.adapters.transfers import PREFIX
from isogloss.core.access import Role
from isogloss.core.registry import Registry, versions
from isogloss.core.registry.callers import registry_for
from isogloss.core.registry.versions import VersionDraft
from tests.support.accounts import add_user, as_user
from tests.support.in_process import InProcess


async def test_administrators_see_who_wrote_what(registry: Registry) -> None:
    ana, admin = await add_user(registry, "ana"), await add_user(registry, "root", Role.ADMIN)
    project = registry.default_project
    acting = registry_for(registry, as_user(ana), "prefect", "create_artifact")
    made = await versions.create_version(acting, as_user(ana), project, VersionDraft(dialect="prefect"), slug="x")
    served = InProcess(NATIVE, PREFIX, registry, caller=as_user(admin))
    [entry] = (await served.get("/audit", {"project": "default", "user": "ana", "since": "2025-01-01T00:00:00Z"}))[
        "entries"
    ]
    assert (entry["user"], entry["user_id"], entry["dialect"]) == ("ana", ana.id, "prefect")
    assert (entry["action"], entry["project"], entry["touched"]) == ("create_artifact", project.id, 2)
    assert {"deed": "added", "entity": "version", "id": made.id} in entry["subjects"]
    assert entry["at"].endswith("Z")
    assert await served.get("/audit", {"user": "bob"}) == {"entries": []}


async def test_what_cannot_be_answered_is_said(registry: Registry) -> None:
    admin = InProcess(NATIVE, PREFIX, registry)
    editor = InProcess(NATIVE, PREFIX, registry, caller=as_user(await add_user(registry, "ana")))

    async def status(served: InProcess, query: dict[str, Any]) -> int:
        return (await served("GET", "/audit", query=query)).status

    assert await status(editor, {}) == 403
    assert await status(admin, {"project": "absent"}) == 404
    assert await status(admin, {"since": "yesterday"}) == 422
    assert await status(admin, {"limit": "0"}) == 400
