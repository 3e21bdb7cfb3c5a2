"""HTTP/1.1 as the load generator speaks it: requests as raw bytes, answers read but not kept.

The reader knows enough to find where an answer ends (Content-Length, chunked, no body) and what its status
is. It keeps the beginning of the body only when the status tells of a failure, so that a page of 200 rows
costs the generator next to nothing.
"""

import json
from collections.abc import Mapping
from typing import Final

PREVIEW_BYTES: Final = 600

#: Stands in a request for an id that the generator makes anew each time that it sends it.
FRESH_ID: Final = "00000000-0000-4000-8000-000000000000"

#: Stands in a request for a number that grows each time that the generator sends one, such as a time in milliseconds.
FRESH_NUMBER: Final = "1790000000000"


class ProtocolError(Exception):
    """The server sent something that this reader does not take for an HTTP/1.1 answer."""


def request(
    method: str, path: str, port: int, *, headers: Mapping[str, str] | None = None, body: object = None
) -> bytes:
    """One request to 127.0.0.1:`port` as bytes; a `body` other than None is sent as JSON."""
    content = b"" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    lines = [f"{method} {path} HTTP/1.1", f"host: 127.0.0.1:{port}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None:
        lines += ["content-type: application/json", f"content-length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + content


class ResponseReader:
    """Reads the answers of one keep-alive connection, one request in flight at a time.

    Attributes:
        received: bytes seen so far.
        preview: beginning of the body of the last answer, kept only for statuses from 300 on.
        closing: True when the server said that it closes the connection after this answer.

    """

    __slots__ = ("_buffer", "_chunked", "_left", "_status", "closing", "preview", "received")

    def __init__(self) -> None:
        self.received = 0
        self.preview = b""
        self.closing = False
        self._status = 0
        self._buffer = b""
        self._chunked = False
        # Bytes of the body (or, when chunked, of the current chunk and its line end) still to come.
        self._left = 0

    def feed(self, data: bytes) -> int | None:
        """Take what the socket gave; the status when an answer is complete, else None.

        Raises:
            ProtocolError: for bytes that are no answer, or that follow one nobody asked for.

        """
        self.received += len(data)
        if not self._status:
            data = self._buffer + data
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._buffer = data
                return None
            self._buffer = b""
            self._start(data[: end + 2].lower())
            data = data[end + 4 :]
        if self._status >= 300 and len(self.preview) < PREVIEW_BYTES:
            self.preview = (self.preview + data)[:PREVIEW_BYTES]
        return self._chunks(data) if self._chunked else self._plain(data)

    def _start(self, head: bytes) -> None:
        """Read the status line and the headers (`head` in lower case, with the last line end)."""
        if not head.startswith(b"http/1.") or not head[9:12].isdigit():
            raise ProtocolError(f"not an answer: {head[:80]!r}")
        self._status = int(head[9:12])
        self.preview = b""
        self.closing = _header(head, b"connection") == b"close"
        length = _header(head, b"content-length")
        self._chunked = _header(head, b"transfer-encoding") == b"chunked"
        if self._chunked or self._status in (204, 304):
            self._left = 0
        elif length is not None and length.isdigit():
            self._left = int(length)
        else:
            raise ProtocolError(f"an answer whose length is unknown: {head[:200]!r}")

    def _plain(self, data: bytes) -> int | None:
        self._left -= len(data)
        if self._left < 0:
            raise ProtocolError("more bytes than the answer's length")
        return self._finish() if self._left == 0 else None

    def _chunks(self, data: bytes) -> int | None:
        while True:
            if self._left:
                skipped = min(self._left, len(data))
                self._left -= skipped
                data = data[skipped:]
                if self._left:
                    return None
            data = self._buffer + data
            line, found, rest = data.partition(b"\r\n")
            if not found:
                self._buffer = data
                return None
            try:
                size = int(line.split(b";")[0], 16)
            except ValueError as error:
                raise ProtocolError(f"not a chunk size: {line[:40]!r}") from error
            if size == 0:
                return self._trailer(data, rest)
            self._buffer = b""
            self._left = size + 2
            data = rest

    def _trailer(self, last_chunk: bytes, trailer: bytes) -> int | None:
        """Whether the last chunk's trailer, usually an empty line, is complete."""
        if trailer.startswith(b"\r\n"):
            after = trailer[2:]
        else:
            _, found, after = trailer.partition(b"\r\n\r\n")
            if not found:
                self._buffer = last_chunk
                return None
        if after:
            raise ProtocolError("bytes after the last chunk")
        self._buffer = b""
        return self._finish()

    def _finish(self) -> int:
        status, self._status = self._status, 0
        return status


def _header(head: bytes, name: bytes) -> bytes | None:
    start = head.find(b"\r\n" + name + b":")
    if start < 0:
        return None
    start += len(name) + 3
    return head[start : head.index(b"\r\n", start)].strip()
