"""Files of versions: addresses in order, levels in pages, and no path that leads elsewhere."""

from typing import Any

import pytest

from isogloss.core.errors import Invalid
from isogloss.core.places import checked_path, owned_key
from isogloss.core.registry import Registry
from tests.adapters.truefoundry.serving import ML, SVC, Answer, Served, manifest
from tests.support.hostile_paths import HOSTILE

FILES = {
    "a.txt": b"alpha",
    "empty": b"",
    "nested/b.bin": b"\x00\x01",
    "nested/deep/er/c": b"c",
    "with space, 100% & +plus#1?.txt": b"odd",
    "größe/日本.txt": b"far",
    ".hidden": b"dot",
}


async def staged(served: Served, name: str = "numbers") -> dict[str, Any]:
    body = {"manifest": manifest(name, source={"type": "truefoundry"})}
    answer: dict[str, Any] = await served.post("/artifact-versions/stage", body)
    return answer


async def put_files(registry: Registry, owner_id: str, files: dict[str, bytes]) -> None:
    """The files, as clients would have sent them."""
    assert registry.files is not None
    for path, content in files.items():
        await registry.files.objects.write(owned_key(registry.default_project.id, owner_id, path), content)


async def level(served: Served, owner_id: str, path: str | None = None) -> dict[str, int | None]:
    """What lies right below a path: sizes of files, None for directories."""
    body = {"id": owner_id} | ({} if path is None else {"path": path})
    answer = await served.post("/artifact-versions/files", body)
    assert answer["pagination"] == {"limit": 500, "nextPageToken": None}
    return {entry["path"]: entry.get("file_size") for entry in answer["data"]}


async def sign(served: Served, owner_id: str, paths: list[str], operation: str = "WRITE") -> Answer:
    body = {"id": owner_id, "paths": paths, "operation": operation}
    return await served("POST", "/artifact-versions/signed-urls", body)


@pytest.mark.parametrize("prefix", [SVC, ML])
async def test_a_level_names_files_and_directories_by_their_whole_paths(registry: Registry, prefix: str) -> None:
    served = Served(registry, prefix=prefix)
    stage = await staged(served)
    await put_files(registry, stage["id"], FILES)

    assert await level(served, stage["id"]) == {
        ".hidden": 3,
        "a.txt": 5,
        "empty": 0,
        "größe": None,
        "nested": None,
        "with space, 100% & +plus#1?.txt": 3,
    }
    assert await level(served, stage["id"], "") == await level(served, stage["id"])
    assert await level(served, stage["id"], "nested") == {"nested/b.bin": 2, "nested/deep": None}
    assert await level(served, stage["id"], "nested/deep/er") == {"nested/deep/er/c": 1}
    assert await level(served, stage["id"], "größe") == {"größe/日本.txt": 3}
    assert await level(served, stage["id"], "nowhere") == {}


async def test_pages_of_a_level_cover_it(registry: Registry) -> None:
    served = Served(registry)
    stage = await staged(served)
    names = [f"{place:03}" for place in range(25)]
    await put_files(registry, stage["id"], {f"all/{name}": b"x" for name in names})
    seen: list[str] = []
    token = None
    while True:
        body = {"id": stage["id"], "path": "all", "limit": 10, "pageToken": token}
        answer = await served.post("/artifact-versions/files", body)
        seen += [entry["path"] for entry in answer["data"]]
        token = answer["pagination"]["nextPageToken"]
        if token is None:
            break

    assert seen == [f"all/{name}" for name in names]


@pytest.mark.parametrize("prefix", [SVC, ML])
async def test_addresses_are_answered_in_the_order_of_their_paths(registry: Registry, prefix: str) -> None:
    served = Served(registry, prefix=prefix)
    stage = await staged(served)
    paths = [*reversed(FILES), "a.txt"]
    answer = await sign(served, stage["id"], paths)

    assert [each["path"] for each in answer.json["data"]] == paths
    assert all(each["signed_url"].startswith("http://") for each in answer.json["data"])


async def test_nothing_is_written_to_what_was_applied(registry: Registry) -> None:
    served = Served(registry)
    stage = await staged(served)
    source = {"type": "truefoundry", "uri": stage["storage_root"]}
    made = (await served.put("/artifact-versions", {"manifest": manifest(source=source)}))["data"]

    assert made["id"] == stage["id"]
    assert (await sign(served, made["id"], ["a"])).status == 404
    assert (await sign(served, made["id"], ["a"], "READ")).status == 200
    multipart = {"id": made["id"], "path": "a", "num_parts": 2}
    assert (await served("POST", "/artifact-versions/signed-urls/multipart", multipart)).status == 404


async def test_a_stage_that_failed_takes_no_files_and_is_no_version(registry: Registry) -> None:
    served = Served(registry)
    stage = await staged(served)
    assert await served.post("/artifact-versions/mark-stage-failure", {"id": stage["id"]}) == {}

    assert (await sign(served, stage["id"], ["a"])).status == 404
    assert (await served("GET", f"/artifact-versions/{stage['id']}")).status == 404
    assert (await served("GET", f"/artifacts/{stage['artifact_id']}")).status == 404


async def test_what_was_staged_for_one_artifact_is_not_applied_to_another(registry: Registry) -> None:
    served = Served(registry)
    stage = await staged(served, "numbers")
    source = {"type": "truefoundry", "uri": stage["storage_root"]}
    answer = await served("PUT", "/artifact-versions", {"manifest": manifest("words", source=source)})

    assert answer.status == 422
    assert answer.json["details"][0]["loc"] == ["body", "manifest", "source", "uri"]
    assert (await served.put("/artifact-versions", {"manifest": manifest(source=source)}))["data"]["id"] == stage["id"]


def is_refused(path: str) -> bool:
    try:
        checked_path(path)
    except Invalid:
        return True
    return False


async def test_every_hostile_path_is_refused_wherever_a_path_is_given(registry: Registry) -> None:
    served = Served(registry)
    stage = await staged(served)
    # An empty path, and a slash around one, mean the root where a level is listed.
    refused = [path for path in HOSTILE if is_refused(path)]
    assert len(refused) >= 200
    for path in refused:
        for operation in ("READ", "WRITE"):
            assert (await sign(served, stage["id"], ["fine", path], operation)).status == 422, path
        body = {"id": stage["id"], "path": path, "num_parts": 2}
        assert (await served("POST", "/artifact-versions/signed-urls/multipart", body)).status == 422, path
        if is_refused(path.strip("/")) and path.strip("/"):
            assert (await served("POST", "/artifact-versions/files", body)).status == 422, path
