"""The graph of versions and runs: what is above and below a version, however that was told."""

import random
from collections.abc import Callable

import pytest

from isogloss.core.access import ANYBODY
from isogloss.core.errors import NotFound
from isogloss.core.model import RunLink, Version
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry, derivations
from isogloss.core.registry.versions import PRODUCED, delete_version
from tests.support.making import Maker, around


@pytest.fixture
def make(registry: Registry) -> Maker:
    return Maker(registry)


async def test_a_versions_producer_and_what_it_used_are_above_it(make: Maker) -> None:
    data, run = await make.version("data"), await make.run("training")
    await make.uses(run, data)
    model = await make.version("model", producer_run=run.id)
    expected = ["data@1 consumed training", "training produced model@1"]
    assert around(await make.lineage(model, direction="up")) == expected
    assert around(await make.lineage(data, direction="down")) == expected
    assert around(await make.lineage(run)) == expected
    assert around(await make.lineage(model, direction="down")) == []
    assert around(await make.lineage(data, direction="up")) == []


async def test_steps_are_shown_as_their_run_and_keep_their_names_on_the_edges(make: Maker) -> None:
    run = await make.run("pipeline")
    first, second = await make.run("load", run), await make.run("train", run)
    data, model = await make.version("data"), await make.version("model")
    await make.makes(first, data)
    await make.uses(second, data)
    await make.makes(second, model)
    graph = await make.lineage(model)
    assert around(graph) == [
        "data@1 consumed by train pipeline",
        "pipeline produced by load data@1",
        "pipeline produced by train model@1",
    ]
    assert sorted(node.entity for node in graph.nodes) == ["run", "version", "version"]


async def test_what_one_step_used_is_not_above_what_another_one_made(make: Maker) -> None:
    run = await make.run("pipeline")
    left, right = await make.run("left", run), await make.run("right", run)
    one, two = await make.version("one"), await make.version("two")
    await make.uses(left, one)
    await make.uses(right, two)
    mine = await make.version("mine", producer_run=run.id, producer_step=left.id)
    other = await make.version("other", producer_run=run.id, producer_step=right.id)
    assert around(await make.lineage(mine)) == ["one@1 consumed by left pipeline", "pipeline produced by left mine@1"]
    assert around(await make.lineage(two)) == ["pipeline produced by right other@1", "two@1 consumed by right pipeline"]
    assert len((await make.lineage(other)).nodes) == 3


async def test_what_a_run_did_outside_of_its_steps_concerns_all_of_them(make: Maker) -> None:
    run = await make.run("flow")
    step = await make.run("task", run)
    data = await make.version("data")
    await make.uses(step, data)
    await make.version("report", producer_run=run.id)
    expected = ["data@1 consumed by task flow", "flow produced report@1"]
    assert around(await make.lineage("report")) == expected
    assert around(await make.lineage("data")) == expected


async def test_a_reference_in_metadata_is_an_edge(make: Maker) -> None:
    await make.version("data")
    newer = await make.version("data")
    run = await make.run("training")
    await make.version("model", ["test-nothing", "zenml:data:1", newer.id, f"isogloss:{run.id}"])
    graph = await make.lineage("model")
    assert around(graph) == ["data@1 derived model@1", "data@2 derived model@1", "training derived model@1"]
    assert [missing.reference for missing in graph.missing] == ["test-nothing"]
    assert {edge.origin for edge in graph.edges} == {"metadata"}
    assert around(await make.lineage(newer)) == ["data@2 derived model@1"]
    assert around(await make.lineage(run)) == ["training derived model@1"]


async def test_a_reference_to_what_comes_later_is_an_edge_from_then_on(make: Maker) -> None:
    texts = ["prefect:data", "artifact:default/default/data:1", "data@1", "zenml:data:1", "[brackets]", "data@2"]
    for place, text in enumerate(texts):
        await make.version(f"model-{place}", [text])
    assert around(await make.lineage("model-0")) == []
    data = await make.version("data")
    found = [f"data@1 derived model-{place}@1" for place in range(4)]
    assert around(await make.lineage(data)) == found
    assert around(await make.lineage("model-2")) == found[2:3]
    assert [each.reference for each in (await make.lineage("model-5")).missing] == ["data@2"]


async def test_an_explicit_link_is_an_edge_until_it_is_taken_back(make: Maker) -> None:
    data, model, run = await make.version("data"), await make.version("model"), await make.run("notebook")
    pairs = ((model.id, "data"), (model.id, run.id), (run.id, data.id))

    async def link(unit: Writer) -> list[str]:
        return [(await derivations.link(make.registry, unit, ANYBODY, *pair)).id for pair in pairs]

    ids = await make.write(link)
    assert await make.write(link) == ids
    expected = ["data@1 derived model@1", "data@1 derived notebook", "notebook derived model@1"]
    assert around(await make.lineage(data)) == expected
    assert around(await make.lineage(model)) == expected

    async def unlink(unit: Writer) -> None:
        for link_id in ids:
            await derivations.unlink(unit, ANYBODY, link_id)

    await make.write(unlink)
    assert around(await make.lineage(data)) == []


async def test_cycles_come_to_an_end(make: Maker) -> None:
    one = await make.version("one", ["two"])
    two = await make.version("two", ["one"])
    expected = ["one@1 derived two@1", "two@1 derived one@1"]
    for version in (one, two):
        for direction in ("up", "down", "both"):
            graph = await make.lineage(version, direction=direction)
            assert around(graph) == expected
            assert not graph.truncated


async def chain(make: Maker, length: int) -> list[Version]:
    made = [await make.version("link-0")]
    for place in range(1, length):
        made.append(await make.version(f"link-{place}", [made[-1].id]))
    return made


async def test_a_walk_stops_at_its_depth_and_says_so(make: Maker) -> None:
    made = await chain(make, 6)
    graph = await make.lineage(made[-1], direction="up", depth=3)
    assert (len(graph.nodes), len(graph.edges), graph.truncated) == (4, 3, True)
    graph = await make.lineage(made[-1], direction="up", depth=5)
    assert (len(graph.nodes), len(graph.edges), graph.truncated) == (6, 5, False)
    assert (await make.lineage(made[0], depth=0)).truncated


async def test_a_walk_stops_at_a_number_of_nodes_and_says_so(make: Maker) -> None:
    data = await make.version("data")
    for place in range(8):
        await make.version(f"model-{place}", [data.id])
    graph = await make.lineage(data, nodes=5)
    assert (len(graph.nodes), len(graph.edges), graph.truncated) == (5, 4, True)
    assert not (await make.lineage(data, nodes=9)).truncated


async def test_a_level_takes_as_many_statements_however_wide_it_is(make: Maker, statements: Callable[[], int]) -> None:
    async def cost(width: int, name: str) -> int:
        data = await make.version(name)
        run = await make.run(name)
        for place in range(width):
            step = await make.run(f"{name}-{place}", run)
            await make.uses(step, data)
            model = await make.version(f"{name}-{place}", ["nothing"], producer_run=run.id, producer_step=step.id)
            await make.version(f"{name}-of-{place}", [model.id, f"{name}-later"])
        statements()
        assert len((await make.lineage(data)).nodes) == 2 + 2 * width
        return statements()

    assert await cost(2, "narrow") == await cost(12, "wide")


async def test_a_deleted_version_leaves_no_edge_behind(make: Maker) -> None:
    data = await make.version("data")
    run = await make.run("training")
    await make.uses(run, data)
    model = await make.version("model", ["data", "nothing"], producer_run=run.id)
    await delete_version(make.registry, ANYBODY, make.registry.default_project, data.id)
    assert around(await make.lineage(model)) == ["training produced model@1"]
    await delete_version(make.registry, ANYBODY, make.registry.default_project, model.id)
    assert around(await make.lineage(run)) == []
    with pytest.raises(NotFound):
        await make.lineage(model)


async def test_a_link_to_a_run_that_is_not_there_is_no_edge(make: Maker) -> None:
    model = await make.version("model", producer_run="somewhere-else")

    async def work(unit: Writer) -> None:
        await unit.add(RunLink(version_id=model.id, run_id=make.registry.new_id(), direction=PRODUCED, slot=""))

    await make.write(work)
    assert around(await make.lineage(model)) == []


async def test_what_only_its_own_dialect_sees_is_not_in_the_graph(make: Maker) -> None:
    run = await make.run("flow")
    await make.version("result", producer_run=run.id, internal=True)
    shown = await make.version("report", producer_run=run.id)
    assert around(await make.lineage(shown)) == ["flow produced report@1"]
    assert around(await make.lineage(run)) == ["flow produced report@1"]


async def test_above_and_below_agree(make: Maker) -> None:
    """In random graphs, one version is above another exactly where that one is below it."""
    chance = random.Random(7)
    runs = [await make.run(f"run-{place}") for place in range(3)]
    steps = [await make.run(f"step-{place}", run) for run in runs for place in range(2)]
    versions: list[Version] = []
    for place in range(14):
        maker = chance.choice([*steps, *runs, None, None])
        inputs = [each.id for each in chance.sample(versions, min(len(versions), chance.randrange(3)))]
        given: dict[str, str | None] = {}
        if maker is not None and maker.parent_id is None:
            given = {"producer_run": maker.id}
        elif maker is not None:
            given = {"producer_run": maker.parent_id, "producer_step": maker.id}
        versions.append(await make.version(f"v-{place}", inputs, **given))
        await make.uses(chance.choice([*steps, *runs]), chance.choice(versions))
    above: dict[str, set[str]] = {}
    below: dict[str, set[str]] = {}
    for version in versions:
        for sets, direction in ((above, "up"), (below, "down")):
            graph = await make.lineage(version, direction=direction)
            assert not graph.truncated
            sets[version.id] = {node.id for node in graph.nodes if node.entity == "version"} - {version.id}
    pairs = {(upper, lower) for lower, uppers in above.items() for upper in uppers}
    assert pairs == {(upper, lower) for upper, lowers in below.items() for lower in lowers}
    assert len(pairs) > 20
