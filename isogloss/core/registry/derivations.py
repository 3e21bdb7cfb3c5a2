"""Derivations: what versions and runs were made from, as somebody says, in metadata or by an explicit link.

Clients tell of inputs and outputs of their own runs (see ``lineage``); this is what none of them can tell: that
something was made from what another dialect wrote. What is said in metadata is written with it, in one transaction. A
reference that names nothing yet is no error: it is kept as it is, and means what it names when somebody looks.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from isogloss.core.access import Principal, Role, require
from isogloss.core.errors import Invalid, NotFound
from isogloss.core.model import Derivation, Json, Run, Version
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Operator, Query, Sort, all_of, any_of
from isogloss.core.references import inputs_of, inputs_of_tags, keys_of, read_reference, references_in, says_inputs
from isogloss.core.registry.context import Registry
from isogloss.core.registry.references import RUN, VERSION, Target, only_meant, resolve

METADATA, LINK = "metadata", "link"
"""The origins of a ``Derivation``."""

_SOURCES = {VERSION: "source_version_id", RUN: "source_run_id"}
_OWNERS = {VERSION: "version_id", RUN: "run_id"}


def of_version(version: Version) -> Target:
    """A version as one end of a derivation."""
    return Target(VERSION, version.id, version.project_id)


def of_run(run: Run) -> Target:
    """A run or step as one end of a derivation."""
    return Target(RUN, run.id, run.project_id)


async def said_in(
    registry: Registry, unit: Reader, owner: Target, document: Json | None, author_id: str | None
) -> list[Derivation]:
    """The rows that metadata of something new asks for. Read before that is written, so that nothing is its own input.

    To be called only for metadata that may say anything (``says_inputs``).
    """
    return await _rows(registry, unit, owner, inputs_of(document), METADATA, author_id)


async def follow_metadata(
    registry: Registry, unit: Writer, owner: Target, document: Json | None, author_id: str | None
) -> None:
    """Bring the rows of something up to date with its metadata. A reference that stays means what it meant."""
    await follow_references(registry, unit, owner, inputs_of(document), author_id)


async def follow_text(registry: Registry, unit: Writer, owner: Target, text: str | None, author_id: str | None) -> None:
    """As ``follow_metadata``, where the value under the key is a text."""
    await follow_references(registry, unit, owner, [] if text is None else references_in(text), author_id)


async def follow_tags(registry: Registry, unit: Writer, run: Run, before: Json = "[]") -> None:
    """Bring the rows of a run up to date with its tags, which were other ones before; most say nothing of this."""
    if run.tags != before and (says_inputs(run.tags) or says_inputs(before)):
        await follow_references(registry, unit, of_run(run), inputs_of_tags(run.tags), run.author_id)


async def follow_references(
    registry: Registry, unit: Writer, owner: Target, references: Sequence[str], author_id: str | None
) -> None:
    """As ``follow_metadata``, of the references that the metadata has."""
    own: dict[str, Any] = {_OWNERS[owner.entity]: owner.id, "origin": METADATA}
    kept = {row.reference for row in await unit.find(Derivation, **own)}
    gone = [reference for reference in kept if reference not in references]
    if gone:
        await unit.remove(Derivation, **own, reference=gone)
    new = [reference for reference in references if reference not in kept]
    await unit.add(*await _rows(registry, unit, owner, new, METADATA, author_id))


async def link(registry: Registry, unit: Writer, caller: Principal, made: str, source: str) -> Derivation:
    """Say that a version or run was made from another one, both by reference; once more, the link that is there.

    Raises ``Denied``, ``NotFound``, and ``Invalid`` for a reference that names several things, or both the same one.
    """
    require(caller, Role.EDITOR)
    owner = await resolve(registry, unit, caller, made)
    origin = await resolve(registry, unit, caller, source)
    if owner == origin:
        raise Invalid("source", f"{source.strip()!r} is the same {owner.entity}; nothing is made from itself")
    ends: dict[str, Any] = {_OWNERS[owner.entity]: owner.id, _SOURCES[origin.entity]: origin.id}
    # Two who say the same at once take turns, so that it is there once.
    kind: type[Version] | type[Run] = Version if owner.entity == VERSION else Run
    if await unit.lock(kind, id=owner.id) is None:
        raise NotFound(owner.entity, owner.id)
    kept = await unit.find(Derivation, **ends, origin=LINK)
    if kept:
        return kept[0]
    row = _row(registry, owner, origin, source.strip(), None, LINK, caller.user_id)
    await unit.add(row)
    return row


async def unlink(unit: Writer, caller: Principal, link_id: str) -> Derivation:
    """Take an explicit link back; answers it as it was.

    Raises ``Denied``, ``NotFound``, and ``Invalid`` for what metadata says, which is to be changed there.
    """
    require(caller, Role.EDITOR)
    found = await unit.lock(Derivation, id=link_id)
    if found is None:
        raise NotFound("link", link_id)
    if found.origin != LINK:
        raise Invalid(
            "link", f"{link_id} is said by metadata; change the metadata of {found.version_id or found.run_id}"
        )
    await unit.remove(Derivation, id=link_id)
    return found


async def links_of(
    unit: Reader, caller: Principal, project_id: str | None, *, limit: int, after: tuple[int, str] | None = None
) -> list[Derivation]:
    """Explicit links from the oldest on, behind the one made at a time and with an id. Raises ``Denied``."""
    require(caller, Role.VIEWER)
    behind = None
    if after is not None:
        created, link_id = after
        same = all_of(Compare("created", Operator.EQ, created), Compare("id", Operator.GT, link_id))
        behind = any_of(Compare("created", Operator.GT, created), same)
    fields = Derivation.__struct_fields__
    rows = await unit.rows(
        Query(
            source="derivation",
            fields=fields,
            project_id=project_id,
            where=all_of(Compare("origin", Operator.EQ, LINK), behind),
            sort=Sort("created"),
            limit=limit,
        )
    )
    return [Derivation(**dict(zip(fields, row, strict=True))) for row in rows]


async def _rows(
    registry: Registry, unit: Reader, owner: Target, references: Iterable[str], origin: str, author_id: str | None
) -> list[Derivation]:
    wanted = list(references)
    if not wanted:
        return []
    meant = await only_meant(registry, unit, wanted)
    rows: list[Derivation] = []
    for reference in wanted:
        source = meant.get(reference)
        if source is not None:
            if source != owner:
                rows.append(_row(registry, owner, source, reference, None, origin, author_id))
            continue
        meanings = [meaning for _, meaning in read_reference(reference, registry.namings)]
        keys: list[str | None] = [*keys_of(meanings)] or [None]
        rows += [_row(registry, owner, None, reference, key, origin, author_id) for key in keys]
    return rows


def _row(
    registry: Registry,
    owner: Target,
    source: Target | None,
    reference: str,
    key: str | None,
    origin: str,
    author_id: str | None,
) -> Derivation:
    ends: dict[str, Any] = dict.fromkeys((*_OWNERS.values(), *_SOURCES.values()))
    ends[_OWNERS[owner.entity]] = owner.id
    if source is not None:
        ends[_SOURCES[source.entity]] = source.id
    return Derivation(
        id=registry.new_id(),
        project_id=owner.project_id,
        **ends,
        origin=origin,
        reference=reference,
        key=key,
        author_id=author_id,
        created=registry.clock(),
    )
