"""Answers of routes: streams, and the names of files that they are kept under."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from isogloss.adapters.reply import Stream, attachment

NAMED = re.compile(r'attachment; filename="([^"\\]*)"(?:; filename\*=UTF-8\'\'([A-Za-z0-9._~%-]+))?')


class Exchange:
    """A client of a stream, which leaves after ``patience`` chunks if that is given. ``closed`` tells of the chunks."""

    def __init__(self, patience: int | None = None) -> None:
        self.sent: list[dict[str, Any]] = []
        self.patience = patience
        self.left = asyncio.Event()
        self.closed = False

    async def chunks(self, count: int, *, broken: bool = False) -> AsyncIterator[bytes]:
        try:
            for number in range(count):
                # Lets the client take its turn, as reading from a storage does.
                await asyncio.sleep(0)
                yield b"%d" % number
            if broken:
                raise OSError("no answer from the storage")
        finally:
            self.closed = True

    async def receive(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)
        if self.patience is not None and len(self.sent) > self.patience:
            self.left.set()

    async def run(self, chunks: AsyncIterator[bytes]) -> None:
        scope: Any = {"type": "http"}
        await Stream(chunks, (("content-type", "text/plain"),))(scope, self.receive, self.send)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    @property
    def whole(self) -> bool:
        return self.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_a_stream_is_sent_to_its_end() -> None:
    exchange = Exchange()
    await exchange.run(exchange.chunks(5))
    assert exchange.sent[0]["status"] == 200
    assert exchange.sent[0]["headers"] == [(b"content-type", b"text/plain")]
    assert (exchange.body, exchange.whole, exchange.closed) == (b"01234", True, True)


async def test_a_stream_stops_when_its_client_leaves() -> None:
    exchange = Exchange(patience=3)
    await exchange.run(exchange.chunks(1_000_000))
    assert len(exchange.sent) < 10
    assert (exchange.whole, exchange.closed) == (False, True)


async def test_a_stream_that_breaks_is_not_taken_for_a_whole_one() -> None:
    exchange = Exchange()
    with pytest.raises(OSError, match="no answer"):
        await exchange.run(exchange.chunks(3, broken=True))
    assert (exchange.body, exchange.whole, exchange.closed) == (b"012", False, True)


def test_a_plain_name_is_told_in_one_way() -> None:
    assert attachment("report v1.tar.gz") == 'attachment; filename="report v1.tar.gz"'


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
@example('a"; filename="b')
@example("a\r\nset-cookie: b=c")
@example("../../etc/passwd")
@example("C:\\secret")
@example("100%41")
def test_a_name_of_any_text_is_told_so_that_nothing_else_is(name: str) -> None:
    told = NAMED.fullmatch(attachment(name))
    assert told is not None
    plain, exact = told.groups()
    assert plain.isascii()
    assert plain.isprintable()
    assert not set("/\\") & set(plain)
    safe = re.sub(r"[\x00-\x1f\x7f/\\]", "_", name)
    assert (plain if exact is None else unquote(exact)) == safe
