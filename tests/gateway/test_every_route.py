"""Every route of the assembled app, where everybody has to say who they are: who gets in, and what they learn.

A route that has no probe fails the first test, so that a new one cannot be forgotten.
"""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from msgspec import Struct

from isogloss.adapters import native, prefect, truefoundry, zenml
from isogloss.adapters.dialect import Dialect, Host
from isogloss.adapters.native.dialect import ROUTES as NATIVE_ROUTES
from isogloss.adapters.prefect.dialect import ROUTES as PREFECT_ROUTES
from isogloss.adapters.prefect.routes.event_stream import PATH as EVENTS
from isogloss.adapters.transfers import PREFIX as NATIVE_PREFIX
from isogloss.adapters.truefoundry.dialect import FAMILIES, FLOW, ML, SVC
from isogloss.adapters.zenml.dialect import ROUTES as ZENML_ROUTES
from isogloss.adapters.zenml.routes import PREFIX as ZENML_PREFIX
from isogloss.core.access import Role
from isogloss.core.model import Project, Tag, User
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import grants, projects
from isogloss.core.registry.tokens import Issued, issue_token, revoke_token
from isogloss.gateway import app as gateway_app
from isogloss.gateway.keys import make_personal
from isogloss.storage.sql.tables import TABLES
from tests.gateway.every_route.native import NATIVE
from tests.gateway.every_route.prefect import PREFECT
from tests.gateway.every_route.probes import Answers, Probe, filled
from tests.gateway.every_route.truefoundry import FLOW_PROBES, ML_PROBES, SVC_PROBES
from tests.gateway.every_route.zenml import ZENML
from tests.support.secret_project import WORD, SecretProject
from tests.support.whole_app import Answer, WholeApp, whole_app

PASSWORD = "correct horse battery staple"

PROBES: dict[str, dict[str, Probe]] = {
    "/api": PREFECT,
    ZENML_PREFIX: ZENML,
    SVC: SVC_PROBES,
    ML: ML_PROBES,
    FLOW: FLOW_PROBES,
    NATIVE_PREFIX: NATIVE,
}
"""The probes of each prefix's routes, by the route's method and path."""

SERVED: dict[str, tuple[Any, ...]] = {
    "/api": PREFECT_ROUTES,
    ZENML_PREFIX: ZENML_ROUTES,
    **{manner.prefix: routes for manner, routes in FAMILIES},
    NATIVE_PREFIX: NATIVE_ROUTES,
}

DIALECTS: dict[str, Dialect] = {
    "/api": prefect.dialect,
    ZENML_PREFIX: zenml.dialect,
    **dict.fromkeys((SVC, ML, FLOW), truefoundry.dialect),
    NATIVE_PREFIX: native.dialect,
}

MAKE_TAG = f"{ZENML_PREFIX} POST /tags"

PUBLIC_PAGES = frozenset({"/", "/health", "/ready", "/devices/verify", "/ui-settings", "/prefect/ui-settings"})
"""The gateway's own pages: how to connect, whether it lives, where a user signs in to approve a device, and what pages
of Prefect's ask before anybody signed in.
"""

REFUSED, UNAUTHENTICATED, POLICY_VIOLATION = 403, 401, 1008


def labelled(route: Any) -> str:
    """A route as probes are listed by."""
    return f"{route.method} {re.sub(r':(str|uuid)}', '}', route.path)}"


class World(Struct, frozen=True, kw_only=True):
    """An app with the secret project, and the keys of those who ask."""

    app: WholeApp
    secret: SecretProject
    admin: str
    viewer: str
    revoked: str
    guest: str
    """A viewer of the projects that hold the secrets, who edits another one."""
    stranger: str
    """An editor of another project, who is nothing in this one."""
    users: dict[str, str]
    """Whose keys these are."""

    async def ask(self, prefix: str, label: str, key: str | None) -> "Asked":
        """A route's probe, and its answer."""
        method, _, path = label.partition(" ")
        probe = PROBES[prefix][label]
        at = self.secret.at | {"caller": self.users.get(key or "", "")}
        target, body = filled(probe.target or path, at), filled(probe.body, at)
        answer = await self.app.ask(method, prefix + target, body, key=key)
        return Asked(prefix + " " + label, DIALECTS[prefix], probe, answer, json.dumps([target, body]))


class Asked(Struct, frozen=True):
    """A probe with its answer, and the whole question as text."""

    route: str
    dialect: Dialect
    probe: Probe
    answer: Answer
    asked: str

    def __repr__(self) -> str:
        return f"\n{self.route}: {self.answer.status} {self.answer.body[:160]!r}"


@asynccontextmanager
async def made_world(database_url: str, home: Path) -> AsyncIterator[World]:
    """A new world on a database."""
    async with whole_app(database_url, home, PASSWORD) as app:

        async def issued(name: str, role: Role | None = None, project: str | None = None) -> Issued:
            return await issue_token(app.registry, name, make_personal, role=role, project=project)

        admin = await issued("admin")
        secret = SecretProject(app, admin.key)
        await secret.fill()
        for project in ("default", secret.at["project_name"], secret.at["repo"]):
            # What others wrote is laid out when ZenML's clients are first told of it: the one write that a read causes.
            listed = await app.ask(
                "GET", f"{ZENML_PREFIX}/artifact_versions?project={project}&size=1000", key=admin.key
            )
            assert listed.status == 200, listed
        other = await app.ask("POST", f"{ZENML_PREFIX}/projects", {"name": "other"}, key=admin.key)
        assert other.status == 200, other
        revoked = await issued("rita", Role.ADMIN)
        await revoke_token(app.registry, revoked.token.id)
        viewer, stranger = await issued("vera", Role.VIEWER), await issued("stan", Role.EDITOR, "other")
        guest = await issued("gus", Role.EDITOR, "other")
        for project in ("default", secret.at["project_name"], secret.at["repo"]):
            await granted(app, guest.token.user_id, project, Role.VIEWER)
        yield World(
            app=app,
            secret=secret,
            admin=admin.key,
            viewer=viewer.key,
            revoked=revoked.key,
            guest=guest.key,
            stranger=stranger.key,
            users={each.key: each.token.user_id for each in (viewer, guest, stranger)},
        )


async def granted(app: WholeApp, user_id: str, project: str, role: Role) -> None:
    """Give a user a role in a project."""

    async def work(unit: Writer) -> None:
        user = await unit.get(User, id=user_id)
        assert user is not None
        await grants.keep_grant(app.registry, unit, None, await projects.find_project(unit, project), user, role)

    await app.registry.store.write(work)


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """A new world."""
    async with made_world(database_url, tmp_path) as made:
        yield made


def every_probe() -> list[tuple[str, str]]:
    """All probes, those that delete last, so that each of them finds what it is about."""
    listed = [(prefix, label) for prefix, probes in PROBES.items() for label in probes]
    return sorted(listed, key=lambda each: "delete" in each[1].lower())


async def test_every_route_has_a_probe_and_every_probe_a_route(world: World) -> None:
    for prefix, routes in SERVED.items():
        assert {labelled(route) for route in routes} == set(PROBES[prefix]), prefix
    host = Host(registry=world.app.registry, gate=no_gate, open=False, public_url=None)
    litestar = gateway_app.create_routes(host)
    assert isinstance(litestar, Litestar)
    assembled = {re.sub(r":(str|uuid)}", "}", route.path) for route in litestar.routes}
    known = {f"{prefix}{label.partition(' ')[2]}".rstrip("/") for prefix, probes in PROBES.items() for label in probes}
    aliases = {f"/api{alias}" for route in PREFECT_ROUTES for alias in route.also}
    assert {path.rstrip("/") for path in assembled} - aliases == known | {EVENTS}


async def no_gate(credential: object) -> Any:
    """Lets nobody in."""
    raise AssertionError


async def test_the_pages_that_need_no_credential_are_these(world: World) -> None:
    for page in PUBLIC_PAGES:
        assert (await world.app.ask("GET", page)).status == 200, page
    for path in ("/api", "/api/v1", "/anything", "/openapi.json", "/docs"):
        assert (await world.app.ask("GET", path)).status in (UNAUTHENTICATED, 404), path


@pytest.mark.parametrize("who", ["nobody", "revoked"])
async def test_without_a_good_credential_nothing_answers_but_what_is_public(world: World, who: str) -> None:
    key = None if who == "nobody" else world.revoked
    before = await rows_of(world)
    wrong = list[Asked]()
    for asked in [await world.ask(*each, key) for each in every_probe()]:
        if asked.probe.answers is Answers.PUBLIC:
            good = asked.answer.status != 500
        else:
            good = asked.answer.status == UNAUTHENTICATED and asked.answer.body == asked.dialect.unauthorized.body
        if not good:
            wrong.append(asked)
        wrong += leaks(world, asked)
    assert not wrong, "".join(map(repr, wrong))
    assert await world.app.connect(EVENTS, key) == POLICY_VIOLATION
    assert not await changed_since(world, before)


@pytest.mark.parametrize("who", ["of the server", "of the projects"])
async def test_a_viewer_reads_everything_and_writes_nothing(world: World, who: str) -> None:
    key = world.viewer if who == "of the server" else world.guest
    before = await rows_of(world)
    wrong = list[Asked]()
    for asked in [await world.ask(*each, key) for each in every_probe()]:
        match asked.probe.answers:
            case Answers.READS:
                good = asked.answer.status == 200
            case Answers.WRITES if asked.route == MAKE_TAG and key == world.guest:
                good = asked.answer.status == 200
            case Answers.WRITES | Answers.ADMINS:
                good = asked.answer.status == REFUSED and says_why(asked.answer)
            case Answers.PUBLIC:
                good = asked.answer.status != 500
            case _:
                good = asked.answer.status not in (UNAUTHENTICATED, 500)
        if not good:
            wrong.append(asked)
    assert not wrong, "".join(map(repr, wrong))
    assert await world.app.connect(EVENTS, key) == POLICY_VIOLATION
    assert not await changed_since(world, before)


async def test_an_editor_of_another_project_neither_learns_nor_changes_anything(world: World) -> None:
    before = await rows_of(world)
    wrong = list[Asked]()
    for asked in [await world.ask(*each, world.stranger) for each in every_probe()]:
        status, answers = asked.answer.status, asked.probe.answers
        good = status not in (UNAUTHENTICATED, 422, 500) or answers in (Answers.PUBLIC, Answers.ALIKE)
        if not good or (answers is Answers.ADMINS and status != REFUSED):
            wrong.append(asked)
        wrong += leaks(world, asked)
    assert not wrong, "".join(map(repr, wrong))
    assert await world.app.connect(EVENTS, world.stranger) == POLICY_VIOLATION
    assert not await changed_since(world, before)


def says_why(answer: Answer) -> bool:
    """Whether a refusal says, in JSON as all dialects' are, which role it takes."""
    return isinstance(json.loads(answer.body), dict | list) and b"role" in answer.body


def leaks(world: World, asked: Asked) -> list[Asked]:
    """The answer, if something that the secret project calls its own is in it and was not in the question."""
    private = [value for name, value in world.secret.at.items() if name not in SHARED and len(value) > 8]
    body = asked.answer.body.decode("utf-8", "replace")
    for said in sorted({*re.findall(rf"{WORD}[\w-]*", asked.asked), *private}, key=len, reverse=True):
        if said in asked.asked:
            body = body.replace(said, "")
    return [asked] if WORD in body or any(value in body for value in private) else []


SHARED = frozenset({"stack", "store", "tag", "flavor", "component", "user", "service_account", "api_key"})
"""What the project's rows refer to and is the server's."""

IGNORED = frozenset({"audit_entries", "replies", "tokens", "devices", "users", "tallies"})
"""What changes by the asking itself, or, like totals, in form only."""


async def rows_of(world: World) -> dict[str, set[tuple[Any, ...]]]:
    """All rows of all tables."""
    kinds: list[Any] = [kind for kind, table in TABLES.items() if table.name not in IGNORED]

    async def work(unit: Reader) -> dict[str, set[tuple[Any, ...]]]:
        return {
            kind.__name__: {
                tuple(getattr(row, name) for name in row.__struct_fields__) for row in await unit.find(kind)
            }
            for kind in kinds
        }

    return await world.app.registry.store.read(work)


async def changed_since(world: World, before: dict[str, set[tuple[Any, ...]]]) -> list[object]:
    """The rows that were changed or removed, and those that were added to what is the project's or the server's."""
    other = await project_named(world, "other")
    after = await rows_of(world)
    gone = [row for kind, rows in before.items() for row in rows - after[kind]]
    # Who edits any project may make tags, which are the server's.
    kinds = after.keys() - {Tag.__name__}
    return [*gone, *[row for kind in kinds for row in after[kind] - before[kind] if other.id not in row]]


async def project_named(world: World, name: str) -> Project:
    """A project by its name."""

    async def work(unit: Reader) -> Project:
        return await projects.find_project(unit, name)

    return await world.app.registry.store.read(work)
