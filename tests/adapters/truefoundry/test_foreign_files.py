"""Files of versions that Prefect or ZenML wrote, in each family of routes: listed, and read by address."""

from typing import Any

import pytest

from isogloss.core.access import ANYBODY
from isogloss.core.model import Version
from isogloss.core.places import uri_at
from isogloss.core.registry import Registry
from isogloss.core.registry.versions import VersionDraft, change_version, create_version
from tests.adapters.native.serving import Served as Native
from tests.adapters.truefoundry.serving import FLOW, ML, SVC, Answer, Served
from tests.support.hostile_paths import HOSTILE


async def written(registry: Registry, **given: Any) -> Version:
    draft = VersionDraft(**{"dialect": "prefect"} | given)
    return await create_version(registry, ANYBODY, registry.default_project, draft, slug="daily-report")


async def put(registry: Registry, path: str, content: bytes) -> str:
    """Keep a file in the shared place; its uri."""
    assert registry.files is not None
    await registry.files.objects.write(f"shared/{path}", content)
    return uri_at(registry.files.shared, f"shared/{path}")


class Downloading:
    """A client of one of the families."""

    def __init__(self, registry: Registry, prefix: str) -> None:
        self.served = Served(registry, prefix=prefix)
        self.native = Native(registry)
        self.flow = prefix == FLOW

    async def level(self, version_id: str, path: str | None = None) -> dict[str, int | None]:
        """What lies right below a path: sizes of files, None for directories."""
        body = {"id": version_id} | ({} if path is None else {"path": path})
        if self.flow:
            entries = (await self.served.post("/mlfoundry-artifacts/artifact-versions/files/list", body))["files"]
        else:
            entries = (await self.served.post("/artifact-versions/files", body))["data"]
        return {entry["path"]: entry.get("file_size") for entry in entries}

    async def sign(self, version_id: str, paths: list[str]) -> Answer:
        body = {"id": version_id, "paths": paths}
        if self.flow:
            return await self.served("POST", "/mlfoundry-artifacts/artifact-versions/get-signed-urls-for-read", body)
        return await self.served("POST", "/artifact-versions/signed-urls", body | {"operation": "READ"})

    async def addresses(self, version_id: str, paths: list[str]) -> list[str]:
        answer = await self.sign(version_id, paths)
        assert answer.status == 200, answer
        signed = answer.json["signed_urls" if self.flow else "data"]
        assert [each["path"] for each in signed] == paths
        return [each["signed_url"].removeprefix("http://test:80") for each in signed]

    async def download(self, version_id: str, path: str | None = None) -> dict[str, bytes]:
        """All files, as the client fetches them: level by level."""
        found: dict[str, bytes] = {}
        for name, size in (await self.level(version_id, path)).items():
            if size is None:
                found |= await self.download(version_id, name)
                continue
            [address] = await self.addresses(version_id, [name])
            answer = await self.native("GET", address)
            assert (answer.status, int(answer.headers["content-length"]), len(answer.body)) == (200, size, size)
            found[name] = answer.body
        return found


@pytest.fixture(params=[SVC, ML, FLOW])
def client(request: pytest.FixtureRequest, registry: Registry) -> Downloading:
    return Downloading(registry, request.param)


async def test_inline_data_is_downloaded_as_files_by_its_form(client: Downloading, registry: Registry) -> None:
    text = await written(registry, form="markdown", data='"# Größe\\n"')
    table = await written(registry, form="table", data='"[{\\"a\\": 1}]"')
    empty = await written(registry, form="markdown", data='""')
    nothing = await written(registry)

    assert await client.download(text.id) == {"daily-report.md": "# Größe\n".encode()}
    assert await client.download(table.id) == {
        "daily-report.csv": b"a\n1\n",
        "daily-report.json": b'[{"a": 1}]',
    }
    assert await client.download(empty.id) == {"daily-report.md": b""}
    assert await client.download(nothing.id) == {}


async def test_files_of_zenml_are_downloaded_as_they_lie(client: Downloading, registry: Registry) -> None:
    folder = (await put(registry, "custom/1/data.json", b'"x"')).removesuffix("/data.json")
    await put(registry, "custom/1/sub dir/größe", b"1")
    lone = await put(registry, "lone/model.bin", b"weights")
    tree = await written(registry, dialect="zenml", uri=folder)
    file = await written(registry, dialect="zenml", uri=lone)
    elsewhere = await written(registry, dialect="zenml", uri="s3://elsewhere/a")

    assert await client.download(tree.id) == {"data.json": b'"x"', "sub dir/größe": b"1"}
    assert await client.download(file.id) == {"model.bin": b"weights"}
    assert await client.download(elsewhere.id) == {}
    assert (await client.sign(elsewhere.id, ["a"])).status == 404


async def test_a_part_of_inline_data_is_read_alone_and_told_apart_when_it_changed(
    client: Downloading, registry: Registry
) -> None:
    version = await written(registry, form="markdown", data='"0123456789"')
    [address] = await client.addresses(version.id, ["daily-report.md"])
    answer = await client.native("GET", address, headers={"range": "bytes=2-4"})
    assert (answer.status, answer.body, answer.headers["content-range"]) == (206, b"234", "bytes 2-4/10")
    head = await client.native("HEAD", address)
    assert (head.status, head.headers["content-length"], head.body) == (200, "10", b"")
    tag = head.headers["etag"]
    assert (await client.native("GET", address, headers={"if-none-match": tag})).status == 304

    await change_version(registry, ANYBODY, registry.default_project, version.id, data='"new"')
    answer = await client.native("GET", address, headers={"if-none-match": tag})
    assert (answer.status, answer.body) == (200, b"new")


async def test_an_address_of_what_is_not_there_finds_nothing(client: Downloading, registry: Registry) -> None:
    version = await written(registry, form="markdown", data='"x"')
    addresses = await client.addresses(version.id, ["daily-report.md", "other.md"])
    assert (await client.native("GET", addresses[1])).status == 404
    await client.served.delete(f"/artifact-versions/{version.id}") if not client.flow else None
    if not client.flow:
        assert (await client.native("GET", addresses[0])).status == 404


async def test_nothing_is_written_to_what_another_dialect_wrote(client: Downloading, registry: Registry) -> None:
    uri = await put(registry, "custom/1/data.json", b"1")
    for version in (await written(registry, data="1"), await written(registry, dialect="zenml", uri=uri)):
        if client.flow:
            base = "/mlfoundry-artifacts/artifact-versions"
            asked = [
                (f"{base}/get-signed-urls-for-write", {"id": version.id, "paths": ["a"]}),
                (
                    f"{base}/multi-part-upload/create",
                    {"artifact_version_id": version.id, "path": "a", "num_parts": 1},
                ),
            ]
        else:
            base = "/artifact-versions/signed-urls"
            asked = [
                (base, {"id": version.id, "paths": ["a"], "operation": "WRITE"}),
                (f"{base}/multipart", {"id": version.id, "path": "a", "num_parts": 1}),
            ]
        for path, body in asked:
            assert (await client.served("POST", path, body)).status == 404
        [address] = await client.addresses(version.id, ["data.json" if version.uri else "daily-report.json"])
        assert (await client.native("PUT", address, [b"mine"])).status == 403
    assert await registry.files.objects.read("shared/custom/1/data.json", 10) == b"1"  # type: ignore[union-attr]


async def test_no_path_leads_out_of_what_another_dialect_wrote(client: Downloading, registry: Registry) -> None:
    await put(registry, "custom/secret", b"1")
    uri = (await put(registry, "custom/1/data.json", b"1")).removesuffix("/data.json")
    tree, text = await written(registry, dialect="zenml", uri=uri), await written(registry, data="1")
    for path in (*HOSTILE[:60], "../secret"):
        for version in (tree, text):
            answer = await client.sign(version.id, [path])
            if answer.status == 200:
                [address] = await client.addresses(version.id, [path])
                assert (await client.native("GET", address)).status == 404, path
            else:
                assert answer.status in (400, 422), (path, answer)
