"""Tags: server-wide labels on artifacts, versions, workflows and runs."""

import re

from isogloss.core.access import Principal, Role, require
from isogloss.core.errors import Conflict, Invalid, NotFound
from isogloss.core.model import Artifact, Run, Tag, TagLink, Version, Workflow
from isogloss.core.names import check_name
from isogloss.core.ports import Writer
from isogloss.core.registry.context import Registry

NAME_LENGTH = 255
_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_TAGGED: dict[str, type[Artifact] | type[Version] | type[Workflow] | type[Run]] = {
    "artifact": Artifact,
    "version": Version,
    "workflow": Workflow,
    "run": Run,
}


def check_tag_name(name: str) -> None:
    """Raise ``Invalid`` unless a tag may have this name: 1 to 255 characters, not shaped like a UUID."""
    check_name("tag", name)
    if not 1 <= len(name) <= NAME_LENGTH:
        raise Invalid("tag", f"must have 1 to {NAME_LENGTH} characters, this has {len(name)}")
    if _UUID.fullmatch(name):
        raise Invalid("tag", "must not look like a UUID, since tags are also looked up by id")


async def create_tag(registry: Registry, caller: Principal, name: str, colour: str, exclusive: bool = False) -> Tag:
    """Make a tag. Raises ``Denied``, ``Invalid``, and ``Conflict`` for a name that is taken."""
    require(caller, Role.EDITOR)
    check_tag_name(name)

    async def work(unit: Writer) -> Tag:
        now = registry.clock()
        tag = Tag(
            id=registry.new_id(),
            name=name,
            colour=colour,
            exclusive=exclusive,
            author_id=caller.user_id,
            created=now,
            updated=now,
        )
        if not await unit.add_if_absent(tag):
            raise Conflict(f"A tag named {name!r} exists already.")
        return tag

    return await registry.store.write(work)


async def attach(registry: Registry, caller: Principal, tag_name: str, entity: str, entity_id: str) -> None:
    """Put a tag on a thing; once more changes nothing. An exclusive tag leaves the thing's siblings.

    Siblings are the versions of one artifact, the artifacts of one project, the runs of one workflow, the workflows of
    one project. Raises ``Denied``, and ``NotFound`` for an unknown tag or thing.
    """
    require(caller, Role.EDITOR)

    async def work(unit: Writer) -> None:
        tag = await unit.lock(Tag, name=tag_name)
        if tag is None:
            raise NotFound("tag", tag_name)
        thing = await unit.get(_TAGGED[entity], id=entity_id)
        if thing is None:
            raise NotFound(entity, entity_id)
        if tag.exclusive:
            await _leave_siblings(unit, tag, entity, thing)
        link = TagLink(tag_id=tag.id, entity=entity, entity_id=entity_id, created=registry.clock())
        await unit.add_if_absent(link)

    await registry.store.write(work)


async def detach(registry: Registry, caller: Principal, tag_name: str, entity: str, entity_id: str) -> None:
    """Take a tag off a thing; one that is not there, or does not exist, is no error. Raises ``Denied``."""
    require(caller, Role.EDITOR)

    async def work(unit: Writer) -> None:
        tag = await unit.get(Tag, name=tag_name)
        if tag is not None:
            await unit.remove(TagLink, tag_id=tag.id, entity=entity, entity_id=entity_id)

    await registry.store.write(work)


async def _leave_siblings(unit: Writer, tag: Tag, entity: str, thing: Artifact | Version | Workflow | Run) -> None:
    """Take the tag off everything else in the thing's scope."""
    linked = [link.entity_id for link in await unit.find(TagLink, tag_id=tag.id, entity=entity)]
    if not linked:
        return
    others = await unit.find(_TAGGED[entity], id=linked)
    leaving = [other.id for other in others if other.id != thing.id and _scope(other) == _scope(thing)]
    if leaving:
        await unit.remove(TagLink, tag_id=tag.id, entity=entity, entity_id=leaving)


def _scope(thing: Artifact | Version | Workflow | Run) -> str | None:
    match thing:
        case Version():
            return thing.artifact_id
        case Run():
            return thing.workflow_id
        case Artifact() | Workflow():
            return thing.project_id
