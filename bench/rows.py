"""What the seeded rows of every vendor have in common: their names, and when they were created."""

from datetime import UTC, datetime
from typing import Final

WORDS: Final = (
    "accuracy",
    "batch",
    "checkpoint",
    "dataset",
    "drift",
    "epoch",
    "evaluation",
    "feature",
    "gradient",
    "histogram",
    "inference",
    "label",
    "latency",
    "learning",
    "loss",
    "metric",
    "model",
    "partition",
    "pipeline",
    "precision",
    "quality",
    "recall",
    "report",
    "sample",
    "schema",
    "score",
    "segment",
    "shuffle",
    "snapshot",
    "split",
    "summary",
    "table",
    "threshold",
    "training",
    "validation",
    "vector",
    "weight",
)

_FIRST_CREATED: Final = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_STEP_MICROSECONDS: Final = 1_000_003


def name(index: int) -> str:
    """The name number `index`: two words and the number, so that a part of it finds some of the others too."""
    return f"{WORDS[index % len(WORDS)]}-{WORDS[index // 7 % len(WORDS)]}-{index:05d}"


def created(index: int) -> int:
    """When row number `index` was created, in microseconds since the epoch: some second after the one before."""
    return _FIRST_CREATED + index * _STEP_MICROSECONDS
