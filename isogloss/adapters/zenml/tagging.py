"""What ZenML puts tags on, what it calls that, and where a tag may be exclusive."""

import random
from collections.abc import Iterable, Sequence

from msgspec import Struct

from isogloss.adapters.call import Call, as_uuid
from isogloss.adapters.zenml import kinds
from isogloss.adapters.zenml.bodies.runs import TagGiven
from isogloss.adapters.zenml.failures import Absent, BadValue
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.core.model import Artifact, Record, Run, Tag, TagLink, Version, Workflow
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Has, Operator, Query, Where, all_of, any_of
from isogloss.core.registry import tags
from isogloss.core.registry.tags import Thing


class Bearer(Struct, frozen=True):
    """A type of thing that bears tags: the core's name for it and, of records, their kind.

    ``scoped`` tells that an exclusive tag may be put on it; ``exclusive_later``, that a tag on such may become so.
    """

    entity: str
    kind: str | None = None
    scoped: bool = False
    exclusive_later: bool = False


BEARERS = {
    "artifact": Bearer("artifact"),
    "artifact_version": Bearer("version", scoped=True, exclusive_later=True),
    "model": Bearer("record", "model"),
    "model_version": Bearer("record", "model_version"),
    "pipeline": Bearer("workflow"),
    "pipeline_run": Bearer("run", scoped=True, exclusive_later=True),
    "run_template": Bearer("record", "run_template", scoped=True, exclusive_later=True),
    "pipeline_snapshot": Bearer("record", "pipeline_snapshot", scoped=True, exclusive_later=True),
    "deployment": Bearer("record", "deployment", scoped=True),
}
"""The vendor's types by its names for them."""


async def attach_given(call: Call, unit: Writer, given: Sequence[str | TagGiven] | None, thing: Thing) -> None:
    """As ``attach_named``; a tag that is given with more than its name is made with that, unless it exists."""
    for each in given or ():
        if isinstance(each, TagGiven) and as_uuid(each.name) is None and await unit.get(Tag, name=each.name) is None:
            colour = each.color if each.color in kinds.COLOURS else random_colour()
            exclusive = bool(each.exclusive)
            await tags.create_tag(call.registry, unit, call.caller, each.name, colour, exclusive=exclusive)
    await attach_named(call, unit, [each if isinstance(each, str) else each.name for each in given or ()], thing)


async def attach_named(call: Call, unit: Writer, given: Sequence[str] | None, thing: Thing) -> None:
    """Put tags on a thing by their names, or ids written as UUIDs; names that no tag has yet become tags.

    Raises ``NotFound`` for an id, ``Invalid`` for a name that is none, and ``BadValue`` for an exclusive tag on a thing
    without a scope.
    """
    wanted = await _named(call, unit, given or ())
    for tag in wanted:
        _check_scoped(tag, thing)
    await tags.attach_all(call.registry, unit, call.caller, wanted, thing)


async def detach_named(call: Call, unit: Writer, given: Sequence[str] | None, thing: Thing) -> None:
    """Take tags off a thing by their names or ids; those that do not exist are passed over."""
    names = list(dict.fromkeys(given or ()))
    if not names:
        return
    ids = [found for found in map(as_uuid, names) if found is not None]
    by_name = await unit.find(Tag, name=names)
    by_id = await unit.find(Tag, id=ids) if ids else []
    for tag in (*by_name, *by_id):
        await tags.detach(call.registry, unit, call.caller, tag, tags.entity_of(thing), thing.id)


async def attach(call: Call, unit: Writer, tag: Tag, thing: Thing) -> TagLink:
    """Put a tag on a thing. Raises ``BadValue`` for an exclusive tag on a thing without a scope."""
    _check_scoped(tag, thing)
    return await tags.attach(call.registry, unit, call.caller, tag, thing)


async def things(unit: Reader, kind: str, ids: Iterable[str]) -> dict[str, Thing]:
    """The things of one of the vendor's types by their ids. Raises ``Absent`` if one of them does not exist."""
    wanted = list(dict.fromkeys(ids))
    found = {thing.id: thing for thing in await unit.find(tags.ENTITIES[BEARERS[kind].entity], id=wanted)}
    for thing_id in wanted:
        if thing_id not in found or not _is_of(kind, found[thing_id]):
            raise Absent(f"{kind} with ID `{thing_id}` not found.")
    return found


async def check_may_be_exclusive(unit: Reader, tag: Tag) -> None:
    """Raise ``BadValue`` if a tag is on something that no exclusive tag may be on."""
    others = any_of(*(bears(kind) for kind, bearer in BEARERS.items() if not bearer.exclusive_later))
    where = all_of(Compare("id", Operator.EQ, tag.id), others)
    if await unit.count(Query(source="tag", fields=(), project_id=None, where=where)):
        allowed = ", ".join(name for name, bearer in BEARERS.items() if bearer.exclusive_later)
        raise BadValue(
            f"The tag {tag.name!r} cannot be made exclusive, since it is on things of other types than {allowed}."
        )


def bears(kind: str) -> Where:
    """What holds of a tag that is on something of a type."""
    bearer = BEARERS[kind]
    entity = Compare("entity", Operator.EQ, bearer.entity)
    if bearer.kind is None:
        return Has("link", entity)
    return Has("link", all_of(entity, Has("record", Compare("kind", Operator.EQ, bearer.kind))))


def random_colour() -> str:
    """The colour of a tag that nobody chose one for."""
    return random.choice(kinds.COLOURS)  # noqa: S311 - no secret depends on it


async def _named(call: Call, unit: Writer, given: Sequence[str]) -> list[Tag]:
    ids = {text: found for text in given if (found := as_uuid(text)) is not None}
    by_id = {tag.id: tag for tag in await unit.find(Tag, id=list(ids.values()))} if ids else {}
    names = [text for text in given if text not in ids]
    by_name = {tag.name: tag for tag in await tags.ensure_tags(call.registry, unit, call.caller, names, random_colour)}
    for tag_id in ids.values():
        if tag_id not in by_id:
            raise Absent(f"Unable to get tag with ID '{tag_id}': No tag with this ID found")
    return [by_id[ids[text]] if text in ids else by_name[text] for text in dict.fromkeys(given)]


def _check_scoped(tag: Tag, thing: Thing) -> None:
    if tag.exclusive and not BEARERS[_type_of(thing)].scoped:
        scoped = ", ".join(name for name, bearer in BEARERS.items() if bearer.scoped)
        raise BadValue(
            f"The exclusive tag {tag.name!r} cannot be put on the {_type_of(thing)} with ID '{thing.id}':"
            f" exclusive tags go on {scoped} only."
        )


def _type_of(thing: Thing) -> str:
    entity = tags.entity_of(thing)
    return next(
        name
        for name, bearer in BEARERS.items()
        if bearer.entity == entity and bearer.kind == (thing.kind if isinstance(thing, Record) else None)
    )


def _is_of(kind: str, thing: Thing) -> bool:
    match thing:
        case Artifact() | Version():
            return not thing.internal
        case Run():
            return (thing.dialect, thing.role) == (DIALECT, "run")
        case Workflow():
            return (thing.dialect, thing.role) == (DIALECT, "workflow")
        case Record():
            return (thing.dialect, thing.kind) == (DIALECT, BEARERS[kind].kind)
