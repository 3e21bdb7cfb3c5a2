"""Copies files to and from a server on 127.0.0.1: a process of its own, as the load generator is.

``python -m bench.copying`` reads a `CopySpec` as JSON on standard input and writes a `CopyResult` on standard output.
Every piece is sent or fetched once, by whichever connection is free. What is sent goes from the file to the socket
within the kernel, and what is fetched to its place in a file, so that little of the time is the client's own.
"""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.servers import ServerError

BLOCK_BYTES = 1024 * 1024
SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the local file, and the path on the server, with its query, where it goes or comes from."""

    path: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class CopySpec:
    """What to copy: `method` is PUT (from the file) or GET (into it)."""

    port: int
    connections: int
    method: str
    file: str
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class CopyResult:
    """How long all of it took, and the ETag of each piece's answer, empty where it had none."""

    seconds: float
    etags: Sequence[str]


@dataclass(slots=True)
class Progress:
    """What the connections share: the pieces still to do, and what went wrong."""

    left: Iterator[tuple[int, Piece]]
    etags: list[str]
    lock: threading.Lock = field(default_factory=threading.Lock)
    failure: str = ""

    def take(self) -> tuple[int, Piece] | None:
        """The next piece with its place; None when there is none, or after a failure."""
        with self.lock:
            return None if self.failure else next(self.left, None)


def copy(spec: CopySpec) -> CopyResult:
    """Do it in a process of its own.

    Raises:
        ServerError: when the server answers anything but 2xx, or something of another length.

    """
    done = subprocess.run(
        [sys.executable, "-m", "bench.copying"],
        input=json.dumps(asdict(spec)),
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent.parent,
        timeout=SECONDS + 60,
    )
    if done.returncode:
        raise ServerError(f"{spec.method} of {len(spec.pieces)} pieces failed: {done.stderr[-2000:]}")
    return CopyResult(**json.loads(done.stdout))


def copy_here(spec: CopySpec) -> CopyResult:
    """Do it in this process. Raises ``ServerError`` as `copy` does."""
    progress = Progress(enumerate(spec.pieces), [""] * len(spec.pieces))
    threads = [threading.Thread(target=_work, args=(spec, progress)) for _ in range(spec.connections)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    if progress.failure:
        raise ServerError(progress.failure)
    return CopyResult(seconds, progress.etags)


def _work(spec: CopySpec, progress: Progress) -> None:
    # Without a timeout, the kernel waits by itself until the socket takes more of a file.
    connection = http.client.HTTPConnection("127.0.0.1", spec.port, timeout=None)
    transfer = _put if spec.method == "PUT" else _get
    try:
        with Path(spec.file).open("rb" if spec.method == "PUT" else "r+b", buffering=0) as file:
            while (taken := progress.take()) is not None:
                place, piece = taken
                progress.etags[place] = transfer(connection, file.fileno(), piece)
    except (OSError, http.client.HTTPException, ServerError) as error:
        progress.failure = progress.failure or f"{type(error).__name__}: {error}"
    finally:
        connection.close()


def _put(connection: http.client.HTTPConnection, file: int, piece: Piece) -> str:
    connection.putrequest("PUT", piece.path, skip_accept_encoding=True)
    connection.putheader("content-length", str(piece.length))
    connection.endheaders()
    offset, end = piece.offset, piece.offset + piece.length
    while offset < end:
        offset += os.sendfile(connection.sock.fileno(), file, offset, end - offset)
    answer = connection.getresponse()
    _check(answer, answer.read())
    return answer.getheader("etag") or ""


def _get(connection: http.client.HTTPConnection, file: int, piece: Piece) -> str:
    connection.request("GET", piece.path, headers={"accept-encoding": "identity"})
    answer = connection.getresponse()
    if not 200 <= answer.status < 300:
        _check(answer, answer.read())
    buffer, offset = memoryview(bytearray(min(BLOCK_BYTES, piece.length))), piece.offset
    while got := answer.readinto(buffer):
        offset += os.pwrite(file, buffer[:got], offset)
    if offset - piece.offset != piece.length:
        raise ServerError(f"GET {piece.path} gave {offset - piece.offset} bytes, not {piece.length}")
    return answer.getheader("etag") or ""


def _check(answer: http.client.HTTPResponse, body: bytes) -> None:
    if not 200 <= answer.status < 300:
        raise ServerError(f"the answer was {answer.status}: {body[:300].decode(errors='replace')}")


def main() -> None:
    """Read the specification, copy, write the result."""
    given = json.load(sys.stdin)
    spec = CopySpec(**{**given, "pieces": [Piece(**piece) for piece in given["pieces"]]})
    try:
        print(json.dumps(asdict(copy_here(spec))))
    except ServerError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
