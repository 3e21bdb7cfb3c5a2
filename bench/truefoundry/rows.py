"""The rows that both servers get: the same for the same size, in every run and on every machine."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from bench.rows import WORDS, created, name
from bench.suite import Size

REPO: Final = "bench"
"""The repository of machine learning, in MLflow's words the experiment, in which all rows lie."""

REPOS: Final = 20
"""How many repositories there are, that one included; the others are empty."""

EVERYWHERE: Final = "production"
"""The tag that one version of each artifact bears."""

#: One version of an artifact in so many bears a tag that as many artifacts share, a release of theirs.
PER_RELEASE: Final = 10
SPLITS: Final = ("test", "training", "validation")

#: One artifact in so many is a giant, with so many versions; the others have a hundred or more each.
PER_GIANT: Final = 100
GIANT: Final = 10_000
LEAST: Final = 100
#: One version of an artifact in so many has an alias.
PER_ALIAS: Final = 20

#: There is one run for so many versions, with ten metrics, each measured three times.
PER_RUN: Final = 20
METRICS: Final = tuple(f"{part}/{word}" for part in ("train", "test") for word in WORDS[:5])
POINTS: Final = 3


@dataclass(frozen=True, slots=True)
class SeedRow:
    """One version of an artifact, whose files somebody else keeps.

    Attributes:
        index: position in creation order, from 0.
        artifact: the name of its artifact.
        number: its version number, from 1; the versions of one artifact follow each other by creation time.
        description: a sentence.
        uri: where its files would be.
        metadata: by key.
        tags: names, in their order; one tag is on one version of an artifact at most.
        alias: unique among the versions of the artifact; most have none.
        created: microseconds since the epoch, strictly rising with `index`.

    """

    index: int
    artifact: str
    number: int
    description: str
    uri: str
    metadata: Mapping[str, str | int | float]
    tags: tuple[str, ...]
    alias: str | None
    created: int


@dataclass(frozen=True, slots=True)
class Point:
    """A measured value; `at` in milliseconds since the epoch."""

    key: str
    value: float
    at: int
    step: int


@dataclass(frozen=True, slots=True)
class SeedRun:
    """One run, still running: its points in the order of their times, so that the last of a key is the latest.

    Attributes:
        index: position in creation order, from 0.
        name: unique in the repository.
        parameters, tags: by key.
        points: what it measured.
        started: microseconds since the epoch, whole milliseconds.

    """

    index: int
    name: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    points: Sequence[Point]
    started: int


@cache
def counts(size: Size) -> Sequence[int]:
    """How many versions each artifact has."""
    chance = random.Random(f"versions of each of {size.names} artifacts")
    giants = size.names // PER_GIANT
    ordinary = size.names - giants
    left = size.artifacts - giants * GIANT
    least = min(LEAST, left // ordinary)
    shares = [chance.random() ** 2 for _ in range(ordinary)]
    beyond, total, given = left - least * ordinary, sum(shares), 0
    found: list[int] = []
    summed = 0.0
    for share in shares:
        summed += share
        upto = round(beyond * summed / total)
        found.append(least + upto - given)
        given = upto
    return [*found, *[GIANT] * giants]


def rows(size: Size) -> Iterator[SeedRow]:
    """The versions of `size` in creation order, those of all artifacts mixed."""
    chance = random.Random(f"versions of {size.artifacts} over {size.names}")
    many = counts(size)
    order = [artifact for artifact, count in enumerate(many) for _ in range(count)]
    chance.shuffle(order)
    numbers = [0] * size.names
    for index, artifact in enumerate(order):
        numbers[artifact] += 1
        made = _row(index, artifact, numbers[artifact], chance)
        yield replace(made, tags=(*made.tags, EVERYWHERE)) if made.number == many[artifact] // 2 else made


def new_version(size: Size, chance: random.Random) -> SeedRow:
    """One more version of one of the artifacts of `size`, without tags or alias."""
    return _row(size.artifacts, chance.randrange(size.names), 1, chance)


def manifest(row: SeedRow) -> dict[str, Any]:
    """What our client sends to have this version made, its tags apart; the server finds the number itself."""
    found = {
        "type": "artifact-version",
        "name": row.artifact,
        "ml_repo": REPO,
        "description": row.description,
        "metadata": dict(row.metadata),
        "source": {"type": "external", "uri": row.uri},
        "step": 0,
    }
    return found if row.alias is None else {**found, "version_alias": row.alias}


def alias(ordinal: int) -> str:
    """The alias number `ordinal` of an artifact, from 1, such as either server takes."""
    return f"v{ordinal}-0"


def release(group: int, ordinal: int) -> str:
    """The tag of the release number `ordinal`, from 1, of a group of artifacts; the first ten are in every group."""
    return f"release-{group:02d}-{ordinal:03d}"


def runs(size: Size) -> Iterator[SeedRun]:
    """The runs of `size` in creation order."""
    chance = random.Random(f"runs of {size.artifacts}")
    for index in range(size.artifacts // PER_RUN):
        started = created(index * PER_RUN) // 1000 * 1000
        yield SeedRun(
            index=index,
            name=f"train-{index:06d}",
            parameters={"lr": f"{chance.randrange(1, 100) / 1000}", "optimizer": "adam", "batch": "64"},
            tags={"team": f"team-{index % 7}", "mlf.python_version": "3.11.7"},
            points=[
                Point(key, chance.randrange(10_000) / 10_000, started // 1000 + 1_000 * (step + 1), step)
                for step in range(POINTS)
                for key in METRICS
            ],
            started=started,
        )


def _row(index: int, artifact: int, number: int, chance: random.Random) -> SeedRow:
    called, commit = name(artifact), f"{chance.getrandbits(160):040x}"
    return SeedRow(
        index=index,
        artifact=called,
        number=number,
        description=f"The {chance.choice(WORDS)} of every day, built from {commit[:10]}.",
        uri=f"s3://somebodys-bucket/artifacts/{called}/{commit}",
        metadata={
            "rows": chance.randrange(1, 100_000),
            "accuracy": chance.randrange(10_000) / 10_000,
            "split": chance.choice(SPLITS),
        },
        tags=(release(artifact // PER_RELEASE, number // PER_RELEASE),) if number % PER_RELEASE == 0 else (),
        alias=alias(number // PER_ALIAS) if number % PER_ALIAS == 0 else None,
        created=created(index),
    )
