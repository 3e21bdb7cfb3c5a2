"""A client that got no answer asks again, perhaps another gateway: the write is done once and answered alike."""

import http.client
import json
import uuid
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event

import pytest

from tests.support.gateways import Gateway, served

API = "/api/v1"
NAME = "repeated"
ROUNDS = 5
AT_ONCE = 16
THREADS = 24
STORM_WRITERS = 8
STORM_ANSWERS = 200
STORM_SECONDS = 30.0


@pytest.fixture
def gateways(engine: str, database_url: str, serve: Callable[..., Gateway]) -> list[Gateway]:
    """All that serve one database: two on PostgreSQL, the one that there may be on SQLite."""
    return [serve(database_url) for _ in range(2 if engine == "postgresql" else 1)]


def body(gateway: Gateway, name: str = NAME) -> dict[str, object]:
    """What a client sends to make a version of an artifact."""
    return {
        "project": gateway.request("GET", f"{API}/projects/default").json()["id"],
        "artifact_name": name,
        "has_custom_name": True,
        "type": "DataArtifact",
        "uri": f"/data/{name}",
        "materializer": "zenml.materializers.built_in_materializer.BuiltInMaterializer",
        "data_type": "builtins.int",
        "save_type": "manual",
    }


def keys(number: int) -> list[str]:
    return [str(uuid.uuid4()) for _ in range(number)]


def create(gateway: Gateway, sent: dict[str, object], key: str | None) -> bytes:
    """What the gateway answered, byte by byte."""
    headers = {} if key is None else {"idempotency-key": key}
    answer = gateway.request("POST", f"{API}/artifact_versions", sent, headers=headers)
    assert answer.status == 200, answer
    return answer.content


def create_at_once(gateways: Sequence[Gateway], sent: dict[str, object], asked: Sequence[str | None]) -> list[bytes]:
    """The answers, in the order of ``asked``, whose requests all start together.

    The gateways take them in turn.
    """
    start = Barrier(len(asked))

    def work(place: int) -> bytes:
        start.wait()
        return create(gateways[place % len(gateways)], sent, asked[place])

    with ThreadPoolExecutor(len(asked)) as pool:
        return list(pool.map(work, range(len(asked))))


def labels(answers: Iterable[bytes]) -> dict[str, str]:
    """The labels of the versions that were answered, by their ids, in the order of the answers."""
    return {version["id"]: version["body"]["version"] for version in map(json.loads, answers)}


def counted(number: int) -> list[str]:
    """The labels of so many versions, oldest first."""
    return [str(place + 1) for place in range(number)]


def versions(gateway: Gateway, name: str = NAME) -> dict[str, str]:
    """The labels of an artifact's versions by their ids, oldest first."""
    found: dict[str, str] = {}
    number, pages = 1, 1
    while number <= pages:
        query = f"artifact={name}&size=1000&sort_by=asc:created&page={number}"
        page = gateway.request("GET", f"{API}/artifact_versions?{query}").json()
        found |= {version["id"]: version["body"]["version"] for version in page["items"]}
        number, pages = number + 1, page["total_pages"]
    assert len(found) == page["total"]
    return found


def test_requests_with_one_key_make_one_version_and_are_answered_alike(gateways: list[Gateway]) -> None:
    sent = body(gateways[0])
    made = []
    for key in keys(ROUNDS):
        at_once = create_at_once(gateways, sent, [key] * AT_ONCE)
        one_by_one = [create(gateway, sent, key) for gateway in gateways * 2]
        (answer,) = {*at_once, *one_by_one}
        made.append(answer)

    assert list(labels(made).values()) == counted(ROUNDS)
    assert versions(gateways[0]) == labels(made)


def test_other_keys_make_other_versions(gateways: list[Gateway]) -> None:
    sent, asked = body(gateways[0]), keys(AT_ONCE // 2)
    # Each key goes to both gateways, or twice to the one.
    answered = create_at_once(gateways, sent, [key for key in asked for _ in range(2)])

    assert answered[::2] == answered[1::2]
    assert len(labels(answered)) == len(asked)
    assert versions(gateways[0]) == labels(answered)


def test_what_a_gateway_answered_before_it_died_is_answered_again_by_another(
    engine: str, database_url: str, tmp_path: Path, serve: Callable[..., Gateway]
) -> None:
    beside = [serve(database_url)] if engine == "postgresql" else []
    (key,) = keys(1)
    with served(database_url, tmp_path / "doomed", killed=True) as doomed:
        sent = body(doomed)
        first = create(doomed, sent, key)
        doomed.kill()
    (other,) = beside or [serve(database_url)]

    assert create(other, sent, key) == first
    assert versions(other) == labels([first])


def test_what_a_dying_gateway_left_unanswered_is_done_once_by_another(
    engine: str, database_url: str, tmp_path: Path, serve: Callable[..., Gateway]
) -> None:
    beside = [serve(database_url)] if engine == "postgresql" else []
    answers: dict[str, bytes | None] = {}
    enough = Event()
    with served(database_url, tmp_path / "doomed", killed=True) as doomed:
        sent = body(doomed)
        with ThreadPoolExecutor(STORM_WRITERS) as pool:
            storm = [
                pool.submit(create_until_it_dies, doomed.port, sent, answers, enough) for _ in range(STORM_WRITERS)
            ]
            assert enough.wait(STORM_SECONDS)
            doomed.kill()
            for writer in storm:
                writer.result()
    (other,) = beside or [serve(database_url)]
    again = {key: create(other, sent, key) for key in answers}

    answered = {key: content for key, content in answers.items() if content is not None}
    assert len(answered) >= STORM_ANSWERS
    assert len(answers) - len(answered) == STORM_WRITERS
    assert answered == {key: again[key] for key in answered}
    assert versions(other) == labels(again.values())
    assert sorted(labels(again.values()).values(), key=int) == counted(len(answers))


def create_until_it_dies(port: int, sent: dict[str, object], answers: dict[str, bytes | None], enough: Event) -> None:
    """Make one version after the other, each under a key of its own, until nobody answers.

    ``answers`` gets every key before it is used, and then what it was answered.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    content = json.dumps(sent)
    while True:
        (key,) = keys(1)
        answers[key] = None
        try:
            headers = {"content-type": "application/json", "idempotency-key": key}
            connection.request("POST", f"{API}/artifact_versions", content, headers)
            answer = connection.getresponse()
            read = answer.read()
        except (OSError, http.client.HTTPException):
            return
        assert answer.status == 200, read
        answers[key] = read
        if len(answers) >= STORM_ANSWERS + STORM_WRITERS:
            enough.set()


def test_24_threads_make_24_versions_and_none_is_refused(gateways: list[Gateway]) -> None:
    answered = create_at_once(gateways, body(gateways[0]), [None] * THREADS)

    assert sorted(labels(answered).values(), key=int) == counted(THREADS)
    listed = versions(gateways[0])
    assert listed == labels(answered)
    assert list(listed.values()) == counted(THREADS)
