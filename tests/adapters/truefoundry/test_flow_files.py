"""Files, and datasets, in the MLflow-shaped family."""

from typing import Any

import pytest

from isogloss.core.places import owned_key
from isogloss.core.registry import Registry
from tests.adapters.truefoundry.serving import FLOW, SVC, Served, manifest

VERSIONS, DATASETS = "/mlfoundry-artifacts/artifact-versions", "/mlfoundry-artifacts/datasets"
DIRECTORY = {"dataset_fqn": "data-dir:default/default/raw"}


@pytest.fixture
def flow(registry: Registry) -> Served:
    return Served(registry, prefix=FLOW)


@pytest.fixture
async def experiment(registry: Registry) -> str:
    """The id of the default experiment."""
    return str(registry.default_project.serial)


async def put_files(registry: Registry, owner_id: str, *paths: str) -> None:
    """The files, as clients would have sent them."""
    assert registry.files is not None
    for path in paths:
        await registry.files.objects.write(owned_key(registry.default_project.id, owner_id, path), b"four")


async def stage(flow: Served, experiment: str) -> str:
    body = {"experiment_id": int(experiment), "name": "numbers", "artifact_type": "artifact"}
    return str((await flow.post(f"{VERSIONS}/create", body))["id"])


async def test_addresses_come_in_the_order_of_their_paths(registry: Registry, flow: Served, experiment: str) -> None:
    staged, paths = await stage(flow, experiment), ["z", "a/ü b", "m%"]
    written = await flow.post(f"{VERSIONS}/get-signed-urls-for-write", {"id": staged, "paths": paths})
    assert [each["path"] for each in written["signed_urls"]] == paths
    assert all(each["signed_url"].startswith("http") for each in written["signed_urls"])
    await flow.post(f"{VERSIONS}/finalize", {"id": staged})
    read = await flow.post(f"{VERSIONS}/get-signed-urls-for-read", {"id": staged, "paths": paths})
    assert [each["path"] for each in read["signed_urls"]] == paths
    # Nothing is written any more where a version is made.
    again = await flow("POST", f"{VERSIONS}/get-signed-urls-for-write", {"id": staged, "paths": paths})
    assert (again.status, again.json["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


async def test_an_upload_in_parts_has_an_address_for_each(flow: Served, experiment: str) -> None:
    body = {"artifact_version_id": await stage(flow, experiment), "path": "large", "num_parts": 3}
    upload = (await flow.post(f"{VERSIONS}/multi-part-upload/create", body))["multipart_upload"]
    assert upload["storage_provider"] == "S3_COMPATIBLE"
    assert len(upload["part_signed_urls"]) == 3
    assert upload["finalize_signed_url"]["path"] == "large"
    assert None not in upload.values()


async def test_a_level_of_files_comes_in_pages(registry: Registry, flow: Served, experiment: str) -> None:
    staged = await stage(flow, experiment)
    await put_files(registry, staged, "a", "b/c", "b/d", "e")
    first = await flow.post(f"{VERSIONS}/files/list", {"id": staged, "max_results": 2})
    assert [(each["path"], each["is_dir"]) for each in first["files"]] == [("a", False), ("b", True)]
    rest = await flow.post(f"{VERSIONS}/files/list", {"id": staged, "page_token": first["next_page_token"]})
    assert [(each["path"], each["file_size"]) for each in rest["files"]] == [("e", 4)]
    assert "next_page_token" not in rest
    below = await flow.post(f"{VERSIONS}/files/list", {"id": staged, "path": "b"})
    assert [each["path"] for each in below["files"]] == ["b/c", "b/d"]
    outside = await flow("POST", f"{VERSIONS}/files/list", {"id": staged, "path": "../other"})
    assert (outside.status, outside.json["error_code"]) == (422, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    ("uri", "good"), [("s3://bucket/place", True), ("gs://b/p", True), ("/home/me", False), ("https://b/p", False)]
)
async def test_a_place_elsewhere_is_judged_by_its_address(flow: Served, experiment: str, uri: str, good: bool) -> None:
    body = {"storage_root_uri": uri, "experiment_id": experiment}
    answer = await flow.post(f"{VERSIONS}/validate-storage-root", body)
    assert answer["is_valid"] is good
    assert ("message" in answer) is not good


async def make_directory(flow: Served, experiment: str, name: str = "raw", **given: Any) -> Any:
    body = {"name": name, "experiment_id": experiment} | given
    return (await flow.post(f"{DATASETS}/create", body))["dataset"]


async def test_a_dataset_is_a_data_directory(registry: Registry, flow: Served, experiment: str) -> None:
    made = await make_directory(flow, experiment, description="words", dataset_metadata={"k": [1, None]})
    shown = (await Served(registry, prefix=SVC).get(f"/data-directories/{made['id']}"))["data"]
    assert made == {
        "id": shown["id"],
        "experiment_id": experiment,
        "name": "raw",
        "fqn": DIRECTORY["dataset_fqn"],
        "description": "words",
        "created_by": "unknown",
        "created_by_subject": shown["created_by_subject"],
        "created_at": shown["created_at"],
        "updated_at": shown["updated_at"],
        "storage_root": shown["manifest"]["source"]["uri"],
        "dataset_metadata": {"k": [1, None]},
        "manifest": shown["manifest"],
    }
    assert (await flow.get(f"{DATASETS}/get", {"id": made["id"]}))["dataset"] == made
    assert (await flow.get(f"{DATASETS}/get-by-fqn", {"fqn": made["fqn"]}))["dataset"] == made


async def test_a_dataset_is_made_and_changed_by_a_manifest_too(flow: Served, experiment: str) -> None:
    given = {"type": "data-dir", "name": "raw", "ml_repo": "default", "metadata": {}, "source": {"type": "truefoundry"}}
    made = (await flow.post(f"{DATASETS}/create", {"manifest": given}))["dataset"]
    update = {"fqn": made["fqn"], "manifest": made["manifest"] | {"description": "words"}}
    assert (await flow.post(f"{DATASETS}/update", update))["dataset"]["description"] == "words"
    wrong = {"fqn": made["fqn"], "manifest": made["manifest"] | {"name": "other"}}
    assert (await flow("POST", f"{DATASETS}/update", wrong)).status == 422
    assert (await flow("POST", f"{DATASETS}/create", {})).status == 422


async def test_an_update_of_a_dataset_leaves_what_it_does_not_say(flow: Served, experiment: str) -> None:
    made = await make_directory(flow, experiment, description="words", dataset_metadata={"k": 1})
    changed = (await flow.post(f"{DATASETS}/update", {"fqn": made["fqn"], "description": "others"}))["dataset"]
    assert (changed["id"], changed["description"], changed["dataset_metadata"]) == (made["id"], "others", {"k": 1})
    changed = (await flow.post(f"{DATASETS}/update", {"fqn": made["fqn"], "dataset_metadata": {}}))["dataset"]
    assert (changed["description"], changed["dataset_metadata"]) == ("others", {})


async def test_datasets_are_listed_in_pages(flow: Served, experiment: str) -> None:
    for name in ("a", "b", "c"):
        await make_directory(flow, experiment, name)
    first = await flow.post(f"{DATASETS}/list", {"experiment_id": experiment, "max_results": 2})
    rest = await flow.post(f"{DATASETS}/list", {"max_results": 2, "page_token": first["next_page_token"]})
    assert [each["name"] for page in (first, rest) for each in page["datasets"]] == ["c", "b", "a"]
    assert "next_page_token" not in rest
    named = await flow.post(f"{DATASETS}/list", {"experiment_id": experiment, "name": "b", "max_results": 1})
    assert [each["name"] for each in named["datasets"]] == ["b"]
    assert await flow.post(f"{DATASETS}/list", {"experiment_id": "999"}) == {"datasets": [], "total": 0}


async def test_files_of_a_dataset_are_reached_by_its_fqn(registry: Registry, flow: Served, experiment: str) -> None:
    made = await make_directory(flow, experiment)
    for operation in ("read", "write"):
        answer = await flow.post(f"{DATASETS}/get-signed-urls-for-{operation}", DIRECTORY | {"paths": ["z", "a"]})
        assert [each["path"] for each in answer["signed_urls"]] == ["z", "a"]
    upload = await flow.post(f"{DATASETS}/multi-part-upload/create", DIRECTORY | {"path": "large", "num_parts": 2})
    assert len(upload["multipart_upload"]["part_signed_urls"]) == 2
    await put_files(registry, made["id"], "a", "b/c", "b/d")

    async def files(**more: str) -> list[str]:
        return [each["path"] for each in (await flow.post(f"{DATASETS}/files/list", DIRECTORY | more))["files"]]

    assert (await files(), await files(path="b")) == (["a", "b"], ["b/c", "b/d"])
    assert await flow.delete(f"{DATASETS}/files/", DIRECTORY | {"paths": ["b", "gone"]}) == {}
    assert await files() == ["a"]


async def test_a_deleted_dataset_is_gone(flow: Served, experiment: str) -> None:
    made = await make_directory(flow, experiment)
    assert await flow.post(f"{DATASETS}/delete", {"id": made["id"], "delete_contents": True}) == {}
    for path, query in ((f"{DATASETS}/get", {"id": made["id"]}), (f"{DATASETS}/get-by-fqn", {"fqn": made["fqn"]})):
        answer = await flow("GET", path, query=query)
        assert (answer.status, answer.json["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    listing = await flow("POST", f"{DATASETS}/files/list", DIRECTORY)
    assert listing.status == 404


async def test_versions_elsewhere_have_no_files_here(registry: Registry, flow: Served) -> None:
    made = (await Served(registry, prefix=SVC).put("/artifact-versions", {"manifest": manifest()}))["data"]
    assert await flow.post(f"{VERSIONS}/files/list", {"id": made["id"]}) == {"files": []}
