"""Data directories: files under a name, that may change at any time."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from isogloss.core.errors import NotFound
from isogloss.core.model import Discard
from isogloss.core.places import owned_key
from isogloss.core.ports import Reader
from isogloss.core.registry import Registry
from isogloss.core.registry.discards import sweep_discards
from isogloss.core.registry.transfers import files_of
from tests.adapters.truefoundry.kinds import directory
from tests.adapters.truefoundry.serving import ML, SVC, Served, make_repo

PATH = "/data-directories"


@pytest.fixture(params=[SVC, ML], ids=["svc", "ml"])
def served(registry: Registry, request: pytest.FixtureRequest) -> Served:
    return Served(registry, prefix=request.param)


async def made(served: Served, name: str = "images", repo: str = "default", **given: Any) -> dict[str, Any]:
    data: dict[str, Any] = (await served.put(PATH, {"manifest": directory(name, repo, **given)}))["data"]
    return data


async def put_file(served: Served, directory_id: str, path: str) -> str:
    """A file of a data directory; answers its key."""
    key = owned_key(served.registry.default_project.id, directory_id, path)
    await files_of(served.registry).objects.write(key, b"bytes")
    return key


async def is_there(registry: Registry, key: str) -> bool:
    try:
        await files_of(registry).objects.head(key)
    except NotFound:
        return False
    return True


async def names(served: Served, **query: Any) -> list[str]:
    answer = await served.get(PATH, query)
    found = [row["name"] for row in answer["data"]]
    assert answer["pagination"]["total"] >= len(found)
    return found


async def listed(served: Served, directory_id: str, path: str = "") -> list[str]:
    answer = await served.post(f"{PATH}/files", {"id": directory_id, "path": path})
    return [entry["path"] for entry in answer["data"]]


async def test_a_directory_gets_a_place(served: Served) -> None:
    shown = await made(served, description="Cats", metadata={"size": None})
    assert shown["fqn"] == "data-dir:default/default/images"
    manifest = shown["manifest"]
    assert (manifest["description"], manifest["metadata"]) == ("Cats", {"size": None})
    assert manifest["source"]["uri"].endswith(f"/{shown['id']}")
    assert manifest["source"]["uri"].startswith("s3://")
    assert (await served.get(f"{PATH}/{shown['id']}"))["data"] == shown


async def test_a_manifest_of_the_same_name_changes_the_directory(served: Served) -> None:
    first = await made(served, description="Cats")
    again = await made(served, source=first["manifest"]["source"], metadata={"animals": ["dogs"]})
    assert again["id"] == first["id"]
    assert again["created_at"] == first["created_at"]
    assert "description" not in again["manifest"]
    assert again["manifest"]["metadata"] == {"animals": ["dogs"]}
    assert await names(served) == ["images"]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "has space"},
        {"name": ""},
        {"ml_repo": "a/b"},
        {"metadata": None},
        {"source": {"type": "local"}},
        {"source": {"type": "external"}},
        {"source": {"type": "external", "uri": "file:///etc"}},
        {"source": {"type": "truefoundry", "uri": "s3://elsewhere"}},
        {"type": "data-directory"},
    ],
    ids=str,
)
async def test_a_directory_that_cannot_be_kept_is_refused(served: Served, change: dict[str, Any]) -> None:
    answer = await served("PUT", PATH, {"manifest": directory() | change})
    assert answer.status == 422
    assert await names(served) == []


async def test_the_place_of_a_directory_never_changes(served: Served) -> None:
    await made(served)
    for source in ({"type": "external", "uri": "s3://a/b"}, {"type": "truefoundry", "uri": "s3://isogloss/other"}):
        answer = await served("PUT", PATH, {"manifest": directory(source=source)})
        assert answer.status == 422, source


async def test_a_repo_that_is_not_there_is_said(served: Served) -> None:
    answer = await served("PUT", PATH, {"manifest": directory(repo="nowhere")})
    assert answer.status == 404
    assert "nowhere" in answer.body.decode()


async def test_lists_are_newest_first_and_by_every_parameter(served: Served) -> None:
    lab = await make_repo(served)
    for name, repo in (("images", "default"), ("texts", "default"), ("images", "lab")):
        await made(served, name, repo)
    default_id = (await served.get("/ml-repos", {"name": "default"}))["data"][0]["id"]
    assert await names(served) == ["images", "texts", "images"]
    assert await names(served, limit=1, offset=1) == ["texts"]
    assert await names(served, limit=1, offset=3) == []
    assert await names(served, ml_repo_id=default_id) == ["texts", "images"]
    assert await names(served, ml_repo_id=default_id, name="texts") == ["texts"]
    assert await names(served, ml_repo_id=lab["id"], name="texts") == []
    assert await names(served, ml_repo_id="77") == []
    assert await names(served, name="images") == ["images", "images"]
    assert await names(served, fqn="data-dir:default/lab/images") == ["images"]
    assert await names(served, fqn="data-dir:default/lab/images", offset=1) == []
    assert await names(served, fqn="data-dir:default/lab/images", ml_repo_id=default_id) == []
    assert await names(served, fqn="data-dir:other/lab/images") == []
    for fqn in ("artifact:default/lab/images", "data-dir:default/lab/images:1", "data-dir:a/b", "images"):
        assert (await served("GET", PATH, query={"fqn": fqn})).status == 422


async def test_files_are_written_listed_read_and_removed(served: Served) -> None:
    shown = await made(served)
    signed = await served.post(
        f"{PATH}/signed-urls", {"id": shown["id"], "paths": ["a/1.png", "b c.png"], "operation": "WRITE"}
    )
    assert [each["path"] for each in signed["data"]] == ["a/1.png", "b c.png"]
    assert all(urlsplit(each["signed_url"]).query for each in signed["data"])
    keys = {path: await put_file(served, shown["id"], path) for path in ("a/1.png", "a/b/2.png", "ab.png", "c.png")}
    assert await listed(served, shown["id"]) == ["a", "ab.png", "c.png"]
    assert await listed(served, shown["id"], "a") == ["a/1.png", "a/b"]

    await served.delete(f"{PATH}/files", {"id": shown["id"], "paths": ["a", "c.png", "none"]})
    assert await listed(served, shown["id"]) == ["ab.png"]
    assert await is_there(served.registry, keys["ab.png"])


async def test_a_large_file_comes_in_parts(served: Served) -> None:
    shown = await made(served)
    begun = await served.post(f"{PATH}/signed-urls/multipart", {"id": shown["id"], "path": "a.bin", "num_parts": 2.0})
    assert begun["data"]["storage_provider"] == "S3_COMPATIBLE"
    assert len(begun["data"]["part_signed_urls"]) == 2


@pytest.mark.parametrize("path", ["../x", "/../x", "a/../../x", "a//b", ".", "a\0b", "a\\b"])
async def test_no_path_leads_out_of_a_directory(served: Served, path: str) -> None:
    shown = await made(served)
    bodies: dict[str, tuple[str, dict[str, Any]]] = {
        "/signed-urls": ("POST", {"paths": [path], "operation": "READ"}),
        "/signed-urls/multipart": ("POST", {"path": path, "num_parts": 1}),
        "/files": ("DELETE", {"paths": [path]}),
    }
    for route, (method, body) in bodies.items():
        assert (await served(method, PATH + route, {"id": shown["id"], **body})).status == 422


async def test_files_that_lie_elsewhere_are_reached_there(served: Served) -> None:
    shown = await made(served, source={"type": "external", "uri": "s3://elsewhere/images"})
    assert shown["manifest"]["source"] == {"type": "external", "uri": "s3://elsewhere/images"}
    answer = await served("POST", f"{PATH}/signed-urls", {"id": shown["id"], "paths": ["a"], "operation": "READ"})
    assert answer.status == 422
    assert "lie elsewhere" in answer.body.decode()
    await served.delete(f"{PATH}/{shown['id']}", query={"delete_contents": "true"})
    assert await names(served) == []


async def test_a_directory_deleted_with_its_contents_frees_the_storage(served: Served) -> None:
    shown = await made(served)
    key = await put_file(served, shown["id"], "a/1.png")
    await served.delete(f"{PATH}/{shown['id']}", query={"delete_contents": "true"})
    await sweep_discards(served.registry)
    assert not await is_there(served.registry, key)
    assert (await served("GET", f"{PATH}/{shown['id']}")).status == 404
    assert (await made(served))["id"] != shown["id"]


async def test_a_directory_deleted_without_its_contents_can_be_had_again(served: Served) -> None:
    shown = await made(served)
    key = await put_file(served, shown["id"], "1.png")
    await served.delete(f"{PATH}/{shown['id']}")

    await sweep_discards(served.registry)
    assert await is_there(served.registry, key)
    assert await names(served) == []
    assert await names(served, fqn=shown["fqn"]) == []
    for method, path, body in (
        ("GET", f"/{shown['id']}", None),
        ("DELETE", f"/{shown['id']}", None),
        ("POST", "/files", {"id": shown["id"]}),
    ):
        assert (await served(method, PATH + path, body)).status == 404
    repo = (await served.get("/ml-repos", {"name": "default"}))["data"][0]
    assert repo["datasets_count"] == 0

    assert (await made(served))["id"] == shown["id"]
    assert await listed(served, shown["id"]) == ["1.png"]


async def test_what_was_put_away_can_still_be_deleted_with_its_contents(served: Served) -> None:
    shown = await made(served)
    key = await put_file(served, shown["id"], "1.png")
    await served.delete(f"{PATH}/{shown['id']}")
    await served.delete(f"{PATH}/{shown['id']}", query={"delete_contents": "true"})
    await sweep_discards(served.registry)
    assert not await is_there(served.registry, key)


async def test_the_files_of_a_repo_go_with_it(served: Served) -> None:
    lab = await make_repo(served)
    await made(served, repo="lab")
    await served.delete(f"/ml-repos/{lab['id']}")
    assert await names(served) == []

    async def find(unit: Reader) -> list[Discard]:
        return await unit.find(Discard)

    places = sorted(each.prefix.rpartition("/")[0] for each in await served.registry.store.read(find))
    assert places == ["owned", "shared/isogloss"]
