"""What things were made from, as metadata says: written with it, changed with it, gone with it."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.errors import Denied, Invalid, NotFound
from isogloss.core.model import Derivation, Run, Version
from isogloss.core.ports import Reader, Writer
from isogloss.core.references import INPUTS
from isogloss.core.registry import Registry, derivations, metadata, tracking
from isogloss.core.registry.artifacts import ByName
from isogloss.core.registry.projects import create_project, delete_project
from isogloss.core.registry.tracking import Batch, State
from isogloss.core.registry.versions import VersionDraft, change_version, delete_version, write_version
from tests.support.making import Maker, around

VIEWER = Principal(user_id=None, name="vera", role=Role.VIEWER)


@pytest.fixture
def make(registry: Registry) -> Maker:
    return Maker(registry)


def document(**members: Any) -> str:
    return msgspec.json.encode({key.replace("inputs", INPUTS): value for key, value in members.items()}).decode()


async def kept(make: Maker) -> list[Derivation]:
    async def work(unit: Reader) -> list[Derivation]:
        return await unit.find(Derivation)

    return await make.read(work)


async def change(make: Maker, version: Version, new: str | None) -> None:
    project = make.registry.default_project
    await change_version(make.registry, ANYBODY, project, version.id, metadata=lambda _: new)


async def append(make: Maker, entity: str, owner: Version | Run, added: str) -> None:
    await make.write(lambda unit: metadata.append(make.registry, unit, entity, owner.id, added))


async def test_replaced_metadata_replaces_what_it_says(make: Maker) -> None:
    one, two, model = await make.version("one"), await make.version("two"), await make.version("model")
    await change(make, model, document(inputs=[one.id, "later"]))
    assert around(await make.lineage(model)) == ["one@1 derived model@1"]
    await change(make, model, document(inputs=f"{two.id}, {one.id}", other=1))
    assert around(await make.lineage(model)) == ["one@1 derived model@1", "two@1 derived model@1"]
    assert (await make.lineage(model)).missing == []
    await change(make, model, document(other=1))
    assert around(await make.lineage(model)) == []
    assert await kept(make) == []
    await change(make, model, document(inputs="one"))
    await change(make, model, None)
    assert await kept(make) == []


async def test_a_reference_that_stays_means_what_it_meant(make: Maker) -> None:
    await make.version("data")
    model = await make.version("model", ["data"])
    await make.version("data")
    await change(make, model, document(inputs=["data"], note="changed"))
    assert around(await make.lineage(model)) == ["data@1 derived model@1"]


async def test_a_version_made_from_the_newest_of_its_own_artifact_is_made_from_the_one_before(make: Maker) -> None:
    await make.version("model")
    tuned = await make.version("model", ["model"])
    assert around(await make.lineage(tuned)) == ["model@1 derived model@2"]


async def test_metadata_that_is_added_to_a_version_a_run_or_a_step_says_so_too(make: Maker) -> None:
    data, model, run = await make.version("data"), await make.version("model"), await make.run("pipeline")
    step = await make.run("train", run)
    await append(make, "version", model, document(inputs=["data"]))
    await append(make, "run", run, document(inputs="data"))
    await append(make, "run", step, document(inputs=["data:1"]))
    await append(make, "run", step, document(loss=0.5))
    assert around(await make.lineage(data)) == [
        "data@1 derived by train pipeline",
        "data@1 derived model@1",
        "data@1 derived pipeline",
    ]


async def tracked(make: Maker, tags: list[tuple[str, str]]) -> Run:
    async def work(unit: Writer) -> Run:
        return await tracking.create_tracked_run(
            make.registry,
            unit,
            ANYBODY,
            make.registry.default_project,
            dialect="test",
            name="training",
            state=State("RUNNING", "RUNNING"),
            started=None,
            facet=None,
            tags=tags,
        )

    return await make.write(work)


async def test_tags_of_a_tracked_run_say_so_too(make: Maker) -> None:
    one, two = await make.version("one"), await make.version("two")
    run = await tracked(make, [(INPUTS, "one"), ("team", "a")])
    assert around(await make.lineage(run)) == ["one@1 derived training"]
    batch = Batch(tags=[(INPUTS, f'["{two.id}", "{one.id}"]')])
    await make.write(lambda unit: tracking.log(make.registry, unit, ANYBODY, run.id, "test", batch))
    assert around(await make.lineage(run)) == ["one@1 derived training", "two@1 derived training"]
    await make.write(lambda unit: tracking.delete_run_tags(unit, ANYBODY, run.id, "test", [INPUTS]))
    assert await kept(make) == []


async def test_it_goes_with_either_end(make: Maker) -> None:
    data, run = await make.version("data"), await tracked(make, [(INPUTS, "data, later")])
    model = await make.version("model", [run.id, "data", "later"])
    assert len(await kept(make)) > 4
    await make.write(lambda unit: tracking.remove_tracked_run(make.registry, unit, ANYBODY, run.id, "test"))
    assert {row.version_id for row in await kept(make)} == {model.id}
    await delete_version(make.registry, ANYBODY, make.registry.default_project, data.id)
    assert {row.reference for row in await kept(make)} == {"later"}
    await delete_version(make.registry, ANYBODY, make.registry.default_project, model.id)
    assert await kept(make) == []


async def test_it_goes_with_its_project(make: Maker) -> None:
    data = await make.version("data")

    async def work(unit: Writer) -> None:
        registry = make.registry
        project = await create_project(registry, unit, ANYBODY, "other")
        draft = VersionDraft(dialect="test", metadata=document(inputs=[data.id, "later"]))
        version = await write_version(registry, unit, ANYBODY, project, draft, ByName("model"))
        await derivations.link(registry, unit, ANYBODY, version.id, data.id)
        await delete_project(registry, unit, ANYBODY, project)

    await make.write(work)
    assert await kept(make) == []


async def test_metadata_without_the_key_costs_not_one_statement(make: Maker, statements: Callable[[], int]) -> None:
    async def cost(metadata: str | None) -> int:
        await make.version("report")
        statements()
        draft = VersionDraft(dialect="test", metadata=metadata)
        project = make.registry.default_project
        await make.write(lambda unit: write_version(make.registry, unit, ANYBODY, project, draft, ByName("report")))
        return statements()

    plain = await cost('{"a":1}')
    assert await cost('{"b":1}') == plain
    assert await cost(document(inputs=["report"])) > plain


async def test_who_only_reads_links_nothing(make: Maker) -> None:
    one, two = await make.version("one"), await make.version("two")

    async def link(unit: Writer) -> None:
        await derivations.link(make.registry, unit, VIEWER, one.id, two.id)

    async def unlink(unit: Writer) -> None:
        await derivations.unlink(unit, VIEWER, one.id)

    for work in (link, unlink):
        with pytest.raises(Denied):
            await make.write(work)


async def test_a_link_that_makes_no_sense_is_refused(make: Maker) -> None:
    one = await make.version("one")
    two = await make.version("two", ["one"])

    async def to_itself(unit: Writer) -> None:
        await derivations.link(make.registry, unit, ANYBODY, one.id, "one")

    async def to_nothing(unit: Writer) -> None:
        await derivations.link(make.registry, unit, ANYBODY, one.id, "nothing")

    async def of_metadata(unit: Writer) -> None:
        await derivations.unlink(unit, ANYBODY, (await unit.find(Derivation, version_id=two.id))[0].id)

    async def unknown(unit: Writer) -> None:
        await derivations.unlink(unit, ANYBODY, one.id)

    for work, error in ((to_itself, Invalid), (to_nothing, NotFound), (of_metadata, Invalid), (unknown, NotFound)):
        with pytest.raises(error):
            await make.write(work)


async def test_explicit_links_are_listed_from_the_oldest_on(make: Maker) -> None:
    data = await make.version("data")
    models = [await make.version(f"model-{place}") for place in range(5)]

    async def work(unit: Writer) -> list[str]:
        return [(await derivations.link(make.registry, unit, ANYBODY, each.id, data.id)).id for each in models]

    ids = await make.write(work)

    async def pages(unit: Reader) -> list[str]:
        found: list[Derivation] = []
        while page := await derivations.links_of(
            unit, VIEWER, None, limit=2, after=(found[-1].created, found[-1].id) if found else None
        ):
            found += page
        return [each.id for each in found]

    assert await make.read(pages) == ids
