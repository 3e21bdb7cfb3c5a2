"""Many writers at once, and a process that dies under them: nothing that was answered is lost."""

import http.client
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

from tests.support.gateways import Gateway, served

WRITERS = 100
KEY = "contended"
STORM_SECONDS = 30.0


def create(gateway: Gateway, key: str, number: int) -> dict[str, Any]:
    answer = gateway.request("POST", "/api/artifacts/", {"key": key, "type": "markdown", "data": number})
    assert answer.status == 201, answer
    created: dict[str, Any] = answer.json()
    return created


def versions(gateway: Gateway, key: str) -> list[dict[str, Any]]:
    """All artifacts of a key, newest first, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        body = {"artifacts": {"key": {"any_": [key]}}, "sort": "CREATED_DESC", "offset": len(found)}
        page = gateway.request("POST", "/api/artifacts/filter", body).json()
        if not page:
            return found
        found += page


def latest(gateway: Gateway, key: str) -> dict[str, Any]:
    body = {"artifacts": {"key": {"any_": [key]}}}
    (row,) = gateway.request("POST", "/api/artifacts/latest/filter", body).json()
    collection: dict[str, Any] = row
    return collection


def test_a_hundred_writers_on_one_key_are_all_kept_in_one_order(gateway: Gateway) -> None:
    with ThreadPoolExecutor(WRITERS) as writers:
        created = list(writers.map(lambda number: create(gateway, KEY, number), range(WRITERS)))
    found = versions(gateway, KEY)

    assert sorted(row["id"] for row in found) == sorted(row["id"] for row in created)
    assert len({row["created"] for row in found}) == WRITERS
    assert latest(gateway, KEY)["latest_id"] == found[0]["id"]


def test_a_killed_gateway_keeps_every_answered_create(
    database_url: str, tmp_path: Path, serve: Callable[..., Gateway]
) -> None:
    answered: list[str] = []
    enough = Event()
    with served(database_url, tmp_path / "doomed", killed=True) as doomed, ThreadPoolExecutor(WRITERS) as writers:
        storm = [writers.submit(write_until_it_dies, doomed.port, place, answered, enough) for place in range(16)]
        assert enough.wait(STORM_SECONDS)
        doomed.kill()
        for writer in storm:
            writer.result()
    restarted = serve(database_url)
    found = versions(restarted, KEY)
    after = create(restarted, KEY, -1)

    assert set(answered) <= {row["id"] for row in found}
    assert len({row["id"] for row in found}) == len(found)
    assert latest(restarted, KEY)["latest_id"] == after["id"]
    assert after["created"] > found[0]["created"]
    count = restarted.request("POST", "/api/artifacts/count", {}).json()
    assert count == len(found) + 1


def write_until_it_dies(port: int, place: int, answered: list[str], enough: Event) -> None:
    """Create one artifact after the other, noting the id of each that was answered, until nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for number in range(100_000):
        body = json.dumps({"key": KEY, "data": [place, number]})
        try:
            connection.request("POST", "/api/artifacts/", body, {"content-type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            return
        assert answer.status == 201, content
        answered.append(json.loads(content)["id"])
        if len(answered) > 300:
            enough.set()
