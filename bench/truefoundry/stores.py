"""The servers whose transfers of files are measured, and how each is asked to keep and to give one.

A plain file server and MLflow's own way take a file whole, at a path of the client's choice. Ours is used as
TrueFoundry's client does: a version is staged, addresses are asked for, bytes are sent there, and the version is made.
"""

import http.client
import itertools
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from bench import ours
from bench.copying import CopySpec, Piece, copy
from bench.servers import Launch, ServerError, ask
from bench.suite import Place
from bench.truefoundry.loads import OUR_HEADERS
from bench.truefoundry.ours import PREFIX
from bench.truefoundry.real import RealMLflow

#: What the client asks for at once.
ADDRESSES: Final = 50
PART_BYTES: Final = 64 * 1024 * 1024


@dataclass(slots=True)
class Local:
    """The client's side: the file that is sent, or the one that is filled, and how many connections there are.

    `starting` is the time that was lost so far in starting processes that copy, in seconds.
    """

    port: int
    connections: int
    file: str
    starting: float = 0.0

    def copy(self, method: str, pieces: Sequence[Piece]) -> Sequence[str]:
        """Copy pieces; the ETag of each."""
        started = time.perf_counter()
        result = copy(CopySpec(self.port, self.connections, method, self.file, pieces))
        self.starting += time.perf_counter() - started - result.seconds
        return result.etags


class FileStore(Protocol):
    """A server that keeps files."""

    @property
    def name(self) -> str:
        """How the report calls it."""

    def launch(self, place: Place) -> Launch:
        """How to start it."""

    def keep(self, local: Local, name: str, sizes: Sequence[int]) -> None:
        """Send files, one behind the other in the local file, as the set `name`."""

    def keep_large(self, local: Local, name: str, size: int) -> None:
        """Send the local file whole."""

    def give(self, local: Local, name: str, sizes: Sequence[int]) -> None:
        """Fetch the files of the set into the local file, one behind the other."""


@dataclass
class ByPath:
    """A server that takes and gives a file at a path of the client's choice."""

    name: str
    launching: Callable[[Place], Launch]
    prefix: str = ""

    def launch(self, place: Place) -> Launch:
        """How to start it."""
        return self.launching(place)

    def keep(self, local: Local, name: str, sizes: Sequence[int]) -> None:
        """One PUT for each file."""
        local.copy("PUT", pieces_of(self._paths(name, len(sizes)), sizes))

    def keep_large(self, local: Local, name: str, size: int) -> None:
        """One PUT."""
        self.keep(local, name, [size])

    def give(self, local: Local, name: str, sizes: Sequence[int]) -> None:
        """One GET for each file."""
        local.copy("GET", pieces_of(self._paths(name, len(sizes)), sizes))

    def _paths(self, name: str, count: int) -> list[str]:
        return [f"{self.prefix}/{name}/{file}" for file in file_names(count)]


def plain() -> ByPath:
    """The plain file server of `bench.plain_server`."""
    return ByPath("plain", _launch_plain)


def mlflow() -> ByPath:
    """MLflow's server, through which the bytes go to and from its folder."""
    return ByPath("mlflow", RealMLflow().launch, "/api/2.0/mlflow-artifacts/artifacts")


@dataclass
class Isogloss:
    """``isogloss serve``, asked in TrueFoundry's dialect."""

    name: str = ours.NAME
    _versions: dict[str, str] = field(default_factory=dict)

    def launch(self, place: Place) -> Launch:
        """How to start it, on an empty place."""
        return ours.launch(place)

    def keep(self, local: Local, name: str, sizes: Sequence[int]) -> None:
        """Stage a version, send its files, make it."""
        staged, root = self._stage(local, name)
        addresses = self._addresses(local, staged, file_names(len(sizes)), "WRITE")
        local.copy("PUT", pieces_of(addresses, sizes))
        self._apply(local, name, root)

    def keep_large(self, local: Local, name: str, size: int) -> None:
        """Stage a version, send its file in parts at the same time, put them together, make it."""
        staged, root = self._stage(local, name)
        sizes = [min(PART_BYTES, size - start) for start in range(0, size, PART_BYTES)]
        [path] = file_names(1)
        asked = {"id": staged, "path": path, "num_parts": len(sizes)}
        upload = _ask(local, "POST", "/artifact-versions/signed-urls/multipart", asked)["data"]
        etags = local.copy("PUT", pieces_of([_target(each) for each in upload["part_signed_urls"]], sizes))
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
            for number, etag in enumerate(etags, start=1)
        )
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"
        _finish(local, _target(upload["finalize_signed_url"]), body)
        self._apply(local, name, root)

    def give(self, local: Local, name: str, sizes: Sequence[int]) -> None:
        """Fetch a version's files."""
        addresses = self._addresses(local, self._versions[name], file_names(len(sizes)), "READ")
        local.copy("GET", pieces_of(addresses, sizes))

    def _stage(self, local: Local, name: str) -> tuple[str, str]:
        source = {"type": "truefoundry"}
        staged = _ask(local, "POST", "/artifact-versions/stage", {"manifest": _manifest(name, source)})
        return str(staged["id"]), str(staged["storage_root"])

    def _addresses(self, local: Local, version: str, names: Sequence[str], operation: str) -> list[str]:
        found: list[str] = []
        for start in range(0, len(names), ADDRESSES):
            asked = {"id": version, "paths": names[start : start + ADDRESSES], "operation": operation}
            answer = _ask(local, "POST", "/artifact-versions/signed-urls", asked)
            found += [_target(each) for each in answer["data"]]
        return found

    def _apply(self, local: Local, name: str, root: str) -> None:
        manifest = _manifest(name, {"type": "truefoundry", "uri": root})
        self._versions[name] = str(_ask(local, "PUT", "/artifact-versions", {"manifest": manifest})["data"]["id"])


def file_names(count: int) -> list[str]:
    """The names of the files of a set."""
    return [f"file-{index:05d}.bin" for index in range(count)]


def pieces_of(paths: Sequence[str], sizes: Sequence[int]) -> list[Piece]:
    """Pieces of a file, one behind the other."""
    starts = itertools.accumulate(sizes, initial=0)
    return [Piece(path, start, size) for path, size, start in zip(paths, sizes, starts, strict=False)]


def _launch_plain(place: Place) -> Launch:
    folder = place.directory / "files"
    folder.mkdir()
    return Launch(
        name="plain",
        arguments=[sys.executable, "-m", "bench.plain_server", str(place.port), str(folder)],
        environment={"PYTHONPATH": str(ours.ROOT)},
        port=place.port,
        health_path="/",
        log=place.directory / "server.log",
    )


def _manifest(name: str, source: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": "artifact-version",
        "name": name,
        "ml_repo": "default",
        "metadata": {},
        "source": dict(source),
        "step": 0,
    }


def _ask(local: Local, method: str, path: str, body: object) -> Any:
    return ask(local.port, PREFIX + path, body, method=method, headers=OUR_HEADERS)


def _target(address: Mapping[str, Any]) -> str:
    """The path and query of an address, as a request on an open connection names it."""
    parts = urlsplit(address["signed_url"])
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _finish(local: Local, target: str, body: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", local.port, timeout=120)
    try:
        connection.request("POST", target, body=body.encode())
        answer = connection.getresponse()
        said = answer.read(300).decode(errors="replace")
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise ServerError(f"the parts were not put together: {answer.status}: {said}")
