"""Our own server, seeded with what its TrueFoundry dialect would have written for the same creates."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from bench import ours
from bench.rows import created
from bench.servers import Launch
from bench.suite import ENGINES, Address, Engine, Place, Size
from bench.truefoundry.rows import REPO, REPOS, SeedRow, SeedRun, manifest, rows, runs
from isogloss.adapters.call import Call
from isogloss.adapters.dialect import Host
from isogloss.adapters.truefoundry.apply import apply
from isogloss.adapters.truefoundry.bodies.manifests import manifest_of
from isogloss.adapters.truefoundry.kinds import ARTIFACT, DIALECT
from isogloss.adapters.truefoundry.run_translate import facet, state
from isogloss.core import names
from isogloss.core.access import ANYBODY, Credential, Principal, Role
from isogloss.core.facets import with_part
from isogloss.core.model import Metric, MetricPoint, Parameter, Project, RunTag, Tag
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry
from isogloss.core.registry.projects import FIRST_SERIAL
from isogloss.core.registry.tags import attach, ensure_tags
from isogloss.core.registry.tracking import create_tracked_run
from isogloss.core.registry.users import UserDraft, create_user

PREFIX: Final = "/api/svc/v1"


@dataclass
class Made:
    """The ids of what was seeded, each kind in creation order."""

    repo: str = ""
    versions: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)


@dataclass
class OurTrueFoundry:
    """``isogloss serve``, asked in TrueFoundry's dialect."""

    name: str = ours.NAME
    engines: Collection[Engine] = ENGINES

    def versions(self) -> Mapping[str, str]:
        """Isogloss, and what carries it."""
        return ours.versions()

    def prepare(self, size: Size, place: Place) -> tuple[Launch, Address]:
        """Migrate an empty place and write the rows of `size` there."""
        made = Made()
        ours.upgrade(place)
        ours.seed(place, partial(create_rows, size, made))
        return ours.launch(place), Address(place.port, PREFIX, made.versions, {"repo": made.repo}, made.runs)


async def create_rows(size: Size, made: Made, registry: Registry, clock: ours.SeedClock) -> None:
    """Make the rows of `size`, and everything around them, as one user's; their ids go to `made`."""
    clock.now = created(0)
    store = registry.store
    draft = UserDraft(name="ana", role=Role.EDITOR, email="ana@example.org", full_name="Ana")
    user = await store.write(lambda unit: create_user(registry, unit, ANYBODY, draft))
    caller = Principal(user_id=user.id, name=user.name, role=Role.EDITOR)
    repos = [_repo(registry, caller, index) for index in range(REPOS)]
    await store.write(lambda unit: unit.add(*repos))
    made.repo = str(repos[0].serial)
    await _create_versions(size, made, registry, clock, caller)
    for run in runs(size):
        clock.now = run.started
        made.runs.append(await store.write(partial(_write_run, registry, caller, repos[0], run)))


async def _create_versions(
    size: Size, made: Made, registry: Registry, clock: ours.SeedClock, caller: Principal
) -> None:
    known: dict[str, Tag] = {}
    host = Host(registry=registry, gate=_nobody_asks, open=True, public_url=None)
    call = Call(host=host, registry=registry, caller=caller, path={}, query_string=b"", headers={}, body=b"")

    async def write(unit: Writer, row: SeedRow) -> str:
        version = (await apply(call, unit, manifest_of(ARTIFACT, manifest(row)))).version
        for name in row.tags:
            if name not in known:
                [known[name]] = await ensure_tags(registry, unit, caller, [name], lambda: "grey")
            await attach(registry, unit, caller, known[name], version)
        return version.id

    for row in rows(size):
        clock.now = row.created
        made.versions.append(await registry.store.write(partial(write, row=row)))


async def _nobody_asks(credential: Credential | None) -> Principal:
    return ANYBODY


def _repo(registry: Registry, caller: Principal, index: int) -> Project:
    name = REPO if index == 0 else f"{REPO}-{index}"
    slug, word = names.project_forms(name)
    collaborator = {"subject": "user:ana@example.org", "role_id": "mlf-project-admin"}
    part = json.dumps({"storage_integration_fqn": "default:local:storage", "collaborators": [collaborator]})
    return Project(
        id=registry.new_id(),
        serial=FIRST_SERIAL + 1 + index,
        name=name,
        slug=slug,
        word=word,
        display_name=None,
        description=None,
        metadata=None,
        facet=with_part(None, DIALECT, part),
        author_id=caller.user_id,
        created=created(index),
        updated=created(index),
    )


async def _write_run(registry: Registry, caller: Principal, repo: Project, seed: SeedRun, unit: Writer) -> str:
    """Make a run, and what was logged of it: as rows, since all of it is new. Answers its id."""
    run = await create_tracked_run(
        registry,
        unit,
        caller,
        repo,
        dialect=DIALECT,
        name=seed.name,
        state=state("RUNNING"),
        started=seed.started,
        facet=facet(None),
        tags=(),
    )
    await unit.add(*(RunTag(run_id=run.id, key=key, value=value) for key, value in seed.tags.items()))
    await unit.add(*(Parameter(run_id=run.id, key=key, value=value) for key, value in seed.parameters.items()))
    points = [
        MetricPoint(run_id=run.id, key=point.key, step=point.step, at=point.at, value=point.value, nan=False)
        for point in seed.points
    ]
    latest = {
        point.key: Metric(run_id=run.id, key=point.key, step=point.step, at=point.at, value=point.value, nan=point.nan)
        for point in points
    }
    await unit.add(*points, *latest.values())
    return run.id
