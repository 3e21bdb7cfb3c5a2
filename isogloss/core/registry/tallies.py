"""Totals that are kept: every write adds the change it makes, and a total is the sum of the changes.

A counter row would make every writer wait for every other; changes are only inserted, and folded now and then.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from isogloss.core.model import Artifact, TagLink, Tally
from isogloss.core.ports import Reader
from isogloss.core.registry.context import Registry

VERSION, HEAD, ARTIFACT = "version", "head", "artifact"
"""What is counted of a project."""

TAGGED = "tagged-"
"""Before the name of an entity: how many of them bear the tag that is the tally's subject."""


def of_artifact(registry: Registry, artifact: Artifact, noun: str, delta: int, *, internal: bool = False) -> Tally:
    """A change of how many versions, heads or artifacts a project has."""
    return Tally(
        id=registry.sequence(),
        project_id=artifact.project_id,
        noun=noun,
        subject="",
        kind=artifact.kind,
        internal=internal,
        delta=delta,
    )


def of_tags(registry: Registry, links: Iterable[TagLink], delta: int) -> list[Tally]:
    """The changes that so many links, made or removed, are to how much of each project bears a tag."""
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for link in links:
        # What belongs to no project is counted when somebody asks; there is little of it.
        if link.project_id is not None:
            counts[link.project_id, link.entity, link.tag_id, link.kind] += delta
    return [
        Tally(
            id=registry.sequence(),
            project_id=project_id,
            noun=TAGGED + entity,
            subject=tag_id,
            kind=kind,
            internal=False,
            delta=change,
        )
        for (project_id, entity, tag_id, kind), change in counts.items()
    ]


def summed(rows: Iterable[Tally]) -> list[Tally]:
    """Changes of the same total as one."""
    sums: dict[tuple[str, str, str, str, bool], Tally] = {}
    for row in rows:
        key = (row.project_id, row.noun, row.subject, row.kind, row.internal)
        sums[key] = row if key not in sums else replace(sums[key], delta=sums[key].delta + row.delta)
    return list(sums.values())


async def shown(unit: Reader, noun: str, *, project_id: str | None, kinds: Sequence[str] = ()) -> int:
    """How many versions or artifacts every dialect sees: in a project or in all, of some kinds or of all."""
    return await _total(unit, noun, project_id, kinds, subject="", internal=False)


async def tagged(unit: Reader, entity: str, tag_id: str, *, project_id: str | None, kinds: Sequence[str] = ()) -> int:
    """How many things bear a tag: in a project or in all, of some kinds or of all."""
    return await _total(unit, TAGGED + entity, project_id, kinds, subject=tag_id)


async def _total(unit: Reader, noun: str, project_id: str | None, kinds: Sequence[str], **key: Any) -> int:
    if project_id is not None:
        key["project_id"] = project_id
    if kinds:
        key["kind"] = list(kinds)
    return await unit.sum(Tally, "delta", noun=noun, **key)
