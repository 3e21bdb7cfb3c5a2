"""What references mean in a registry: any dialect's way of naming a version, and back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.core.access import ANYBODY
from isogloss.core.errors import Invalid, NotFound
from isogloss.core.model import Version
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import Registry, references
from isogloss.core.registry.artifacts import ByName, Target
from isogloss.core.registry.progress import Entering, add_run
from isogloss.core.registry.projects import create_project
from isogloss.core.registry.runs import RUN, RUNNING, RunDraft
from isogloss.core.registry.versions import VersionDraft, write_version


async def write(registry: Registry, target: Target, **draft: Any) -> Version:
    async def work(unit: Writer) -> Version:
        given = VersionDraft(dialect=draft.pop("dialect", "test"), **draft)
        return await write_version(registry, unit, ANYBODY, registry.default_project, given, target)

    return await registry.store.write(work)


async def resolve(registry: Registry, text: str) -> str:
    async def work(unit: Reader) -> str:
        return (await references.resolve(registry, unit, ANYBODY, text)).id

    return await registry.store.read(work)


async def names_of(registry: Registry, version: Version) -> dict[str, str]:
    async def work(unit: Reader) -> dict[str, str]:
        found = await references.whole(unit, [version.id])
        return await references.spellings(registry, unit, found[version.id])

    return await registry.store.read(work)


async def test_a_version_is_found_by_every_dialects_name_for_it(registry: Registry) -> None:
    first = await write(registry, ByName("report"), alias="v1.0")
    second = await write(registry, ByName("report"), label="final")
    for text, version in {
        first.id: first,
        first.id.upper(): first,
        first.artifact_id: second,
        "report": second,
        "report@1": first,
        "report@#2": second,
        "default/report@final": second,
        "report:1": first,
        "zenml:report:final": second,
        "prefect:report": second,
        "artifact:default/default/report:1": first,
        "artifact:default/default/report:v1.0": first,
        "truefoundry:artifact:default/default/report:latest": second,
        "artifact:default/default/report": second,
    }.items():
        assert await resolve(registry, text) == version.id, text


async def test_every_dialect_has_its_own_name_for_a_version(registry: Registry) -> None:
    older = await write(registry, ByName("Report of 2026"))
    newest = await write(registry, ByName("Report of 2026"), label="final")
    own, key = "default/Report%20of%202026", "x---52-eport-20-of-20-2026"
    word = "x--Report-20-of-20-2026"
    assert await names_of(registry, newest) == {
        "isogloss": f"{own}@final",
        "prefect": key,
        "zenml": "Report of 2026:final",
        "truefoundry": f"artifact:default/default/{word}:2",
    }
    assert (await names_of(registry, older))["prefect"] == older.id
    keyless = await write(registry, None)
    assert await names_of(registry, keyless) == {
        "isogloss": keyless.id,
        "prefect": keyless.id,
        "zenml": f"unnamed-{keyless.artifact_id}:1",
        "truefoundry": f"artifact:default/default/unnamed-{keyless.artifact_id}:1",
    }


async def test_other_kinds_are_told_by_each_dialect_in_its_own_way(registry: Registry) -> None:
    model = await write(registry, ByName("churn", kind="model"))
    for text in ("model:churn", "model:churn:1", "x-model--churn", "model:default/default/churn:1", "model:churn@1"):
        assert await resolve(registry, text) == model.id, text


async def test_the_head_of_an_artifact_means_its_newest_version(registry: Registry) -> None:
    await write(registry, ByName("report"))
    newest = await write(registry, ByName("report"))

    async def head(unit: Reader) -> str | None:
        [found] = (await references.whole(unit, [newest.id])).values()
        return found.artifact.head_id

    assert await resolve(registry, str(await registry.store.read(head))) == newest.id


async def test_a_run_is_named_by_its_id(registry: Registry) -> None:
    async def work(unit: Writer) -> str:
        draft = RunDraft(dialect="test", role=RUN, name="training")
        state = Entering(type=RUNNING, name="on")
        return (await add_run(registry, unit, ANYBODY, registry.default_project, draft, state, facet="{}")).id

    run_id = await registry.store.write(work)
    assert await resolve(registry, run_id) == run_id


async def test_a_name_that_two_dialects_give_to_different_versions_is_an_error_that_lists_them(
    registry: Registry,
) -> None:
    mine = await write(registry, ByName("model"), label="x")
    other = await write(registry, ByName("x", kind="model"))
    with pytest.raises(Invalid) as error:
        await resolve(registry, "model:x")
    assert mine.id in error.value.reason
    assert other.id in error.value.reason
    assert await resolve(registry, "isogloss:model:x") == other.id


async def test_a_name_in_another_project_tells_the_project(registry: Registry) -> None:
    async def work(unit: Writer) -> Version:
        project = await create_project(registry, unit, ANYBODY, "team one")
        return await write_version(registry, unit, ANYBODY, project, VersionDraft(dialect="test"), ByName("report"))

    version = await registry.store.write(work)
    with pytest.raises(NotFound):
        await resolve(registry, "report")
    assert await resolve(registry, "team%20one/report") == version.id
    assert await resolve(registry, "team one/report@1") == version.id
    names = await names_of(registry, version)
    assert names["isogloss"] == "team%20one/report@1"
    assert names["prefect"] == names["zenml"] == version.id


async def test_another_tenants_name_means_nothing_here(registry: Registry) -> None:
    await write(registry, ByName("report"))
    with pytest.raises(NotFound):
        await resolve(registry, "artifact:elsewhere/default/report:1")


async def test_what_only_its_own_dialect_sees_is_not_named(registry: Registry) -> None:
    shown = await write(registry, ByName("report"))
    hidden = await write(registry, ByName("report"), internal=True)
    assert await resolve(registry, "report") == shown.id
    with pytest.raises(NotFound):
        await resolve(registry, hidden.id)


odd = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=6)
tricky = st.lists(st.sampled_from(["a", ":", "/", "@", "#1", "%3A", "model", "x-", "--", " ", "é"]), min_size=1).map(
    "".join
)


async def test_what_each_dialect_calls_a_version_means_this_version_to_it(registry: Registry) -> None:
    """Random names side by side in one registry, made to be taken for each other."""
    drawn: list[tuple[str, str, str]] = []

    @given(st.tuples(st.one_of(odd, tricky), st.sampled_from(["artifact", "model", "chatprompt"]), tricky))
    def draw(made: tuple[str, str, str]) -> None:
        if made not in drawn:
            drawn.append(made)

    draw()
    drawn += [("model", "artifact", "a:1"), ("a", "model", "1"), ("a:1", "model", "2"), ("unnamed-x", "artifact", "a")]
    versions = [await write(registry, None)]
    for name, kind, label in drawn[:70] + drawn[-4:]:
        versions.append(await write(registry, ByName(name, kind=kind), label=label))
    for version in versions:
        for dialect, text in (await names_of(registry, version)).items():
            assert await resolve(registry, f"{dialect}:{text}") == version.id, (dialect, text)
