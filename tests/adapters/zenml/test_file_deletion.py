"""Versions whose files go with them, where the client asks for that; on a disk and in a bucket, on both engines."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from isogloss.core.access import Principal, Role
from isogloss.core.ports import Files
from isogloss.core.registry import Registry
from tests.adapters.zenml.serving import Served
from tests.adapters.zenml.shelf import Shelf, add_store, shelf_over
from tests.adapters.zenml.traps import hostile, lay_traps, secrets_left
from tests.support.places import PLACES, new_place
from tests.support.s3 import S3Server


@pytest.fixture(params=PLACES)
async def files(request: pytest.FixtureRequest, tmp_path: Path, s3: S3Server) -> AsyncIterator[Files]:
    async with new_place(request.param, tmp_path, s3) as made:
        yield made


@pytest.fixture
async def shelf(registry: Registry) -> Shelf:
    return await shelf_over(registry)


async def lives(shelf: Shelf, version_id: str) -> bool:
    return (await shelf.serve("GET", f"/artifact_versions/{version_id}")).status == 200


async def test_files_go_with_their_version(shelf: Shelf) -> None:
    await shelf.put("custom/1/data.json", b"1")
    await shelf.put("custom/1/sub/other", b"2")
    await shelf.put("custom/12/data.json", b"3")
    version = await shelf.version(f"{shelf.root}custom/1")
    answer = await shelf.delete(version["id"])
    assert (answer.status, answer.json) == (200, None)
    assert not await lives(shelf, version["id"])
    assert await shelf.there("custom") == {"12/data.json"}


async def test_files_stay_unless_the_client_asks(shelf: Shelf) -> None:
    await shelf.put("custom/1/data.json", b"1")
    version = await shelf.version(f"{shelf.root}custom/1")
    await shelf.serve.delete(f"/artifact_versions/{version['id']}")
    assert not await lives(shelf, version["id"])
    assert await shelf.there("custom") == {"1/data.json"}


async def test_files_may_go_while_their_version_stays(shelf: Shelf) -> None:
    await shelf.put("custom/1/data.json", b"1")
    version = await shelf.version(f"{shelf.root}custom/1")
    assert (await shelf.delete(version["id"], rows=False)).status == 200
    assert await lives(shelf, version["id"])
    assert await shelf.there("custom") == set()


async def test_files_that_another_version_uses_stay(shelf: Shelf) -> None:
    await shelf.put("custom/1/data.json", b"1")
    first = await shelf.version(f"{shelf.root}custom/1")
    second = await shelf.version(f"{shelf.root}custom/1/data.json", "another")
    answer = await shelf.delete(first["id"], rows=False)
    assert (answer.status, answer.json["detail"][0]) == (500, "RuntimeError")
    assert second["id"] in answer.json["detail"][1]
    assert (await shelf.delete(first["id"])).status == 200
    assert await shelf.there("custom") == {"1/data.json"}
    assert (await shelf.delete(second["id"])).status == 200
    assert await shelf.there("custom") == set()


async def test_a_version_whose_files_the_server_may_not_remove_stays(shelf: Shelf, registry: Registry) -> None:
    elsewhere = await add_store(registry, "local", {"path": "/"})
    await shelf.files.objects.write("owned/secret", b"1")
    cases: list[tuple[str, dict[str, Any], int, str]] = [
        ("/etc", {}, 403, "IllegalOperationError"),
        (f"{shelf.root}../owned", {}, 403, "IllegalOperationError"),
        (shelf.root, {}, 403, "IllegalOperationError"),
        (f"{shelf.root}a", {"artifact_store_id": elsewhere}, 403, "IllegalOperationError"),
        (f"{shelf.root}a", {"artifact_store_id": None}, 400, "ValueError"),
    ]
    await shelf.put("a", b"1")
    for uri, given, status, kind in cases:
        version = await shelf.version(uri, **given)
        answer = await shelf.delete(version["id"])
        assert (answer.status, answer.json["detail"][0]) == (status, kind)
        assert await lives(shelf, version["id"])
    assert await shelf.files.objects.read("owned/secret", 10) == b"1"
    assert await shelf.files.objects.read("shared/a", 10) == b"1"


async def test_no_uri_removes_what_lies_outside_of_the_place(shelf: Shelf, tmp_path: Path) -> None:
    await shelf.files.objects.write("owned/secret", b"secret")
    on_disk = shelf.files.shared.scheme == "file"
    if on_disk:
        lay_traps(Path(shelf.root), tmp_path)
    refused = 0
    for number, uri in enumerate(hostile(shelf.root)):
        version = await shelf.version(uri, f"a{number}")
        answer = await shelf.delete(version["id"])
        # What is not refused names a file of the place itself, if an odd one.
        assert answer.status in (200, 403)
        assert await lives(shelf, version["id"]) == (answer.status == 403)
        refused += answer.status == 403
    assert refused > 40
    assert await shelf.files.objects.read("owned/secret", 10) == b"secret"
    assert not on_disk or secrets_left(Path(shelf.root), tmp_path)


async def test_nothing_of_a_refused_deletion_is_done(shelf: Shelf, registry: Registry) -> None:
    await shelf.put("custom/1/data.json", b"1")
    version = await shelf.version(f"{shelf.root}custom/1")
    viewer = Served(registry, caller=Principal(user_id=None, name="ana", role=Role.VIEWER))
    query = {"delete_metadata": False, "delete_from_artifact_store": True}
    answer = await viewer("DELETE", f"/artifact_versions/{version['id']}", query=query)
    assert (answer.status, answer.json["detail"][0]) == (403, "IllegalOperationError")
    assert (await shelf.delete("3f333a52-7d9c-4c0e-9d6e-0f5c2f1d1d11")).status == 404
    assert await shelf.there("custom") == {"1/data.json"}


async def test_a_storage_that_fails_leaves_files_and_no_broken_version(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(keys: object) -> None:
        raise OSError("no answer from the storage")

    await shelf.put("custom/1/data.json", b"1")
    version = await shelf.version(f"{shelf.root}custom/1")
    monkeypatch.setattr(shelf.files.objects, "delete", fail)
    with caplog.at_level(logging.WARNING, "isogloss.content"):
        answer = await shelf.delete(version["id"], rows=False)
        assert (answer.status, answer.json["detail"][0]) == (500, "RuntimeError")
        assert (await shelf.delete(version["id"])).status == 200
    assert not await lives(shelf, version["id"])
    assert "no answer from the storage" in caplog.text
    assert await shelf.there("custom") == {"1/data.json"}
