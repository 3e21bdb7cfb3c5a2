"""The requests that TrueFoundry's client makes, and those by which MLflow's gets the same done; what we promise."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urlencode

from bench.rows import name
from bench.suite import Address, Load, Size
from bench.truefoundry import ours, real
from bench.truefoundry.rows import (
    EVERYWHERE,
    METRICS,
    PER_ALIAS,
    PER_RELEASE,
    POINTS,
    REPO,
    SeedRow,
    alias,
    counts,
    manifest,
    new_version,
    release,
)
from bench.wire import FRESH_ID, FRESH_NUMBER, request

WANTED: Final = 15.0
PAGE: Final = 100
TENANT: Final = "default"

#: What the two clients send with every request.
OUR_HEADERS: Final[Mapping[str, str]] = {
    "user-agent": "truefoundry-sdk/0.6.0",
    "accept": "*/*",
    "authorization": "Bearer tfy_of-nobody-in-particular",
    "x-fern-language": "Python",
    "x-fern-sdk-name": "truefoundry-sdk",
    "x-fern-sdk-version": "0.6.0",
}
THEIR_HEADERS: Final[Mapping[str, str]] = {"user-agent": "mlflow-python-client/3.17.2", "accept": "*/*"}


@dataclass(frozen=True, slots=True)
class Call:
    """A request without its headers: a path behind the server's prefix, its query included."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A kind of request, for both servers.

    Attributes:
        name, title, writes, wanted: as a load has them.
        calls: the same for MLflow's server and for ours; random choices come from the argument only, and the places
            of a version or of a run in creation order are the same on both.

    """

    name: str
    title: str
    calls: Callable[[random.Random], tuple["Asking", "Asking"]]
    writes: bool = False
    wanted: float | None = None

    def call(self, address: Address, chance: random.Random) -> Call:
        """The request for a server, with its own ids in it."""
        theirs, mine = self.calls(chance)
        return (mine if address.prefix == ours.PREFIX else theirs)(address)


#: Makes the request from the address of a server, with the ids there.
Asking = Callable[[Address], Call]


def loads(size: Size) -> Sequence[Load]:
    """All loads over the rows of `size`: the promised ones first."""

    def build(question: Question, address: Address, chance: random.Random) -> bytes:
        call = question.call(address, chance)
        headers = OUR_HEADERS if address.prefix == ours.PREFIX else THEIR_HEADERS
        return request(call.method, address.prefix + call.path, address.port, headers=headers, body=call.body)

    return [
        Load(each.name, each.title, partial(build, each), writes=each.writes, wanted=each.wanted)
        for each in (*questions(size), *changes(size))
    ]


def questions(size: Size) -> Sequence[Question]:
    """The reads over the rows of `size`: the promised ones first."""
    many = counts(size)

    def page(chance: random.Random) -> tuple[Asking, Asking]:
        return _page_of(chance.randrange(size.names))

    def page_of_largest(_: random.Random) -> tuple[Asking, Asking]:
        return _page_of(many.index(max(many)))

    def by_tag(chance: random.Random) -> tuple[Asking, Asking]:
        tag = release(chance.randrange(size.names // PER_RELEASE), chance.randint(1, PER_RELEASE))
        search = _path("/model-versions/search", filter=f"tags.`{tag}` = 'true'", max_results=PAGE)
        return (
            lambda _: Call("GET", search),
            lambda address: _versions(limit=PAGE, ml_repo_id=address.around["repo"], tag=tag),
        )

    def by_alias(chance: random.Random) -> tuple[Asking, Asking]:
        artifact = chance.randrange(size.names)
        called = alias(chance.randint(1, many[artifact] // PER_ALIAS))
        path = _path("/registered-models/alias", name=name(artifact), alias=called)
        return lambda _: Call("GET", path), lambda _: _versions(limit=1, fqn=_fqn(name(artifact), called))

    def by_number(chance: random.Random) -> tuple[Asking, Asking]:
        artifact = chance.randrange(size.names)
        number = str(chance.randint(1, many[artifact]))
        path = _path("/model-versions/get", name=name(artifact), version=number)
        return lambda _: Call("GET", path), lambda _: _versions(limit=1, fqn=_fqn(name(artifact), number))

    def by_id(chance: random.Random) -> tuple[Asking, Asking]:
        index = chance.randrange(size.artifacts)

        def theirs(address: Address) -> Call:
            artifact, number = _known(address, index)
            return Call("GET", _path("/model-versions/get", name=artifact, version=number))

        return theirs, lambda address: Call("GET", f"/artifact-versions/{address.ids[index]}")

    def run_by_id(chance: random.Random) -> tuple[Asking, Asking]:
        place = chance.random()
        return (
            lambda address: Call("GET", _path("/runs/get", run_id=_run(address, place))),
            lambda address: Call("GET", f"/runs/{_run(address, place)}"),
        )

    def page_of_runs(_: random.Random) -> tuple[Asking, Asking]:
        # Our client has its numbers as floats.
        return partial(_search_runs, limit=PAGE), partial(_search_runs, limit=float(PAGE))

    def page_of_artifacts(_: random.Random) -> tuple[Asking, Asking]:
        search, asked = _path("/registered-models/search", max_results=PAGE), {"limit": PAGE, "offset": 0}
        return (
            lambda _: Call("GET", search),
            lambda address: Call("GET", _path("/artifacts", ml_repo_id=address.around["repo"], **asked)),
        )

    def page_of_repos(_: random.Random) -> tuple[Asking, Asking]:
        return (
            lambda _: Call("POST", "/experiments/search", {"max_results": PAGE}),
            lambda _: Call("GET", _path("/ml-repos", limit=PAGE, offset=0)),
        )

    return [
        Question("page", "page of 100 versions of an artifact", page, wanted=WANTED),
        Question("by-tag", "versions by tag", by_tag, wanted=WANTED),
        Question("by-alias", "version by alias", by_alias, wanted=WANTED),
        Question("by-number", "version by number", by_number, wanted=WANTED),
        Question("by-id", "GET {id}", by_id, wanted=WANTED),
        Question("largest", "page of 100 versions of the largest artifact", page_of_largest),
        Question("artifacts", "page of artifacts", page_of_artifacts),
        Question("repos", "page of repositories", page_of_repos),
        Question("runs", "page of 100 runs", page_of_runs),
        Question("run", "GET run", run_by_id),
    ]


def changes(size: Size) -> Sequence[Question]:
    """The writes over the rows of `size`: the promised ones first."""

    def create(chance: random.Random) -> tuple[Asking, Asking]:
        row = new_version(size, chance)
        return (
            lambda _: Call("POST", "/model-versions/create", their_version(row)),
            lambda _: Call("PUT", "/artifact-versions", {"manifest": manifest(row)}),
        )

    def tag(chance: random.Random) -> tuple[Asking, Asking]:
        index = chance.randrange(size.artifacts)

        def theirs(address: Address) -> Call:
            artifact, number = _known(address, index)
            # Always another value, or nothing would have to be written.
            sent = {"name": artifact, "version": number, "key": EVERYWHERE, "value": FRESH_ID}
            return Call("POST", "/model-versions/set-tag", sent)

        def mine(address: Address) -> Call:
            sent = {"artifact_version_id": address.ids[index], "tags": [EVERYWHERE], "force": True}
            return Call("PUT", "/artifact-versions/tags", sent)

        return theirs, mine

    def log_batch(chance: random.Random) -> tuple[Asking, Asking]:
        place, at, step = chance.random(), int(FRESH_NUMBER), POINTS
        points = [
            {"key": key, "value": chance.randrange(10_000) / 10_000, "timestamp": at, "step": step} for key in METRICS
        ]
        floats = [{**point, "timestamp": float(at), "step": float(step)} for point in points]
        rest: Mapping[str, Any] = {"params": [], "tags": []}
        return (
            lambda address: Call(
                "POST", "/runs/log-batch", {"run_id": _run(address, place), "metrics": points, **rest}
            ),
            lambda address: Call("POST", f"/runs/{_run(address, place)}/batch", {"metrics": floats, **rest}),
        )

    def create_run(chance: random.Random) -> tuple[Asking, Asking]:
        called, tags = f"train-{FRESH_ID}", [{"key": "team", "value": f"team-{chance.randrange(7)}"}]

        def sent(address: Address, name_member: str) -> Mapping[str, Any]:
            repo = address.around["repo"]
            return {"experiment_id": repo, name_member: called, "start_time": int(FRESH_NUMBER), "tags": tags}

        return (
            lambda address: Call("POST", "/runs/create", sent(address, "run_name")),
            lambda address: Call("POST", "/runs", sent(address, "name")),
        )

    return [
        Question("create", "create a version", create, writes=True, wanted=WANTED),
        Question("tag", "set a tag", tag, writes=True, wanted=WANTED),
        Question("log-batch", "log ten metrics", log_batch, writes=True, wanted=WANTED),
        Question("create-run", "create a run", create_run, writes=True),
    ]


def their_version(row: SeedRow) -> dict[str, Any]:
    """What MLflow's client sends to have this version made."""
    tags = [{"key": key, "value": value} for key, value in real.version_tags(row).items()]
    return {"name": row.artifact, "source": row.uri, "description": row.description, "tags": tags}


def _page_of(artifact: int) -> tuple[Asking, Asking]:
    path = _path("/model-versions/search", filter=f"name='{name(artifact)}'", max_results=PAGE)
    return lambda _: Call("GET", path), lambda _: _versions(limit=PAGE, fqn=_fqn(name(artifact)))


def _search_runs(address: Address, limit: float) -> Call:
    sent = {
        "experiment_ids": [address.around["repo"]],
        "filter": "",
        "run_view_type": "ACTIVE_ONLY",
        "max_results": limit,
        "order_by": ["attribute.start_time DESC"],
    }
    return Call("POST", "/runs/search", sent)


def _known(address: Address, index: int) -> tuple[str, str]:
    """The artifact and the number of the version at this place, on MLflow's server."""
    artifact, _, number = address.ids[index].rpartition(":")
    return artifact, number


def _run(address: Address, place: float) -> str:
    """The id of the run at a place between the first and the last."""
    return address.runs[int(place * len(address.runs))]


def _fqn(artifact: str, version: str | None = None) -> str:
    entity = f"artifact:{TENANT}/{REPO}/{artifact}"
    return entity if version is None else f"{entity}:{version}"


def _versions(limit: int, **filters: str) -> Call:
    """A page of versions, as our client asks for it."""
    asked = {"limit": limit, "offset": 0, **filters, "include_internal_metadata": "false"}
    return Call("GET", _path("/artifact-versions", **asked))


def _path(path: str, **query: object) -> str:
    return f"{path}?{urlencode({key: str(value) for key, value in query.items()}, quote_via=quote)}"
