"""Artifact versions as ZenML's clients ask for them; on both engines."""

from isogloss.core.registry import Registry
from tests.adapters.zenml.serving import Served, version_body


async def test_a_version_is_found_by_the_name_of_its_artifact(registry: Registry) -> None:
    served = Served(registry)
    made = await served.post("/artifact_versions", version_body(registry, "numbers"))
    await served.post("/artifact_versions", version_body(registry, "words"))
    page = await served.get("/artifact_versions", {"artifact": "numbers", "hydrate": True})

    assert [item["id"] for item in page["items"]] == [made["id"]]
    assert page["items"] == [made]
