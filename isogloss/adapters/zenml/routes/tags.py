"""Tags, and what bears them."""

from isogloss.adapters.call import Body, Call, as_uuid, flag
from isogloss.adapters.operations import Read, Route, Write
from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.around import users_of
from isogloss.adapters.zenml.bodies.tags import TagRequest, TagResourceRequest, TagUpdate
from isogloss.adapters.zenml.filters.listing import paged, read_listing
from isogloss.adapters.zenml.filters.tags import TAGS
from isogloss.adapters.zenml.naming import check_named
from isogloss.adapters.zenml.tagging import BEARERS, attach, check_may_be_exclusive, random_colour, things
from isogloss.adapters.zenml.translate import TAG_FIELDS, tag, tag_resource
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.model import Tag
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Operator, Query
from isogloss.core.registry import tags

_CREATE = Body.of(TagRequest)
_UPDATE = Body.of(TagUpdate)
_LINK = Body.of(TagResourceRequest)
_LINKS = Body.of(list[TagResourceRequest])


async def create_tag(call: Call, unit: Writer) -> wire.Named:
    """A new tag."""
    body: TagRequest = _CREATE.read(call)
    check_named("tag", body.name)
    colour = body.color or random_colour()
    made = await tags.create_tag(call.registry, unit, call.caller, body.name, colour, exclusive=body.exclusive)
    return await _read(unit, made, hydrate=True)


async def read_tag(call: Call, unit: Reader) -> wire.Named:
    """One tag by its id or name."""
    require(call.caller, Role.VIEWER)
    return await _read(unit, await _named(call, unit), hydrate=flag(call.query(), "hydrate", True))


async def list_tags(call: Call, unit: Reader) -> wire.Page:
    """A page of tags."""
    require(call.caller, Role.VIEWER)
    asked = read_listing(call.query(), TAGS)
    query = asked.query("tag", (*TAG_FIELDS, "tagged") if asked.hydrate else TAG_FIELDS)
    total = await unit.count(query)
    rows = await unit.rows(query) if total > asked.offset else []
    users = await users_of(unit, (row[4] for row in rows))
    return paged(asked, total, [tag(row, users, hydrate=asked.hydrate) for row in rows])


async def change_tag(call: Call, unit: Writer) -> wire.Named:
    """Change a tag's name, its colour, or whether it is exclusive."""
    body: TagUpdate = _UPDATE.read(call)
    found = await _named(call, unit)
    if body.exclusive and not found.exclusive:
        await check_may_be_exclusive(unit, found)
    changed = await tags.change_tag(
        call.registry,
        unit,
        call.caller,
        found.id,
        name=body.name,
        colour=body.color,
        exclusive=body.exclusive,
    )
    return await _read(unit, changed, hydrate=True)


async def delete_tag(call: Call, unit: Writer) -> None:
    """Delete a tag, off everything that bears it."""
    await tags.delete_tag(call.registry, unit, call.caller, (await _named(call, unit)).id)


async def attach_tag(call: Call, unit: Writer) -> wire.Entity:
    """Put a tag on a thing; the answer is the link, also where it is there already."""
    return (await _attach(call, unit, [_LINK.read(call)]))[0]


async def attach_tags(call: Call, unit: Writer) -> list[wire.Entity]:
    """Put tags on things, all of them or none."""
    return await _attach(call, unit, _LINKS.read(call))


async def detach_tag(call: Call, unit: Writer) -> None:
    """Take a tag off a thing, if it is on it."""
    await _detach(call, unit, [_LINK.read(call)])


async def detach_tags(call: Call, unit: Writer) -> None:
    """Take tags off things."""
    await _detach(call, unit, _LINKS.read(call))


async def _named(call: Call, unit: Reader) -> Tag:
    text = call.path_text("id")
    return await tags.find_tag(unit, as_uuid(text) or text)


async def _read(unit: Reader, found: Tag, *, hydrate: bool) -> wire.Named:
    wanted = Compare("id", Operator.EQ, found.id)
    rows = await unit.rows(Query(source="tag", fields=(*TAG_FIELDS, "tagged"), project_id=None, where=wanted))
    return tag(rows[0], await users_of(unit, [found.author_id]), hydrate=hydrate)


async def _attach(call: Call, unit: Writer, asked: list[TagResourceRequest]) -> list[wire.Entity]:
    require(call.caller, Role.EDITOR)
    borne = {kind: await things(unit, kind, ids) for kind, ids in _by_type(asked).items()}
    known = await _tags(unit, asked)
    links = []
    for each in asked:
        if each.tag_id not in known:
            raise NotFound("tag", each.tag_id)
        link = await attach(call, unit, known[each.tag_id], borne[each.resource_type][each.resource_id])
        links.append(tag_resource(link, each.resource_type))
    return links


async def _detach(call: Call, unit: Writer, asked: list[TagResourceRequest]) -> None:
    known = await _tags(unit, asked)
    for each in asked:
        if each.tag_id in known:
            entity = BEARERS[each.resource_type].entity
            await tags.detach(call.registry, unit, call.caller, known[each.tag_id], entity, each.resource_id)


async def _tags(unit: Reader, asked: list[TagResourceRequest]) -> dict[str, Tag]:
    wanted = list({each.tag_id for each in asked})
    return {found.id: found for found in await unit.find(Tag, id=wanted)} if wanted else {}


def _by_type(asked: list[TagResourceRequest]) -> dict[str, list[str]]:
    by_type: dict[str, list[str]] = {}
    for each in asked:
        by_type.setdefault(each.resource_type, []).append(each.resource_id)
    return by_type


ROUTES: tuple[Route, ...] = (
    Write("POST", "/tags", create_tag),
    Read("GET", "/tags", list_tags),
    Read("GET", "/tags/{id:str}", read_tag),
    Write("PUT", "/tags/{id:str}", change_tag),
    Write("DELETE", "/tags/{id:str}", delete_tag),
    Write("POST", "/tag_resources", attach_tag),
    Write("DELETE", "/tag_resources", detach_tag),
    Write("POST", "/tag_resources/batch", attach_tags),
    Write("DELETE", "/tag_resources/batch", detach_tags),
)
