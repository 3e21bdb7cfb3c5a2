"""The stack that clients take for granted."""

import asyncio

import msgspec
import pytest
from msgspec.structs import replace

from isogloss.adapters.zenml.default_stack import component_of, ensure_default_stack
from isogloss.core.places import SharedPlace
from isogloss.core.ports import Files
from isogloss.core.registry import Registry
from isogloss.storage.sql.store import open_store
from tests.adapters.zenml.serving import Served
from tests.support.registries import registry_over


def placed(registry: Registry, place: SharedPlace) -> Registry:
    """The registry as it is when it is started with another place for files."""
    assert registry.files is not None
    return replace(registry, files=Files(objects=registry.files.objects, shared=place))


async def test_a_first_start_makes_the_stack_that_clients_expect(registry: Registry) -> None:
    await ensure_default_stack(registry)
    served = Served(registry)
    stack = (await served.get("/stacks", {"name": "default", "hydrate": True}))["items"][0]
    components = stack["metadata"]["components"]
    assert {kind: [each["name"] for each in members] for kind, members in components.items()} == {
        "orchestrator": ["default"],
        "deployer": ["default"],
        "artifact_store": ["default"],
    }
    found = await served.get("/components", {"stack_id": stack["id"], "hydrate": True})
    by_type = {each["body"]["type"]: each for each in found["items"]}
    assert {kind: each["body"]["flavor_name"] for kind, each in by_type.items()} == dict.fromkeys(components, "local")
    assert {kind: each["resources"]["flavor"]["body"]["source"] for kind, each in by_type.items()} == {
        "orchestrator": "zenml.orchestrators.local.local_orchestrator.LocalOrchestratorFlavor",
        "deployer": "zenml.deployers.local.local_deployer.LocalDeployerFlavor",
        "artifact_store": "zenml.artifact_stores.local_artifact_store.LocalArtifactStoreFlavor",
    }
    path = by_type["artifact_store"]["metadata"]["configuration"]["path"]
    assert registry.files is not None
    assert path == registry.files.shared.root
    assert path.endswith("/")


async def test_a_second_start_changes_nothing(registry: Registry) -> None:
    served = Served(registry)
    await ensure_default_stack(registry)
    before = [await served.get(path, {"hydrate": True}) for path in ("/stacks", "/components")]
    await ensure_default_stack(registry)
    assert [await served.get(path, {"hydrate": True}) for path in ("/stacks", "/components")] == before


async def test_two_gateways_that_start_at_once_make_one(registry: Registry, database_url: str) -> None:
    other = await open_store(database_url)
    try:
        second = replace(await registry_over(other), files=registry.files)
        await asyncio.gather(*(ensure_default_stack(each) for each in (registry, second) for _ in range(4)))
    finally:
        await other.close()
    served = Served(registry)
    assert (await served.get("/stacks"))["total"] == 1
    assert (await served.get("/components"))["total"] == 3


async def test_the_artifact_store_follows_the_place_for_files_and_keeps_its_id(registry: Registry) -> None:
    await ensure_default_stack(registry)
    served = Served(registry)
    before = (await served.get("/components", {"flavor": "local", "type": "artifact_store"}))["items"][0]
    await ensure_default_stack(placed(registry, SharedPlace(scheme="s3", root="s3://bucket/prefix/shared/")))
    assert (await served.get("/components", {"flavor": "local", "type": "artifact_store"}))["total"] == 0
    after = await served.get(f"/components/{before['id']}")
    assert after["body"]["flavor_name"] == "s3"
    assert after["body"]["integration"] == "s3"
    assert after["metadata"]["configuration"] == {"path": "s3://bucket/prefix/shared"}


@pytest.mark.parametrize(
    ("place", "flavor", "configuration"),
    [
        (SharedPlace(scheme="file", root="/data/shared/"), "local", {"path": "/data/shared/"}),
        (
            SharedPlace(scheme="s3", root="s3://b/p/", endpoint="http://minio:9000", region="eu-1"),
            "s3",
            {"path": "s3://b/p", "client_kwargs": {"endpoint_url": "http://minio:9000", "region_name": "eu-1"}},
        ),
        (
            SharedPlace(scheme="s3", root="s3://b/p/", region="eu-1"),
            "s3",
            {"path": "s3://b/p", "client_kwargs": {"region_name": "eu-1"}},
        ),
        (SharedPlace(scheme="gs", root="gs://b/p/"), "gcp", {"path": "gs://b/p"}),
        (SharedPlace(scheme="az", root="az://c/p/"), "azure", {"path": "az://c/p"}),
    ],
)
def test_clients_are_told_where_files_lie_and_no_credential(
    place: SharedPlace, flavor: str, configuration: dict[str, object]
) -> None:
    facet = component_of("artifact_store", place)
    assert facet.flavor == flavor
    assert msgspec.json.decode(facet.configuration) == configuration


def test_the_other_components_are_the_same_wherever_files_lie() -> None:
    bucket = SharedPlace(scheme="s3", root="s3://b/p/")
    assert component_of("orchestrator", bucket) == component_of("orchestrator", None)
