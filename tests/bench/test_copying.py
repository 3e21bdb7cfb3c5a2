"""Copying files to and from a server, and the plain server that it is measured with."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from bench.copying import CopySpec, Piece, copy, copy_here
from bench.plain_server import Handler
from bench.servers import ServerError
from bench.truefoundry.stores import file_names, pieces_of

BYTES = bytes(range(256)) * 40


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A plain file server in this process."""
    folder = tmp_path / "files"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, folder)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A file to send, and one to fetch into."""
    sent, fetched = tmp_path / "sent", tmp_path / "fetched"
    sent.write_bytes(BYTES)
    fetched.write_bytes(bytes(len(BYTES)))
    return str(sent), str(fetched)


def test_pieces_lie_one_behind_the_other() -> None:
    assert pieces_of(["/a", "/b", "/c"], [3, 4, 5]) == [Piece("/a", 0, 3), Piece("/b", 3, 4), Piece("/c", 7, 5)]


def test_what_is_sent_in_pieces_comes_back_in_its_places(port: int, files: tuple[str, str]) -> None:
    sent, fetched = files
    pieces = pieces_of([f"/set/{name}" for name in file_names(40)], [256] * 40)
    result = copy(CopySpec(port, 3, "PUT", sent, pieces))
    assert result.seconds > 0
    copy_here(CopySpec(port, 3, "GET", fetched, pieces))
    assert Path(fetched).read_bytes() == BYTES


def test_a_file_of_another_length_is_a_failure(port: int, files: tuple[str, str]) -> None:
    sent, fetched = files
    copy_here(CopySpec(port, 1, "PUT", sent, [Piece("/file", 0, 100)]))
    with pytest.raises(ServerError, match="GET /file gave 100 bytes, not 99"):
        copy_here(CopySpec(port, 1, "GET", fetched, [Piece("/file", 0, 99)]))


def test_an_answer_that_refuses_is_a_failure(port: int, files: tuple[str, str]) -> None:
    with pytest.raises(ServerError, match=r"GET of 1 pieces failed: .*the answer was 404"):
        copy(CopySpec(port, 1, "GET", files[1], [Piece("/nothing-there", 0, 10)]))
