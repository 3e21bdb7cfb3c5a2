"""A small proxy in front of several gateways, which hands them the requests in turn."""

import asyncio
import itertools
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

START_SECONDS = 10.0
HEAD_LIMIT = 1 << 20
PIECE = 1 << 16
_CONNECTION = re.compile(rb"\r\nconnection:[^\r]*", re.IGNORECASE)
_UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)


class Rotation:
    """The proxy's address, and how many requests each gateway has got so far."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.port = 0
        self.counts = dict.fromkeys(ports, 0)
        self._turns = itertools.cycle(ports)

    @property
    def url(self) -> str:
        """The address of the proxy's root, without a slash."""
        return f"http://127.0.0.1:{self.port}"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand one connection, which is good for one request, to the gateway whose turn it is."""
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            port = next(self._turns)
            self.counts[port] += 1
            if not _UPGRADE.search(head):
                # The next request shall be another gateway's, so this connection must not be used for it.
                head = _CONNECTION.sub(b"", head[:-2]) + b"connection: close\r\n\r\n"
            behind, ahead = await asyncio.open_connection("127.0.0.1", port)
            ahead.write(head)
            pumps = [asyncio.create_task(_pump(reader, ahead)), asyncio.create_task(_pump(behind, writer))]
            try:
                # The gateway's end of the answer is the end of it all; the client may well keep its own side open.
                await pumps[1]
            finally:
                pumps[0].cancel()
                ahead.close()
        writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()


@contextmanager
def rotation(*ports: int) -> Iterator[Rotation]:
    """A proxy in front of the gateways on these ports, in a thread of its own, until the block ends."""
    proxy = Rotation(ports)
    started = threading.Event()
    loop = asyncio.new_event_loop()
    ended = asyncio.Event()

    async def serve() -> None:
        server = await asyncio.start_server(proxy.handle, "127.0.0.1", 0, limit=HEAD_LIMIT)
        proxy.port = server.sockets[0].getsockname()[1]
        started.set()
        await ended.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    thread = threading.Thread(target=lambda: asyncio.Runner(loop_factory=lambda: loop).run(serve()), daemon=True)
    thread.start()
    assert started.wait(START_SECONDS)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(START_SECONDS)
        assert not thread.is_alive()
