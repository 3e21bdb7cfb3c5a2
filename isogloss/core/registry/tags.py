"""Tags: server-wide labels on artifacts, versions, workflows, runs and records."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from msgspec.structs import replace

from isogloss.core.access import Principal, Role, require
from isogloss.core.errors import Conflict, Invalid, NotFound
from isogloss.core.model import Artifact, Record, Run, Tag, TagLink, Tally, Version, Workflow
from isogloss.core.names import check_name, looks_like_id
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry.context import Registry
from isogloss.core.registry.tallies import of_tags

NAME_LENGTH = 255
_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")

Thing: TypeAlias = Artifact | Version | Workflow | Run | Record
"""What may bear a tag."""

ENTITIES: dict[str, type[Thing]] = {
    "artifact": Artifact,
    "version": Version,
    "workflow": Workflow,
    "run": Run,
    "record": Record,
}
"""The things by the names that ``TagLink.entity`` has for them."""

_NAMES: dict[type[Thing], str] = {kind: name for name, kind in ENTITIES.items()}


def check_tag_name(name: str) -> None:
    """Raise ``Invalid`` unless a tag may have this name: 1 to 255 characters, not shaped like a UUID."""
    check_name("tag", name)
    if not 1 <= len(name) <= NAME_LENGTH:
        raise Invalid("tag", f"must have 1 to {NAME_LENGTH} characters, this has {len(name)}")
    if _UUID.fullmatch(name):
        raise Invalid("tag", "must not look like a UUID, since tags are also looked up by id")


async def create_tag(
    registry: Registry, unit: Writer, caller: Principal, name: str, colour: str, *, exclusive: bool = False
) -> Tag:
    """Make a tag. Raises ``Denied``, ``Invalid``, and ``Conflict`` for a name that is taken."""
    require(caller, Role.EDITOR)
    check_tag_name(name)
    tag = _new(registry, caller, name, colour, exclusive)
    if not await unit.add_if_absent(tag):
        raise Conflict(f"A tag named {name!r} exists already.")
    return tag


async def find_tag(unit: Reader, reference: str) -> Tag:
    """The tag of this id or name. Raises ``NotFound``."""
    found = None
    if looks_like_id(reference):
        found = await unit.get(Tag, id=reference)
    found = found or await unit.get(Tag, name=reference)
    if found is None:
        raise NotFound("tag", reference)
    return found


async def get_tag_by_name(unit: Reader, name: str) -> Tag | None:
    """The tag of this name, if there is one."""
    return await unit.get(Tag, name=name)


async def change_tag(
    registry: Registry,
    unit: Writer,
    caller: Principal,
    tag_id: str,
    *,
    name: str | None = None,
    colour: str | None = None,
    exclusive: bool | None = None,
) -> Tag:
    """Change what is given of a tag; answers it as it then is.

    Raises ``Denied``, ``NotFound``, ``Conflict`` for a name that is taken, and ``Invalid`` for one that is none, and
    for a tag that cannot become exclusive since two things in one scope bear it.
    """
    require(caller, Role.EDITOR)
    tag = await unit.lock(Tag, id=tag_id)
    if tag is None:
        raise NotFound("tag", tag_id)
    changes: dict[str, Any] = {"updated": max(registry.clock(), tag.updated + 1)}
    if name is not None and name != tag.name:
        check_tag_name(name)
        if await unit.get(Tag, name=name) is not None:
            raise Conflict(f"A tag named {name!r} exists already.")
        changes["name"] = name
    if colour is not None:
        changes["colour"] = colour
    if exclusive is not None:
        if exclusive and not tag.exclusive:
            await _check_alone(unit, tag)
        changes["exclusive"] = exclusive
    await unit.change(Tag, {"id": tag.id}, **changes)
    return replace(tag, **changes)


async def delete_tag(registry: Registry, unit: Writer, caller: Principal, tag_id: str) -> None:
    """Delete a tag, off everything that bears it. Raises ``Denied`` and ``NotFound``."""
    require(caller, Role.EDITOR)
    if await unit.lock(Tag, id=tag_id) is None:
        raise NotFound("tag", tag_id)
    await unit.remove(TagLink, tag_id=tag_id)
    # Nobody asks again how much bears it.
    await unit.remove(Tally, subject=tag_id)
    await unit.remove(Tag, id=tag_id)


async def _check_alone(unit: Writer, tag: Tag) -> None:
    """Raise ``Invalid`` if two things in one scope bear the tag."""
    borne: dict[str, list[str]] = {}
    for link in await unit.find(TagLink, tag_id=tag.id):
        borne.setdefault(link.entity, []).append(link.entity_id)
    for entity, ids in borne.items():
        scopes = Counter(scope_of(thing) for thing in await unit.find(ENTITIES[entity], id=ids))
        crowded = sum(count > 1 for scope, count in scopes.items() if scope is not None)
        if crowded:
            raise Invalid(
                "exclusive",
                f"the tag {tag.name!r} cannot be, as {crowded} scopes have several {entity}s that bear it;"
                " take it off all but one of each first",
            )


async def ensure_tags(
    registry: Registry, unit: Writer, caller: Principal, names: Iterable[str], colour: Callable[[], str]
) -> list[Tag]:
    """The tags of these names, in their order and each once; those that do not exist are made, in a colour given.

    Raises ``Denied``, and ``Invalid`` for a name that is none.
    """
    require(caller, Role.EDITOR)
    wanted = list(dict.fromkeys(names))
    if not wanted:
        return []
    found = {tag.name: tag for tag in await unit.find(Tag, name=wanted)}
    for name in wanted:
        if name in found:
            continue
        check_tag_name(name)
        new = _new(registry, caller, name, colour(), exclusive=False)
        if not await unit.add_if_absent(new):
            # Somebody else made it since we looked.
            made = await unit.get(Tag, name=name)
            if made is None:
                raise Conflict(f"The tag {name!r} was made and deleted at the same time; try again.")
            new = made
        found[name] = new
    return [found[name] for name in wanted]


async def attach(registry: Registry, unit: Writer, caller: Principal, tag: Tag, thing: Thing) -> TagLink:
    """Put a tag on a thing; once more changes nothing, and answers the link that is there.

    An exclusive tag leaves the thing's siblings.
    Siblings are the versions of one artifact, the artifacts of one project, the runs of one workflow, the workflows of
    one project, the records of one parent, or of one project where they have none. Raises ``Denied``.
    """
    require(caller, Role.EDITOR)
    entity = entity_of(thing)
    # Before the tag is locked: who holds a version locked may lock the tag next.
    await mark_tagged(unit, [thing])
    if tag.exclusive:
        # Two at once would each leave the other's link, so they take turns.
        await unit.lock(Tag, id=tag.id)
        await _leave_siblings(registry, unit, tag, entity, thing)
    link = TagLink(
        tag_id=tag.id,
        entity=entity,
        entity_id=thing.id,
        project_id=thing.project_id,
        scope_id=scope_of(thing),
        kind=thing.kind if isinstance(thing, Artifact | Version) else "",
        at=thing.created,
        created=registry.clock(),
    )
    if await unit.add_if_absent(link):
        await unit.add(*of_tags(registry, [link], 1))
        return link
    kept = await unit.get(TagLink, tag_id=tag.id, entity=entity, entity_id=thing.id)
    if kept is None:
        raise Conflict("The tag was put on and taken off at the same time; try again.")
    return kept


async def mark_tagged(unit: Writer, things: Iterable[Thing]) -> None:
    """Note of those things that are versions that tags are put on them, where that is not known."""
    ids = sorted({thing.id for thing in things if isinstance(thing, Version) and not thing.tagged})
    if ids:
        await unit.change(Version, {"id": ids}, tagged=True)


async def attach_all(registry: Registry, unit: Writer, caller: Principal, tags: Iterable[Tag], thing: Thing) -> None:
    """Put several tags on a thing, as ``attach`` does one."""
    for tag in tags:
        await attach(registry, unit, caller, tag, thing)
        if isinstance(thing, Version):
            # It was marked with the first.
            thing = replace(thing, tagged=True)


async def attach_to_one(
    registry: Registry, unit: Writer, caller: Principal, tags: Sequence[Tag], version: Version, *, force: bool
) -> None:
    """Put tags on a version of a locked artifact, each of which may be on no other of its versions.

    With ``force`` they move from there; without it that raises ``Conflict``, and nothing changes. Raises ``Denied``.
    """
    require(caller, Role.EDITOR)
    for tag in tags:
        others = await _on_siblings(unit, tag, "version", version)
        if others and not force:
            [holder] = await unit.find(Version, id=others[0].entity_id)
            raise Conflict(
                f"The tag {tag.name!r} is on version {holder.ordinal} already; say force to move it to "
                f"version {version.ordinal}."
            )
        await _remove(registry, unit, tag.id, "version", others)
    await attach_all(registry, unit, caller, tags, version)


async def detach(registry: Registry, unit: Writer, caller: Principal, tag: Tag, entity: str, entity_id: str) -> bool:
    """Take a tag off a thing; tells whether it was on it. Raises ``Denied``."""
    require(caller, Role.EDITOR)
    links = await unit.find(TagLink, tag_id=tag.id, entity=entity, entity_id=entity_id)
    await _remove(registry, unit, tag.id, entity, links)
    return bool(links)


async def remove_links(registry: Registry, unit: Writer, entity: str, entity_ids: list[str]) -> None:
    """Take every tag off things that go."""
    links = await unit.find(TagLink, entity=entity, entity_id=entity_ids)
    if links:
        await unit.remove(TagLink, entity=entity, entity_id=entity_ids)
        await unit.add(*of_tags(registry, links, -1))


async def thing_of(unit: Writer, entity: str, entity_id: str) -> Thing:
    """The thing that a tag is to be put on. Raises ``NotFound``."""
    found = await unit.get(ENTITIES[entity], id=entity_id)
    if found is None:
        raise NotFound(entity, entity_id)
    return found


def entity_of(thing: Thing) -> str:
    """What ``TagLink.entity`` calls a thing."""
    return _NAMES[type(thing)]


def scope_of(thing: Thing) -> str | None:
    """Within what an exclusive tag sits on one thing only."""
    match thing:
        case Version():
            return thing.artifact_id
        case Run():
            return thing.workflow_id
        case Record():
            return thing.parent_id or thing.project_id
        case Artifact() | Workflow():
            return thing.project_id


async def _leave_siblings(registry: Registry, unit: Writer, tag: Tag, entity: str, thing: Thing) -> None:
    """Take the tag off everything else in the thing's scope."""
    await _remove(registry, unit, tag.id, entity, await _on_siblings(unit, tag, entity, thing))


async def _on_siblings(unit: Writer, tag: Tag, entity: str, thing: Thing) -> list[TagLink]:
    """The links by which everything else in the thing's scope bears a tag."""
    links = await unit.find(TagLink, tag_id=tag.id, entity=entity, scope_id=scope_of(thing))
    return [link for link in links if link.entity_id != thing.id]


async def _remove(registry: Registry, unit: Writer, tag_id: str, entity: str, links: Sequence[TagLink]) -> None:
    if links:
        await unit.remove(TagLink, tag_id=tag_id, entity=entity, entity_id=[link.entity_id for link in links])
        await unit.add(*of_tags(registry, links, -1))


def _new(registry: Registry, caller: Principal, name: str, colour: str, exclusive: bool) -> Tag:
    now = registry.clock()
    return Tag(
        id=registry.new_id(),
        name=name,
        colour=colour,
        exclusive=exclusive,
        author_id=caller.user_id,
        created=now,
        updated=now,
    )
