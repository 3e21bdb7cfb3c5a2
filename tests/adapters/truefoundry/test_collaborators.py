"""The collaborators of a repo's manifest: whom it names gets the role in the project; on both engines."""

import pytest

from isogloss.core.access import Role
from isogloss.core.ports import Reader
from isogloss.core.registry import Registry, grants
from tests.adapters.truefoundry.serving import Served
from tests.support.accounts import add_user, as_user

STORAGE = "a:b"


async def apply(served: Served, **roles: str) -> None:
    named = [{"subject": f"user:{address.replace('_at_', '@')}", "role_id": role} for address, role in roles.items()]
    manifest = {"type": "ml-repo", "name": "lab", "storage_integration_fqn": STORAGE, "collaborators": named}
    shown = (await served.put("/ml-repos", {"manifest": manifest}))["data"]["manifest"]
    assert shown["collaborators"] == named


async def granted(registry: Registry) -> dict[str, Role]:
    async def work(unit: Reader) -> dict[str, Role]:
        return {each.user: each.role for each in await grants.list_grants(unit)}

    return await registry.store.read(work)


async def test_whom_a_manifest_names_has_the_role_until_it_does_not(registry: Registry) -> None:
    eda = await add_user(registry, "eda", Role.EDITOR)
    await add_user(registry, "mia", Role.MEMBER, email="mia@example.org")
    await add_user(registry, "noa", Role.MEMBER)
    served = Served(registry, caller=as_user(eda))
    roles = {"mia_at_example.org": "mlf-project-viewer", "noa_at_default.isogloss": "mlf-project-editor"}
    await apply(served, **roles, **{"nobody_at_example.org": "mlf-project-admin"})
    assert await granted(registry) == {"eda": Role.ADMIN, "mia": Role.VIEWER, "noa": Role.EDITOR}
    await apply(served, **{"mia_at_example.org": "mlf-project-admin", "eda": "mlf-project-admin"})
    assert await granted(registry) == {"eda": Role.ADMIN, "mia": Role.ADMIN}
    await apply(served)
    assert await granted(registry) == {"eda": Role.ADMIN}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
async def test_only_who_administers_a_repo_names_its_collaborators(registry: Registry, role: Role) -> None:
    eda, other = await add_user(registry, "eda", Role.EDITOR), await add_user(registry, "otto", role)
    await apply(Served(registry, caller=as_user(eda)))
    body = {
        "manifest": {
            "type": "ml-repo",
            "name": "lab",
            "storage_integration_fqn": STORAGE,
            "collaborators": [{"subject": "user:otto", "role_id": "mlf-project-admin"}],
        }
    }
    assert (await Served(registry, caller=as_user(other))("PUT", "/ml-repos", body)).status == 403
    assert await granted(registry) == {"eda": Role.ADMIN}
