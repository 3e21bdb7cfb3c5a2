"""The requests that ZenML's client makes of artifacts and versions, and what we promise for each."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import urlencode

from bench.rows import WORDS, name
from bench.suite import Address, Load, Size
from bench.wire import FRESH_ID, request
from bench.zenml.rows import SPLITS, body, new_version

LISTS: Final = 30.0
GET_AND_CREATE: Final = 15.0
PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class Question:
    """A kind of read.

    Attributes:
        name, title, wanted: as a load has them.
        path: with its query, for one server; random choices come from the second argument only.

    """

    name: str
    title: str
    path: Callable[[Address, random.Random], str]
    wanted: float | None = None


def loads(size: Size) -> Sequence[Load]:
    """All loads over the rows of `size`: the promised ones first."""

    def create(address: Address, chance: random.Random) -> bytes:
        sent = body(new_version(size, chance), address.around["project"], address.around["store"])
        path = f"{address.prefix}/artifact_versions"
        return request("POST", path, address.port, headers=_headers(chance), body=sent)

    def read(question: Question, address: Address, chance: random.Random) -> bytes:
        path = address.prefix + question.path(address, chance)
        return request("GET", path, address.port, headers=_headers(chance))

    reads = [
        Load(question.name, question.title, partial(read, question), wanted=question.wanted)
        for question in questions(size)
    ]
    return [*reads, Load("create", "create a version", create, writes=True, wanted=GET_AND_CREATE)]


def questions(size: Size) -> Sequence[Question]:
    """The reads over the rows of `size`: the promised ones first."""

    def any_name(chance: random.Random) -> str:
        return name(chance.randrange(size.names))

    def page_of_versions(address: Address, _: random.Random) -> str:
        return _versions(address)

    def page_hydrated(address: Address, _: random.Random) -> str:
        return _versions(address, hydrate="True")

    def page_in_the_middle(address: Address, _: random.Random) -> str:
        return _versions(address, page=str(size.artifacts // PAGE // 2))

    def latest(address: Address, chance: random.Random) -> str:
        wanted = {"artifact": any_name(chance)}
        return _versions(address, wanted, hydrate="True", sort_by="desc:created", size="1")

    def by_id(address: Address, chance: random.Random) -> str:
        return f"/artifact_versions/{chance.choice(address.ids)}?hydrate=True"

    def page_of_artifacts(address: Address, _: random.Random) -> str:
        return _path("/artifacts", {"project": address.around["project"]})

    def by_artifact(address: Address, chance: random.Random) -> str:
        return _versions(address, {"artifact": any_name(chance)})

    def by_tag(address: Address, _: random.Random) -> str:
        return _versions(address, {"tags": "gold"})

    def by_metadata(address: Address, chance: random.Random) -> str:
        return _versions(address, {"run_metadata": f"split:{chance.choice(SPLITS)}"})

    def by_part_of_name(address: Address, chance: random.Random) -> str:
        return _versions(address, {"artifact": f"contains:{chance.choice(WORDS)}"})

    def by_number(address: Address, chance: random.Random) -> str:
        return _versions(address, {"version_number": str(chance.randint(1, size.artifacts // size.names))})

    def by_either(address: Address, chance: random.Random) -> str:
        return _versions(address, {"tags": "candidate", "artifact": any_name(chance)}, logical_operator="or")

    return [
        Question("versions", "page of 20 versions", page_of_versions, LISTS),
        Question("hydrated", "page of 20 versions, hydrated", page_hydrated, LISTS),
        Question("latest", "latest version by name", latest, LISTS),
        Question("by-artifact", "versions of one artifact", by_artifact, LISTS),
        Question("by-tag", "page of 20 versions by tag", by_tag, LISTS),
        Question("artifacts", "page of 20 artifacts", page_of_artifacts, LISTS),
        Question("by-id", "GET {id}", by_id, GET_AND_CREATE),
        Question("middle", "page of 20 versions, from the middle", page_in_the_middle),
        Question("by-metadata", "page of 20 versions by run metadata", by_metadata),
        Question("by-name-part", "page of 20 versions by a part of the name", by_part_of_name),
        Question("by-number", "page of 20 versions by version number", by_number),
        Question("either", "page of 20 versions, tag or artifact", by_either),
    ]


def _headers(chance: random.Random) -> Mapping[str, str]:
    """What the vendor's own client sends with every request."""
    return {
        "user-agent": "zenml/0.98.0",
        "accept": "*/*",
        "source-context": "python",
        "x-request-id": f"{chance.getrandbits(32):08x}",
        "idempotency-key": FRESH_ID,
    }


def _versions(address: Address, wanted: Mapping[str, str] | None = None, **chosen: str) -> str:
    """A page of versions of the project, as the client asks for it."""
    filters = {"project": address.around["project"], **(wanted or {}), "only_unused": "False"}
    return _path("/artifact_versions", filters, **chosen)


def _path(path: str, filters: Mapping[str, str], **chosen: str) -> str:
    page = {
        "hydrate": "False",
        "sort_by": "created",
        "logical_operator": "and",
        "page": "1",
        "size": str(PAGE),
    }
    return f"{path}?{urlencode({**page, **chosen, **filters})}"
