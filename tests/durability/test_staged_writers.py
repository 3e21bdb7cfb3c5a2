"""Clients that upload versions of one artifact at once, and a gateway that dies between their bytes and their apply."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from isogloss.core.model import Stage, Version
from isogloss.core.ports import Files, Reader
from isogloss.core.registry.discards import sweep_discards
from isogloss.core.registry.stages import LIFETIME, sweep_stages
from isogloss.storage.objects import open_objects
from isogloss.storage.sql.store import open_store
from tests.support.gateways import Answer, Gateway, served
from tests.support.registries import Clock, registry_over

SVC = "/api/svc/v1"
KEY = {"authorization": "Bearer head.claims.signature"}
NAME = "weights"
WRITERS = 40
CONTENT = b"weights" * 1000


@pytest.fixture
def shared(tmp_path: Path) -> dict[str, str]:
    """What gateways are told so that they keep their files in one place."""
    return {"ISOGLOSS_STORAGE_URL": f"file://{tmp_path}/files"}


@pytest.fixture
def gateways(engine: str, database_url: str, serve: Callable[..., Gateway], shared: dict[str, str]) -> list[Gateway]:
    """All that serve one database: two on PostgreSQL, the one that there may be on SQLite."""
    return [serve(database_url, settings=shared) for _ in range(2 if engine == "postgresql" else 1)]


def ask(gateway: Gateway, method: str, path: str, body: object = None) -> Any:
    answer = gateway.request(method, f"{SVC}{path}", body, headers=KEY)
    assert answer.status == 200, answer
    return answer.json()


def manifest(uri: str | None = None) -> dict[str, Any]:
    source = {"type": "truefoundry"} | ({} if uri is None else {"uri": uri})
    kept = {"type": "artifact-version", "name": NAME, "ml_repo": "default", "metadata": {}, "source": source}
    return {"manifest": kept}


def send(gateway: Gateway, method: str, url: str, content: bytes | None = None) -> Answer:
    """A request to a signed address, by way of this gateway."""
    parts = urlsplit(url)
    return gateway.request(method, f"{parts.path}?{parts.query}", raw=content)


def stage(gateway: Gateway, content: bytes) -> dict[str, str]:
    """Stage a version and upload its one file."""
    staged: dict[str, str] = ask(gateway, "POST", "/artifact-versions/stage", manifest())
    wanted = {"id": staged["id"], "paths": ["weights.bin"], "operation": "WRITE"}
    [signed] = ask(gateway, "POST", "/artifact-versions/signed-urls", wanted)["data"]
    assert send(gateway, "PUT", signed["signed_url"], content).status == 200
    return staged


def apply(gateway: Gateway, staged: dict[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = ask(gateway, "PUT", "/artifact-versions", manifest(staged["storage_root"]))["data"]
    return made


def fetch(gateway: Gateway, version_id: str) -> bytes:
    wanted = {"id": version_id, "paths": ["weights.bin"], "operation": "READ"}
    [signed] = ask(gateway, "POST", "/artifact-versions/signed-urls", wanted)["data"]
    answer = send(gateway, "GET", signed["signed_url"])
    assert answer.status == 200
    return answer.content


def listed(gateway: Gateway) -> list[int]:
    query = urlencode({"fqn": f"artifact:default/default/{NAME}", "limit": 1000})
    page = ask(gateway, "GET", f"/artifact-versions?{query}")
    numbers = [row["manifest"]["version"] for row in page["data"]]
    assert page["pagination"]["total"] == len(numbers)
    return numbers


def test_as_many_writers_get_as_many_numbers_and_each_keeps_its_bytes(gateways: list[Gateway]) -> None:
    start = Barrier(WRITERS)

    def work(place: int) -> tuple[dict[str, Any], bytes]:
        gateway = gateways[place % len(gateways)]
        content = hashlib.sha256(str(place).encode()).digest() * 100
        start.wait()
        return apply(gateway, stage(gateway, content)), content

    with ThreadPoolExecutor(WRITERS) as pool:
        made = list(pool.map(work, range(WRITERS)))

    assert sorted(version["manifest"]["version"] for version, _ in made) == list(range(1, WRITERS + 1))
    assert listed(gateways[0]) == list(range(WRITERS, 0, -1))
    for version, content in made:
        assert fetch(gateways[-1], version["id"]) == content


def test_applying_again_is_answered_alike(gateways: list[Gateway]) -> None:
    staged = stage(gateways[0], CONTENT)
    first, again = apply(gateways[0], staged), apply(gateways[-1], staged)

    assert (first["id"], first["fqn"]) == (again["id"], again["fqn"])
    assert listed(gateways[0]) == [1]


async def test_what_was_uploaded_but_never_applied_is_seen_by_nobody_and_swept(
    database_url: str, tmp_path: Path, serve: Callable[..., Gateway], shared: dict[str, str]
) -> None:
    with served(database_url, tmp_path / "doomed", settings=shared, killed=True) as doomed:
        kept = apply(doomed, stage(doomed, CONTENT))
        staged = stage(doomed, b"never applied" * 1000)
        doomed.kill()

    gateway = serve(database_url, settings=shared)
    assert listed(gateway) == [1]
    for path in ("/artifact-versions/{}", "/model-versions/{}"):
        assert gateway.request("GET", f"{SVC}{path.format(staged['id'])}", headers=KEY).status == 404
    assert fetch(gateway, kept["id"]) == CONTENT
    gateway.stop()

    store = await open_store(database_url)
    objects = await open_objects(shared["ISOGLOSS_STORAGE_URL"], {})
    clock = Clock()
    registry = await registry_over(store, clock, Files(objects=objects, shared=objects.shared))

    async def find(unit: Reader) -> tuple[list[Stage], list[Version]]:
        return await unit.find(Stage), await unit.find(Version)

    async def files() -> set[str]:
        """The ids of those that have files."""
        return {each.key.split("/")[2] async for page in objects.list("owned") for each in page}

    stages, _ = await store.read(find)
    assert [each.id for each in stages] == [staged["id"]]
    assert await files() == {kept["id"], staged["id"]}

    clock.now = stages[0].created + LIFETIME
    await sweep_stages(registry)
    await sweep_discards(registry)

    assert await files() == {kept["id"]}
    stages, versions = await store.read(find)
    assert (stages, [each.id for each in versions]) == ([], [kept["id"]])
    await objects.close()
    await store.close()
