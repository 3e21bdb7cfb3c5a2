"""What comes in from another registry: rows on their way, and what is reported of them."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from isogloss.core.model import (
    Artifact,
    Instant,
    LogLine,
    Project,
    Property,
    Record,
    RecordLink,
    Run,
    RunLink,
    RunState,
    Tag,
    User,
    Version,
    Workflow,
)

S = TypeVar("S", bound=Struct)

NAMED_AT_MOST = 20
"""How many rows of a noun the report names that were left out; of all others it tells the number."""

Aliases: TypeAlias = dict[str, str]
"""Our ids by the source's, where they differ."""


class Tagged(Struct, frozen=True):
    """The tags, by id, that a thing of the batch bears at the source; ``entity`` as in ``TagLink``."""

    entity: str
    entity_id: str
    tag_ids: tuple[str, ...]


class Head(Struct, frozen=True, kw_only=True):
    """An artifact's head as the source has it."""

    artifact_id: str
    id: str
    version_id: str
    created: Instant
    updated: Instant


class IncomingVersion(Struct, frozen=True, kw_only=True):
    """A version of the source; its ordinal is given here, and so is its label where ``label`` is null.

    ``linked`` tells that the run and the step that it names get links to it; elsewhere links come by themselves.
    """

    version: Version
    label: str | None = None
    linked: bool = True


class LeftOut(Struct, frozen=True):
    """A row of the source that is not brought: what it is called there, and why."""

    name: str
    reason: str


class Batch(Struct, frozen=True, kw_only=True):
    """Rows of a source that are merged together. What refers to rows comes with them or after them.

    Artifacts come without counters and head; ``parts`` are records that belong to others and are not counted.
    ``noun`` is what the batch is counted as in the report, together with the rows that are ``left_out`` of it.
    """

    noun: str
    projects: list[Project] = field(default_factory=list)
    users: list[User] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)
    versions: list[IncomingVersion] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)
    workflows: list[Workflow] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    states: list[RunState] = field(default_factory=list)
    logs: list[LogLine] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    parts: list[Record] = field(default_factory=list)
    run_links: list[RunLink] = field(default_factory=list)
    record_links: list[RecordLink] = field(default_factory=list)
    properties: list[Property] = field(default_factory=list)
    tagged: list[Tagged] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


ReadBatch: TypeAlias = Callable[[Aliases], Batch]
"""Makes a batch of what the source said, with our ids for those that have aliases by now."""

Pages: TypeAlias = AsyncIterator[Sequence[ReadBatch]]
"""What a source holds, in order; what is yielded together is kept together, or not at all."""


class Report(Struct, kw_only=True):
    """What an import did, by noun. ``notes`` are sentences on what is not as it was at the source.

    ``left_out`` counts the rows that were not brought, and ``named`` has the first of each noun.
    """

    seen: Counter[str] = field(default_factory=Counter)
    added: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    named: dict[str, list[LeftOut]] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)

    def note(self, sentence: str) -> None:
        """Say something once."""
        self.notes[sentence] = None

    def leave_out(self, noun: str, rows: Sequence[LeftOut]) -> None:
        """Count rows that are not brought."""
        if rows:
            self.left_out[noun] += len(rows)
            self._name(noun, rows)

    def take(self, other: "Report") -> None:
        """Add what another report says."""
        self.seen += other.seen
        self.added += other.added
        self.changed += other.changed
        self.left_out += other.left_out
        for noun, rows in other.named.items():
            self._name(noun, rows)
        self.notes |= other.notes

    def _name(self, noun: str, rows: Sequence[LeftOut]) -> None:
        named = self.named.setdefault(noun, [])
        named += rows[: NAMED_AT_MOST - len(named)]


def storable(batch: Batch, report: Report) -> Batch:
    """The batch without the character NUL, which only one of the engines keeps in texts. JSON has it escaped."""
    changes: dict[str, list[Any]] = {}
    mended = 0
    for name in batch.__struct_fields__:
        rows = getattr(batch, name)
        if isinstance(rows, list):
            clean = [_without_nul(row) for row in rows]
            differing = sum(one is not other for one, other in zip(rows, clean, strict=True))
            if differing:
                changes[name], mended = clean, mended + differing
    if not changes:
        return batch
    report.note(f"Among the {batch.noun}, {mended} rows had the character NUL in a text, which they are without here.")
    return replace(batch, **changes)


def _without_nul(row: S) -> S:
    changes: dict[str, Any] = {}
    for name in row.__struct_fields__:
        value = getattr(row, name)
        if isinstance(value, str) and "\0" in value:
            changes[name] = value.replace("\0", "")
        elif isinstance(value, Version) and (clean := _without_nul(value)) is not value:
            changes[name] = clean
    return replace(row, **changes) if changes else row
