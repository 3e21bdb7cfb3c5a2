"""The files behind ZenML's versions: shown and downloaded; on a disk and in a bucket, on both engines."""

import base64
import io
import os
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from isogloss.adapters.zenml.routes.files import MOST_SHOWN_BYTES
from isogloss.core.access import ANYBODY, Role
from isogloss.core.ports import Files
from isogloss.core.registry import Registry
from isogloss.core.registry.downloads import LIFETIME
from isogloss.core.registry.versions import VersionDraft, create_version
from tests.adapters.zenml.serving import Served
from tests.adapters.zenml.shelf import FLAVORS, Shelf, add_store, shelf_over
from tests.adapters.zenml.traps import hostile, lay_traps
from tests.support.accounts import add_user, as_user, change_row
from tests.support.places import PLACES, new_place
from tests.support.registries import Clock
from tests.support.s3 import S3Server

ABSENT = "3f333a52-7d9c-4c0e-9d6e-0f5c2f1d1d11"


@pytest.fixture(params=PLACES)
async def files(request: pytest.FixtureRequest, tmp_path: Path, s3: S3Server) -> AsyncIterator[Files]:
    async with new_place(request.param, tmp_path, s3) as made:
        yield made


@pytest.fixture
async def shelf(registry: Registry) -> Shelf:
    return await shelf_over(registry)


def members(archive: bytes) -> dict[str, bytes]:
    """What a gzipped tar holds: plain files only."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        assert all(member.isfile() for member in tar.getmembers())
        return {member.name: tar.extractfile(member).read() for member in tar.getmembers()}  # type: ignore[union-attr]


# Shown


@pytest.mark.parametrize("kind", ["html", "csv", "markdown", "json"])
async def test_a_text_is_shown_as_it_is(shelf: Shelf, kind: str) -> None:
    answer = await shelf.shown(kind, await shelf.put("custom/1/a name.md", "# Tür {".encode()))
    assert (answer.status, answer.json) == (200, {"type": kind, "value": "# Tür {"})
    assert answer.headers["content-type"] == "application/json"


async def test_a_picture_is_shown_in_base64(shelf: Shelf) -> None:
    answer = await shelf.shown("image", await shelf.put("custom/1/picture", b"\x89PNG\xff"))
    assert (answer.status, answer.json["type"]) == (200, "image")
    assert base64.b64decode(answer.json["value"]) == b"\x89PNG\xff"


async def test_each_file_that_shows_a_version_has_its_index(shelf: Shelf) -> None:
    shown = [{"type": "json", "uri": await shelf.put(f"a/{number}", b"%d" % number)} for number in range(3)]
    version = await shelf.version(f"{shelf.root}a", visualizations=shown)
    path = f"/artifact_versions/{version['id']}/visualize"
    assert [(await shelf.serve.get(path, {"index": index}))["value"] for index in (0, 1, 2)] == ["0", "1", "2"]
    for index in (3, -1, 10**12):
        answer = await shelf.serve("GET", path, query={"index": index})
        assert (answer.status, answer.json["detail"][0]) == (404, "DoesNotExistException")
    answer = await shelf.serve("GET", path, query={"index": "first"})
    assert (answer.status, answer.json[0]) == (422, "ValueError")


async def test_what_is_not_text_is_not_shown_as_text(shelf: Shelf) -> None:
    answer = await shelf.shown("csv", await shelf.put("custom/1/table", b"\xff\xfe"))
    assert (answer.status, answer.json["detail"][0]) == (501, "NotImplementedError")
    assert "not UTF-8" in answer.json["detail"][1]


async def test_what_is_too_large_to_be_shown_is_refused(shelf: Shelf) -> None:
    answer = await shelf.shown("html", await shelf.put("custom/1/large", bytes(MOST_SHOWN_BYTES + 1)))
    assert (answer.status, answer.json["detail"][0]) == (403, "IllegalOperationError")
    assert "32 MiB" in answer.json["detail"][1]


async def test_a_file_that_is_not_there_is_not_shown(shelf: Shelf) -> None:
    answer = await shelf.shown("html", f"{shelf.root}custom/1/absent.html")
    assert (answer.status, answer.json["detail"][0]) == (404, "DoesNotExistException")


# Downloaded


async def test_a_folder_is_downloaded_with_all_that_lies_below_it(shelf: Shelf) -> None:
    content = {
        "data.json": b"{}",
        "sub folder/ü.txt": "ü".encode(),
        "deep/" * 30 + "long" * 30: b"x",
        "empty": b"",
        "large": os.urandom(3_000_000),
    }
    for name, each in content.items():
        await shelf.put(f"custom/1/{name}", each)
    await shelf.put("custom/10/another", b"not of it")
    version = await shelf.version(f"{shelf.root}custom/1/")
    answer = await shelf.download(version["id"])

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/gzip"
    assert answer.headers["content-disposition"] == 'attachment; filename="report-1.tar.gz"'
    assert members(answer.body) == content


async def test_a_single_file_is_downloaded_by_its_name(shelf: Shelf) -> None:
    version = await shelf.version(await shelf.put("registered/model v1.bin", b"weights"))
    assert members((await shelf.download(version["id"])).body) == {"model v1.bin": b"weights"}


async def test_a_download_is_named_after_the_version_in_any_script(shelf: Shelf) -> None:
    version = await shelf.version(await shelf.put("a/1", b"1"), 'Größe "x"/é', version="v 1;b")
    disposition = (await shelf.download(version["id"])).headers["content-disposition"]
    assert disposition == (
        'attachment; filename="Gr__e _x___-v 1;b.tar.gz"; '
        "filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%22x%22_%C3%A9-v%201%3Bb.tar.gz"
    )


async def test_nothing_is_downloaded_of_a_version_whose_files_are_gone(shelf: Shelf) -> None:
    version = await shelf.version(f"{shelf.root}custom/absent")
    answer = await shelf.serve("GET", f"/artifact_versions/{version['id']}/download-token")
    assert (answer.status, answer.json["detail"][0]) == (404, "KeyError")

    await shelf.put("custom/absent/data.json", b"1")
    token = await shelf.serve.get(f"/artifact_versions/{version['id']}/download-token")
    await shelf.files.objects.delete_prefix("shared/custom")
    answer = await shelf.serve("GET", f"/artifact_versions/{version['id']}/data", query={"token": token})
    assert (answer.status, answer.json["detail"][0]) == (404, "KeyError")


async def test_a_token_is_good_for_its_version_alone_and_not_for_long(shelf: Shelf, registry: Registry) -> None:
    version = await shelf.version(await shelf.put("a/1", b"1"))
    other = await shelf.version(await shelf.put("b/1", b"1"))
    token = await shelf.serve.get(f"/artifact_versions/{version['id']}/download-token")
    issued = registry.clock()

    async def refusal(version_id: str, **query: str) -> tuple[int, str]:
        answer = await shelf.serve("GET", f"/artifact_versions/{version_id}/data", query=query)
        pair = answer.json["detail"] if isinstance(answer.json, dict) else answer.json
        return answer.status, pair[0]

    assert await refusal(version["id"]) == (422, "ValueError")
    for wrong in ("", "x", f"{token}x", token[:-1], token.replace(".", ""), f"x{token}", "ü.ü"):
        assert await refusal(version["id"], token=wrong) == (401, "CredentialsNotValid")
    assert await refusal(other["id"], token=token) == (401, "CredentialsNotValid")

    clock = registry.clock
    assert isinstance(clock, Clock)
    # Each request comes a microsecond after the one before it.
    clock.now = issued + LIFETIME - 2
    assert (await shelf.serve("GET", f"/artifact_versions/{version['id']}/data", query={"token": token})).status == 200
    assert await refusal(version["id"], token=token) == (401, "CredentialsNotValid")


async def test_a_token_ends_with_its_user(shelf: Shelf, registry: Registry) -> None:
    user = await add_user(registry, "ana", Role.VIEWER)
    version = await shelf.version(await shelf.put("a/1", b"1"))
    path = f"/artifact_versions/{version['id']}"
    viewer = Served(registry, caller=as_user(user))
    token = await viewer.get(f"{path}/download-token")
    assert (await shelf.serve("GET", f"{path}/data", query={"token": token})).status == 200
    await change_row(registry, "ana", active=False)
    assert (await shelf.serve("GET", f"{path}/data", query={"token": token})).status == 401


# Stores


async def test_a_version_without_a_store_has_no_files(shelf: Shelf, registry: Registry) -> None:
    uri = await shelf.put("a/1", b"1")
    version = await shelf.version(uri, artifact_store_id=None, visualizations=[{"type": "html", "uri": uri}])
    draft = VersionDraft(dialect="prefect", role="data", data="1")
    foreign = await create_version(registry, ANYBODY, registry.default_project, draft, slug="x")
    for version_id in (version["id"], foreign.id, ABSENT):
        for route in ("visualize", "download-token"):
            answer = await shelf.serve("GET", f"/artifact_versions/{version_id}/{route}")
            assert (answer.status, answer.json["detail"][0]) == (404, "KeyError")


async def test_stores_that_lie_elsewhere_are_not_read(shelf: Shelf, registry: Registry) -> None:
    uri = await shelf.put("a/1", b"1")
    flavor, root = FLAVORS[shelf.files.shared.scheme], shelf.root
    other = "s3" if flavor == "local" else "local"
    elsewhere: list[tuple[str, dict[str, Any], str]] = [
        (flavor, {"path": "/"}, "artifact_store"),
        (flavor, {"path": "s3://other/shared"}, "artifact_store"),
        (flavor, {"path": root[: -len("shared/")]}, "artifact_store"),
        (flavor, {"path": f"{root}../owned"}, "artifact_store"),
        (flavor, {"path": f"{root[:-1]}-evil"}, "artifact_store"),
        (flavor, {"path": ""}, "artifact_store"),
        (flavor, {"path": None}, "artifact_store"),
        (flavor, {}, "artifact_store"),
        (other, {"path": root}, "artifact_store"),
        (flavor, {"path": root}, "orchestrator"),
        (flavor, {"path": root, "client_kwargs": {"endpoint_url": "http://127.0.0.1:1"}}, "artifact_store"),
        (flavor, {"path": root, "client_kwargs": '{"endpoint_url":"http://127.0.0.1:1"}'}, "artifact_store"),
    ]
    for flavor_name, configuration, component_type in elsewhere:
        store = await add_store(registry, flavor_name, configuration, component_type)
        answer = await shelf.shown("html", uri, artifact_store_id=store)
        assert (answer.status, answer.json["detail"][0]) == (403, "IllegalOperationError"), configuration


async def test_a_store_in_a_folder_of_the_place_has_only_what_lies_in_the_folder(
    shelf: Shelf, registry: Registry
) -> None:
    flavor = FLAVORS[shelf.files.shared.scheme]
    arguments = {"client_kwargs": {"endpoint_url": shelf.files.shared.endpoint, "region_name": "us-east-1"}}
    store = await add_store(registry, flavor, {"path": f"{shelf.root}team", **arguments})
    inside, outside = await shelf.put("team/1", b"1"), await shelf.put("team-b/1", b"2")
    assert (await shelf.shown("json", inside, artifact_store_id=store)).json["value"] == "1"
    assert (await shelf.shown("json", outside, artifact_store_id=store)).status == 404


async def test_no_uri_leads_out_of_the_place(shelf: Shelf, tmp_path: Path) -> None:
    uris = hostile(shelf.root)
    assert len(set(uris)) > 50
    await shelf.files.objects.write("owned/secret", b"secret")
    await shelf.put("a/name", b"of a folder that the uris lead through")
    if shelf.files.shared.scheme == "file":
        lay_traps(Path(shelf.root), tmp_path)
    for number, uri in enumerate(uris):
        version = await shelf.version(uri, f"a{number}", visualizations=[{"type": "html", "uri": uri}])
        for route in ("visualize", "download-token"):
            answer = await shelf.serve("GET", f"/artifact_versions/{version['id']}/{route}")
            assert answer.status == 404, (uri, answer)
    assert await shelf.files.objects.read("owned/secret", 100) == b"secret"


async def test_links_within_a_folder_are_left_out_of_its_archive(shelf: Shelf, tmp_path: Path) -> None:
    version = await shelf.version(f"{shelf.root}folder")
    await shelf.put("folder/plain", b"1")
    if shelf.files.shared.scheme == "file":
        lay_traps(Path(shelf.root), tmp_path)
        for name in ("link", "linked-file"):
            (Path(shelf.root) / "folder" / name).symlink_to(Path(shelf.root) / name)
    assert members((await shelf.download(version["id"])).body) == {"plain": b"1"}
