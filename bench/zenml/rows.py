"""The rows that both servers get: the same for the same size, in every run and on every machine."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from bench.rows import created, name
from bench.suite import Size

#: Every tag, with how many versions there are for one that bears it, and where in each such run that one is.
TAGS: Final[Mapping[str, tuple[int, int]]] = {
    "archived": (25, 6),
    "candidate": (50, 0),
    "gold": (10, 0),
    "reviewed": (100, 4),
    "silver": (20, 3),
}
#: One version in so many has metadata.
PER_METADATA: Final = 20
SPLITS: Final = ("test", "training", "validation")

Source = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """What the versions of an artifact are, and what saved them."""

    type: str
    materializer: Source
    data_type: Source
    item_count: int | None
    visualized: bool


def _source(path: str, kind: str) -> Source:
    module, _, attribute = path.rpartition(".")
    return {"module": module, "attribute": attribute, "type": kind}


_BUILT_IN: Final = "zenml.materializers.built_in_materializer"
_SKLEARN: Final = "zenml.integrations.sklearn.materializers.sklearn_materializer.SklearnMaterializer"
_KINDS: Final = (
    Kind(
        "DataArtifact",
        _source(f"{_BUILT_IN}.BuiltInMaterializer", "internal"),
        _source("builtins.str", "builtin"),
        item_count=None,
        visualized=True,
    ),
    Kind(
        "BaseArtifact",
        _source(f"{_BUILT_IN}.BuiltInContainerMaterializer", "internal"),
        _source("builtins.list", "builtin"),
        item_count=12,
        visualized=True,
    ),
    Kind(
        "ModelArtifact",
        _source(_SKLEARN, "internal"),
        _source("sklearn.linear_model._logistic.LogisticRegression", "unknown"),
        item_count=None,
        visualized=False,
    ),
    Kind(
        "DataAnalysisArtifact",
        _source(f"{_BUILT_IN}.BuiltInContainerMaterializer", "internal"),
        _source("builtins.dict", "builtin"),
        item_count=None,
        visualized=True,
    ),
)


@dataclass(frozen=True, slots=True)
class SeedRow:
    """One version of an artifact, saved by hand.

    Attributes:
        index: position in creation order, from 0.
        artifact: the name of its artifact.
        number: its version number, from 1; the versions of one artifact follow each other by creation time.
        kind: what it is.
        uri: where its files would be.
        content_hash: as the client computes it, 32 hexadecimal digits.
        tags: names, in their order.
        metadata: by key; empty for most.
        created: microseconds since the epoch, strictly rising with `index`.

    """

    index: int
    artifact: str
    number: int
    kind: Kind
    uri: str
    content_hash: str
    tags: tuple[str, ...]
    metadata: Mapping[str, str | int | float]
    created: int

    @property
    def visualizations(self) -> list[dict[str, str]]:
        """What the page could show of it, as a client gives it."""
        return [{"type": "json", "uri": f"{self.uri}/data.json"}] if self.kind.visualized else []


def rows(size: Size) -> Iterator[SeedRow]:
    """The versions of `size` in creation order: the artifacts take turns, in a new order every time around."""
    chance = random.Random(f"versions of {size.artifacts} over {size.names}")
    order: list[int] = []
    for index in range(size.artifacts):
        if not order:
            order = chance.sample(range(size.names), size.names)
        yield _row(index, order.pop(), index // size.names + 1, chance)


def new_version(size: Size, chance: random.Random) -> SeedRow:
    """One more version of one of the artifacts of `size`, with what a client adds to each and no tags."""
    number = chance.randrange(size.names)
    made = _row(0, number, 0, chance)
    return SeedRow(
        index=size.artifacts,
        artifact=made.artifact,
        number=0,
        kind=made.kind,
        uri=made.uri,
        content_hash=made.content_hash,
        tags=(),
        metadata={"storage_size": chance.randrange(1, 100_000)},
        created=0,
    )


def body(row: SeedRow, project: str, store: str) -> dict[str, object]:
    """What the client sends to have this version created; the server finds the number itself."""
    return {
        "project": project,
        "artifact_id": None,
        "artifact_name": row.artifact,
        "version": None,
        "has_custom_name": True,
        "type": row.kind.type,
        "artifact_store_id": store,
        "uri": row.uri,
        "materializer": dict(row.kind.materializer),
        "data_type": dict(row.kind.data_type),
        "content_hash": row.content_hash,
        "tags": list(row.tags) or None,
        "visualizations": row.visualizations,
        "save_type": "manual",
        "metadata": dict(row.metadata),
        "item_count": row.kind.item_count,
    }


def _row(index: int, artifact: int, number: int, chance: random.Random) -> SeedRow:
    called, folder = name(artifact), UUID(int=chance.getrandbits(128), version=4)
    metadata: dict[str, str | int | float] = {}
    if index % PER_METADATA == 7:
        metadata = {
            "storage_size": chance.randrange(1, 100_000),
            "accuracy": chance.randrange(10_000) / 10_000,
            "split": SPLITS[index // PER_METADATA % len(SPLITS)],
        }
    return SeedRow(
        index=index,
        artifact=called,
        number=number,
        kind=_KINDS[artifact % len(_KINDS)],
        uri=f"/srv/zenml/local_stores/custom_artifacts/{called}/{folder}",
        content_hash=f"{chance.getrandbits(128):032x}",
        tags=tuple(tag for tag, (every, place) in TAGS.items() if index % every == place),
        metadata=metadata,
        created=created(index),
    )
