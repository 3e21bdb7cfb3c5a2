"""What a ZenML server says, as rows of the registry, and as our own routes show these: nothing is lost on the way."""

from typing import Any

import pytest
from msgspec import Raw, json

from isogloss.adapters.zenml import account_translate, model_translate, stack_translate, translate
from isogloss.adapters.zenml.code_repository_translate import repository
from isogloss.core.registry.editions import NEWEST
from isogloss.core.registry.incoming import Tagged
from tests.adapters.zenml.importing import rows
from tests.adapters.zenml.importing.rows import Row, holding, told


def shown(given: Any) -> Any:
    """What a client is sent."""
    return json.decode(json.encode(given))


def parts(row: Row, *others: str) -> Row:
    """What a row says by itself: of whose it is and what it bears the page says more."""
    return {name: row[name] for name in ("id", "body", "metadata", *others)}


async def test_a_user_comes_without_a_password() -> None:
    [row] = (await told(holding()))["users"].users
    assert (row.password, row.role, row.service) == (None, "editor", False)
    assert parts(shown(account_translate.user(row, None, hydrate=True)), "name") == parts(rows.user(), "name")


@pytest.mark.parametrize(("is_admin", "role"), [(True, "admin"), (False, "editor")])
async def test_who_administers_the_source_administers_this(is_admin: bool, role: str) -> None:
    batches = await told(holding(users=[rows.with_(rows.user(), "body", is_admin=is_admin)]))
    assert [row.role for row in batches["users"].users] == [role]


async def test_a_service_account_in_the_list_of_users_comes_with_the_others_of_its_kind() -> None:
    batches = await told(holding(users=[rows.with_(rows.user(), "body", is_service_account=True)]))
    assert batches["users"].users == []
    [row] = batches["service accounts"].users
    assert (row.service, row.active, row.role) == (True, False, "editor")
    assert parts(shown(account_translate.service_account(row, hydrate=True))) == parts(rows.service_account())


async def test_a_project_is_shown_as_it_was() -> None:
    [row] = (await told(holding()))["projects"].projects
    assert parts(shown(translate.project(row, hydrate=True)), "name") == parts(rows.project(), "name")


async def test_a_tag_is_shown_as_it_was() -> None:
    [row] = (await told(holding()))["tags"].tags
    fields = tuple(getattr(row, name) for name in translate.TAG_FIELDS)
    assert shown(translate.tag((*fields, 3), {}, hydrate=True)) == rows.tag()


async def test_a_flavor_is_shown_as_it_was() -> None:
    [row] = (await told(holding()))["flavors"].records
    assert (row.key, row.project_id) == ("orchestrator:night", None)
    assert shown(stack_translate.flavor(stack_translate.custom_flavor(row), {}, hydrate=True)) == rows.flavor()


async def test_a_flavor_that_comes_with_the_client_is_not_brought() -> None:
    assert (await told(holding(flavors=[rows.flavor(is_custom=False)])))["flavors"].records == []


async def test_a_component_is_shown_as_it_was() -> None:
    batches = await told(holding())
    [row], [made] = batches["stack components"].records, batches["flavors"].records
    flavor = stack_translate.custom_flavor(made)
    assert shown(stack_translate.component(row, flavor, {}, hydrate=True)) == rows.component()
    found = {(each.name, each.value) for each in batches["stack components"].properties}
    assert found == {("type", "orchestrator"), ("flavor", "night")}


async def test_a_stack_is_shown_as_it_was_and_linked_to_its_components() -> None:
    batches = await told(holding())
    [row], [component], [made] = (batches[noun].records for noun in ("stacks", "stack components", "flavors"))
    lean = stack_translate.lean_component(component, stack_translate.custom_flavor(made))
    assert shown(stack_translate.stack(row, {component.id: lean}, {})) == rows.stack()
    [link] = batches["stacks"].record_links
    assert (link.record_id, link.entity, link.entity_id) == (rows.STACK, "record", rows.COMPONENT)


async def test_a_code_repository_is_shown_as_it_was() -> None:
    [row] = (await told(holding()))["code repositories"].records
    assert row.key == f"{rows.PROJECT}:shelf"
    assert shown(repository(row, None, hydrate=True)) == rows.code_repository()


async def test_an_artifact_bears_its_tags_and_the_forms_of_its_name() -> None:
    batch = (await told(holding()))["artifacts"]
    [row] = batch.artifacts
    assert (row.name, row.custom_name, row.slug, row.word) == ("numbers", True, "numbers", "numbers")
    assert batch.tagged == [Tagged("artifact", rows.ARTIFACT, (rows.TAG,))]


async def test_a_version_is_shown_as_it_was() -> None:
    batches = await told(holding())
    [incoming], [artifact] = batches["artifact versions"].versions, batches["artifacts"].artifacts
    version = incoming.version
    values = {name: getattr(version, name) for name in version.__struct_fields__}
    values |= {f"artifact.{name}": getattr(artifact, name) for name in artifact.__struct_fields__}
    row = tuple(values[name] for name in translate.HYDRATED_FIELDS)
    there = translate.Around(
        runs=frozenset({rows.RUN, rows.STEP}), tags={rows.VERSION: [Raw(b'{"id":"%b"}' % rows.TAG.encode())]}
    )
    assert shown(translate.version(row, there, hydrate=True)) == rows.version()
    assert (incoming.label, incoming.linked) == ("7", False)
    assert batches["artifact versions"].tagged == [Tagged("version", rows.VERSION, (rows.TAG,))]


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("DataArtifact", "data"),
        ("ModelArtifact", "model"),
        ("DataAnalysisArtifact", "analysis"),
        ("ServiceArtifact", "service"),
        ("SchemaArtifact", "schema"),
        ("StatisticsArtifact", "statistics"),
        ("BaseArtifact", "base"),
    ],
)
async def test_the_type_of_a_version_is_its_role(kind: str, role: str) -> None:
    batches = await told(holding(artifact_versions=[rows.with_(rows.version(), "body", type=kind)]))
    assert [each.version.role for each in batches["artifact versions"].versions] == [role]


async def test_a_version_without_metadata_has_none() -> None:
    batches = await told(holding(artifact_versions=[rows.with_(rows.version(), "metadata", run_metadata={})]))
    assert batches["artifact versions"].versions[0].version.metadata is None


async def test_a_model_and_its_version_are_shown_as_they_were() -> None:
    batches = await told(holding())
    [model], [version] = batches["models"].records, batches["model versions"].records
    around = translate.Around()
    assert parts(shown(model_translate.model(model, around, {}, hydrate=True)), "name") == parts(rows.model(), "name")
    made = shown(model_translate.model_version(version, model, around, hydrate=True))
    assert parts(made, "name") == parts(rows.model_version(), "name")


async def test_the_version_of_the_highest_number_is_the_newest_of_a_model() -> None:
    found = [rows.model_version(number, rows.number(str(number))) for number in (3, 1, 2)]
    batch = (await told(holding(model_versions=found)))["model versions"]
    assert [each.number for each in batch.records] == [1, 2, 3]
    [newest] = [each for each in batch.properties if each.name == NEWEST]
    assert (newest.entity_id, newest.value) == (rows.MODEL, rows.number("3"))


async def test_what_a_model_version_gathers_is_linked_to_it() -> None:
    batches = await told(holding())
    for noun, entity, entity_id in (("artifact", "version", rows.VERSION), ("run", "run", rows.RUN)):
        [link] = batches[f"model {noun} links"].record_links
        assert (link.id, link.record_id, link.entity, link.entity_id) == (
            rows.LINK,
            rows.MODEL_VERSION,
            entity,
            entity_id,
        )
