"""Content that others wrote, as ZenML's client finds it: on a disk and in a bucket, on both engines."""

import asyncio
import io
import logging
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from isogloss.adapters.zenml.default_stack import OWNED_STORE, ensure_default_stack
from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.model import Discard, Version
from isogloss.core.places import key_at, owned_key, owned_prefix, owned_uri
from isogloss.core.ports import Files, Writer
from isogloss.core.registry import Registry
from isogloss.core.registry.discards import ADDRESS_LIFETIME, sweep_discards
from isogloss.core.registry.projects import create_project, delete_project
from isogloss.core.registry.versions import VersionDraft, change_version, create_version, delete_version
from isogloss.storage.sql.sqlite import SqliteStore
from isogloss.storage.sql.store import open_store
from tests.adapters.zenml.rows import model_version, step_with
from tests.adapters.zenml.serving import Served
from tests.adapters.zenml.shelf import shelf_over
from tests.support.counting import counting
from tests.support.places import PLACES, new_place
from tests.support.registries import Clock, registry_over
from tests.support.s3 import S3Server


@pytest.fixture(params=PLACES)
async def files(request: pytest.FixtureRequest, tmp_path: Path, s3: S3Server) -> AsyncIterator[Files]:
    async with new_place(request.param, tmp_path, s3) as made:
        yield made


@pytest.fixture
async def served(registry: Registry) -> Served:
    """The dialect over a registry with its default stack."""
    await ensure_default_stack(registry)
    return Served(registry)


def files_of(registry: Registry) -> Files:
    assert registry.files is not None
    return registry.files


async def written(registry: Registry, name: str = "daily", **given: Any) -> Version:
    """A version that Prefect, or whoever is told, wrote."""
    draft = VersionDraft(**{"dialect": "prefect", "form": "markdown", "data": '"# T"'} | given)
    return await create_version(registry, ANYBODY, registry.default_project, draft, slug=name)


async def uploaded(registry: Registry, contents: dict[str, bytes], name: str = "tree") -> Version:
    """A version whose bytes the registry keeps, as TrueFoundry's clients upload them."""
    version_id, project_id = str(uuid4()), registry.default_project.id
    for path, content in contents.items():
        await files_of(registry).objects.write(owned_key(project_id, version_id, path), content)
    uri = owned_uri(files_of(registry).shared, owned_prefix(project_id, version_id))
    return await written(registry, name, dialect="truefoundry", data=None, uri=uri, owned=True, id=version_id)


async def lying(registry: Registry, uri: str) -> dict[str, bytes]:
    """The files that lie below a uri of the shared place, by their names."""
    objects = files_of(registry).objects
    key = key_at(files_of(registry).shared, uri)
    keys = [each.key async for page in objects.list(key) for each in page]
    return {each.removeprefix(f"{key}/"): await objects.read(each, 10**6) for each in keys}


async def swept(registry: Registry, after: int = 0) -> None:
    """The upkeep, some time later."""
    clock = registry.clock
    assert isinstance(clock, Clock)
    clock.advance(after)
    while await sweep_discards(registry):
        pass


async def body_of(served: Served, version_id: str) -> Any:
    return (await served.get(f"/artifact_versions/{version_id}"))["body"]


async def test_inline_data_lies_where_its_address_says(served: Served, registry: Registry) -> None:
    version = await written(registry, form="table", data='"[{\\"a\\": 1}]"')
    shown = await served.get(f"/artifact_versions/{version.id}")
    body, place = shown["body"], files_of(registry).shared

    assert body["uri"].startswith(f"{place.root}isogloss/{version.project_id}/{version.id}/")
    assert await lying(registry, body["uri"]) == {"data.json": b'[{"a": 1}]', "table.csv": b"a\n1\n"}
    assert body["materializer"]["attribute"] == "BuiltInContainerMaterializer"
    assert body["data_type"] == {"module": "builtins", "attribute": "list", "type": "builtin"}
    store = (await served.get("/components", {"type": "artifact_store"}))["items"]
    assert [each["id"] for each in store] == [body["artifact_store_id"]]
    assert [(each["body"]["type"], each["body"]["uri"]) for each in shown["metadata"]["visualizations"]] == [
        ("csv", f"{body['uri']}/table.csv"),
        ("json", f"{body['uri']}/data.json"),
    ]
    for query in ({"uri": body["uri"]}, {"materializer": "contains:BuiltInContainer"}, {"data_type": "contains:list"}):
        assert [each["id"] for each in (await served.get("/artifact_versions", query))["items"]] == [version.id]


async def test_what_was_laid_out_is_not_laid_out_again(
    served: Served, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = await written(registry)
    before = await served.get(f"/artifact_versions/{version.id}")
    assert before["body"]["updated"] == before["body"]["created"]
    count = counting(monkeypatch)
    assert await served.get(f"/artifact_versions/{version.id}") == before
    assert count.take() == (2, 0)


async def test_a_page_is_laid_out_at_once_and_then_costs_what_any_does(
    served: Served, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(registry.store, SqliteStore):
        # A page that takes long is read once more elsewhere, which would count twice.
        registry.store.limit_inline(60, 1_000_000)
    costs = []
    for name, size in (("few", 3), ("many", 60)):
        for number in range(size):
            await written(registry, name, data=f'"{number}"')
        count = counting(monkeypatch)
        first = await served.get("/artifact_versions", {"artifact": name, "size": 100})
        laying = count.take()
        again = await served.get("/artifact_versions", {"artifact": name, "size": 100})
        costs.append((laying, count.take()))
        assert first == again
        assert len({each["body"]["uri"] for each in first["items"]}) == size
        for each in first["items"][:3]:
            assert set(await lying(registry, each["body"]["uri"])) == {"data.json", "output.md"}
        monkeypatch.undo()
    (few, few_again), (many, many_again) = costs
    # An engine may send a few rows in another way than many.
    assert many[0] <= few[0]
    assert (many[1], many_again) == (2, few_again) == (2, (few_again[0], 0))


async def test_bytes_of_the_registry_are_told_of_where_they_lie(served: Served, registry: Registry) -> None:
    assert (await served.get("/components", {"type": "artifact_store"}))["total"] == 1
    version = await uploaded(registry, {"a.txt": b"a", "sub/b": b"b"})
    body = await body_of(served, version.id)
    assert body["uri"] == f"{version.uri}/files"
    assert body["materializer"]["attribute"] == "PreexistingDataMaterializer"
    assert body["data_type"] == {"module": "pathlib", "attribute": "Path", "type": "builtin"}

    store = await served.get(f"/components/{body['artifact_store_id']}")
    path = store["metadata"]["configuration"]["path"]
    assert store["name"] == OWNED_STORE
    # The client opens nothing outside of its store.
    assert body["uri"].startswith(path.rstrip("/") + "/")
    assert not files_of(registry).shared.root.startswith(path)


async def test_nothing_is_put_into_the_store_of_the_registry(served: Served, registry: Registry) -> None:
    version = await uploaded(registry, {"a.txt": b"a"})
    store = (await body_of(served, version.id))["artifact_store_id"]
    default = (await served.get("/components", {"type": "orchestrator"}))["items"][0]["id"]
    body = {"name": "mine", "components": {"orchestrator": [default], "artifact_store": [store]}}
    assert (await served("POST", "/stacks", body)).status == 400
    assert (await served("DELETE", f"/components/{store}")).status == 403
    assert (await served("PUT", f"/components/{store}", {"name": "mine"})).status == 403
    # A client that claims that something of its own lies there is shown nothing of it.
    claimed = await (await shelf_over(registry)).version(f"{version.uri}/files", artifact_store_id=store)
    for route in ("download-token", "visualize"):
        assert (await served("GET", f"/artifact_versions/{claimed['id']}/{route}")).status in (403, 404)
    query = {"delete_from_artifact_store": True}
    assert (await served("DELETE", f"/artifact_versions/{claimed['id']}", query=query)).status == 403
    assert await files_of(registry).objects.read(owned_key(version.project_id, version.id, "a.txt"), 10) == b"a"


async def test_the_store_of_the_registry_follows_the_place_for_files(served: Served, registry: Registry) -> None:
    version = await uploaded(registry, {"a.txt": b"a"})
    store = (await body_of(served, version.id))["artifact_store_id"]
    moved = replace(files_of(registry).shared, root="s3://other/shared/", scheme="s3")
    await ensure_default_stack(replace(registry, files=replace(files_of(registry), shared=moved)))
    configuration = (await served.get(f"/components/{store}"))["metadata"]["configuration"]
    assert configuration["path"] == "s3://other/owned"


async def test_the_server_shows_and_hands_out_what_others_wrote(served: Served, registry: Registry) -> None:
    text, tree = await written(registry), await uploaded(registry, {"a.txt": b"a", "sub/b": b"b"})
    # Before anybody was told where they lie.
    shown = await served.get(f"/artifact_versions/{text.id}/visualize")
    assert shown == {"type": "markdown", "value": "# T"}
    for version, contents in (
        (text, {"data.json": b'"# T"', "output.md": b"# T"}),
        (tree, {"a.txt": b"a", "sub/b": b"b"}),
    ):
        token = await served.get(f"/artifact_versions/{version.id}/download-token")
        answer = await served("GET", f"/artifact_versions/{version.id}/data", query={"token": token})
        with tarfile.open(fileobj=io.BytesIO(answer.body), mode="r:gz") as tar:
            found = {each.name: tar.extractfile(each).read() for each in tar.getmembers()}  # type: ignore[union-attr]
        assert found == contents


async def test_other_data_gets_an_address_of_its_own(served: Served, registry: Registry) -> None:
    version = await written(registry)
    before = await body_of(served, version.id)
    project = registry.default_project
    await change_version(registry, ANYBODY, project, version.id, data='"# T"', description="same data")
    assert (await body_of(served, version.id))["uri"] == before["uri"]
    await change_version(registry, ANYBODY, project, version.id, data='{"now":1}')
    after = await body_of(served, version.id)
    assert after["uri"] != before["uri"]
    assert await lying(registry, after["uri"]) == {"data.json": b'{"now":1}'}
    assert after["data_type"]["attribute"] == "dict"

    # Somebody may have been told of the old one just now.
    await swept(registry)
    assert await lying(registry, before["uri"]) != {}
    await swept(registry, ADDRESS_LIFETIME)
    assert await lying(registry, before["uri"]) == {}
    assert await lying(registry, after["uri"]) == {"data.json": b'{"now":1}'}


async def test_what_was_laid_out_goes_with_its_version(served: Served, registry: Registry) -> None:
    first, second = await written(registry, "a"), await written(registry, "b")
    uris = [(await body_of(served, each.id))["uri"] for each in (first, second)]
    await delete_version(registry, ANYBODY, registry.default_project, first.id)
    await served.delete(f"/artifacts/{second.artifact_id}")
    await swept(registry)
    assert [await lying(registry, uri) for uri in uris] == [{}, {}]


async def test_what_was_laid_out_goes_with_its_project(served: Served, registry: Registry) -> None:
    admin = Principal(user_id=None, name="ana", role=Role.ADMIN)

    async def make(unit: Writer) -> Any:
        return await create_project(registry, unit, admin, "other")

    project = await registry.store.write(make)
    draft = VersionDraft(dialect="prefect", data="1")
    version = await create_version(registry, ANYBODY, project, draft, slug="a")
    uri = (await body_of(served, version.id))["uri"]

    async def remove(unit: Writer) -> None:
        await delete_project(registry, unit, admin, project)

    await registry.store.write(remove)
    await swept(registry)
    assert await lying(registry, uri) == {}


async def test_a_client_claims_nothing_that_was_laid_out(served: Served, registry: Registry) -> None:
    version = await written(registry)
    uri = (await body_of(served, version.id))["uri"]
    shelf = await shelf_over(registry)
    for claimed in (uri, f"{uri}/data.json", uri.rpartition("/")[0], f"{shelf.root}isogloss"):
        picture = [{"type": "json", "uri": f"{uri}/data.json"}]
        own = await shelf.version(claimed, f"claim-{uuid4().hex}", visualizations=picture)
        for route in ("download-token", "visualize"):
            assert (await served("GET", f"/artifact_versions/{own['id']}/{route}")).status == 404
        assert (await shelf.delete(own["id"], rows=False)).status == 403
        assert (await shelf.delete(own["id"])).status == 403
    assert set(await lying(registry, uri)) == {"data.json", "output.md"}


async def test_a_deletion_that_takes_files_along_leaves_them_to_the_registry(
    served: Served, registry: Registry
) -> None:
    tree = await uploaded(registry, {"a": b"a"})
    for version in (await written(registry, "a"), await written(registry, "b", data=None), tree):
        await body_of(served, version.id)
        query = {"delete_metadata": False, "delete_from_artifact_store": True}
        answer = await served("DELETE", f"/artifact_versions/{version.id}", query=query)
        assert (answer.status, answer.json["detail"][0]) == (403, "IllegalOperationError")
        query["delete_metadata"] = True
        assert (await served("DELETE", f"/artifact_versions/{version.id}", query=query)).status == 200
        assert (await served("GET", f"/artifact_versions/{version.id}")).status == 404
    await swept(registry)
    key = owned_prefix(tree.project_id, tree.id)
    assert [each async for page in files_of(registry).objects.list(key) for each in page] == []


async def test_prune_leaves_what_others_wrote(served: Served, registry: Registry) -> None:
    version = await written(registry)
    uri = (await body_of(served, version.id))["uri"]
    query = {"project_name_or_id": "default", "only_versions": False}
    assert (await served("DELETE", "/artifact_versions", query=query)).status == 200
    assert (await body_of(served, version.id))["uri"] == uri
    assert set(await lying(registry, uri)) == {"data.json", "output.md"}


async def test_every_answer_that_tells_of_a_version_tells_where_it_lies(served: Served, registry: Registry) -> None:
    by_step, gathered, tagged = [await written(registry, name) for name in ("a", "b", "c")]
    step = await step_with(registry, by_step.id)
    _, model = await model_version(registry, "m", gathered.id)
    outputs = (await served.get(f"/steps/{step.id}"))["resources"]["outputs"]
    links = await served.get("/model_version_artifacts", {"model_version_id": model.id})
    # A write tells of it as well, and is done once.
    changed = await served.put(f"/artifact_versions/{tagged.id}", {"add_tags": ["gold"]})
    told = [
        outputs["output"][0]["body"]["uri"],
        links["items"][0]["body"]["artifact_version"]["body"]["uri"]
        if "artifact_version" in links["items"][0]["body"]
        else links["items"][0]["resources"]["artifact_version"]["body"]["uri"],
        changed["body"]["uri"],
    ]
    for uri in told:
        assert set(await lying(registry, uri)) == {"data.json", "output.md"}
    assert [each["name"] for each in changed["resources"]["tags"]] == ["gold"]


async def test_a_storage_that_fails_spoils_no_page(
    served: Served, registry: Registry, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = await written(registry, "good"), await written(registry, "bad")
    objects, write = files_of(registry).objects, files_of(registry).objects.write

    async def fail(key: str, content: bytes) -> None:
        if bad.id in key:
            raise OSError("no answer from the storage")
        await write(key, content)

    monkeypatch.setattr(objects, "write", fail)
    with caplog.at_level(logging.ERROR, "isogloss.content"):
        items = (await served.get("/artifact_versions", {"size": 10}))["items"]
    uris = {each["id"]: each["body"]["uri"] for each in items}
    assert uris[bad.id] == f"isogloss:{bad.id}"
    assert set(await lying(registry, uris[good.id])) == {"data.json", "output.md"}
    assert "no answer from the storage" in caplog.text
    monkeypatch.setattr(objects, "write", write)
    assert set(await lying(registry, (await body_of(served, bad.id))["uri"])) == {"data.json", "output.md"}


async def test_gateways_that_lay_out_at_once_agree(registry: Registry, served: Served, database_url: str) -> None:
    version = await written(registry)
    other = await open_store(database_url)
    try:
        second = Served(replace(await registry_over(other), files=registry.files))
        bodies = await asyncio.gather(*(body_of(each, version.id) for each in (served, second) for _ in range(3)))
    finally:
        await other.close()
    assert len({body["uri"] for body in bodies}) == 1
    await swept(registry, ADDRESS_LIFETIME)
    assert set(await lying(registry, bodies[0]["uri"])) == {"data.json", "output.md"}
    above = bodies[0]["uri"].rpartition("/")[0]
    assert len(await lying(registry, above)) == 2


@pytest.mark.parametrize("change", ["deleted", "changed"])
async def test_what_changes_while_it_is_laid_out_leaves_nothing_behind(
    served: Served, registry: Registry, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    version = await written(registry)
    objects, write = files_of(registry).objects, files_of(registry).objects.write
    done: list[str] = []

    async def meanwhile(key: str, content: bytes) -> None:
        await write(key, content)
        if not done:
            done.append(key)
            if change == "deleted":
                await delete_version(registry, ANYBODY, registry.default_project, version.id)
            else:
                await change_version(registry, ANYBODY, registry.default_project, version.id, data='"new"')

    monkeypatch.setattr(objects, "write", meanwhile)
    answer = await served("GET", f"/artifact_versions/{version.id}")
    assert answer.status == (404 if change == "deleted" else 200)
    if change == "changed":
        assert (await lying(registry, answer.json["body"]["uri"]))["output.md"] == b"new"
    await swept(registry, ADDRESS_LIFETIME)
    with pytest.raises(Exception, match="No object"):
        await objects.head(done[0])

    async def left(unit: Writer) -> list[Discard]:
        return await unit.find(Discard)

    assert await registry.store.write(left) == []
