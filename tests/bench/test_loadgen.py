"""The load generator against small servers of known behaviour."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

from bench.loadgen import LoadSpec, drive
from bench.wire import FRESH_ID, FRESH_NUMBER, request

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[int]:
    """A server that reads requests without bodies and leaves the answers to `answer`; its port."""
    tasks = set[asyncio.Task[None]]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            while not writer.is_closing():
                await answer(await reader.readuntil(b"\r\n\r\n"), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        server.close()
        await asyncio.gather(*tasks)


def spec(port: int, paths: list[str], connections: int = 2) -> LoadSpec:
    """A short load of GET requests."""
    requests = [request("GET", path, port).decode("latin-1") for path in paths]
    return LoadSpec(port, connections, warmup_seconds=0.05, seconds=0.3, requests=requests)


async def test_it_counts_answers_and_measures_latency() -> None:
    asked = set[bytes]()

    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        asked.add(head.split()[1])
        await asyncio.sleep(0.01)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    async with serving(answer) as port:
        result = await drive(spec(port, ["/a", "/b", "/c"]))
    assert result.errors == 0, result.first_error
    assert 2 <= result.answers <= 70
    assert result.median_milliseconds is not None
    assert result.p99_milliseconds is not None
    assert 9 <= result.median_milliseconds <= result.p99_milliseconds
    assert asked == {b"/a", b"/b", b"/c"}


async def test_an_answer_that_is_not_2xx_is_an_error_with_its_text() -> None:
    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        if head.split()[1] == b"/bad":
            writer.write(b"HTTP/1.1 503 Busy\r\ncontent-length: 6\r\n\r\nlocked")
        else:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        await asyncio.sleep(0.005)

    async with serving(answer) as port:
        result = await drive(spec(port, ["/good", "/bad"]))
    assert result.errors > 0
    assert result.answers > 0
    assert result.first_error == "503: locked"


async def test_a_connection_that_breaks_is_an_error() -> None:
    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nshort")
        writer.close()

    async with serving(answer) as port:
        result = await drive(spec(port, ["/a"]))
    assert result.answers == 0
    assert "connection lost" in result.first_error


async def test_a_request_gets_an_id_of_its_own_each_time_that_it_is_sent() -> None:
    seen = list[str]()

    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        seen.append(head.split()[1].decode())
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    async with serving(answer) as port:
        load = spec(port, [f"/again/{FRESH_ID}", "/plain"], connections=1)
        first = await drive(load)
        repeated, seen[:] = list(seen), []
        await drive(load)
    assert first.errors == 0, first.first_error
    ids = [path.removeprefix("/again/") for path in repeated if path != "/plain"]
    assert len(ids) > 2
    assert len(set(ids)) == len(ids)
    assert FRESH_ID not in ids
    assert all(UUID(text).version == 4 and len(text) == len(FRESH_ID) for text in ids)
    assert all(one == other for one, other in zip(repeated, seen, strict=False))


async def test_a_number_that_grows_is_put_in_wherever_it_is_asked_for() -> None:
    asked: list[int] = []

    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        asked.append(int(head.split()[1].removeprefix(b"/at/")))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    async with serving(answer) as port:
        await drive(replace(spec(port, [f"/at/{FRESH_NUMBER}"], connections=1), number=1_800_000_000_000))
    assert asked == list(range(1_800_000_000_000, 1_800_000_000_000 + len(asked)))
    assert asked
