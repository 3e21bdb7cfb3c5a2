"""Tags of records, as requests put them on and take them off."""

from collections.abc import Sequence

from isogloss.adapters.zenml.call import Call, as_uuid
from isogloss.adapters.zenml.failures import BadValue
from isogloss.adapters.zenml.routes.artifact_versions import random_colour
from isogloss.core.errors import NotFound
from isogloss.core.model import Record, Tag
from isogloss.core.ports import Writer
from isogloss.core.registry import tags
from isogloss.core.registry.records import ENTITY


async def change_tags(
    call: Call, unit: Writer, record: Record, added: Sequence[str] | None, removed: Sequence[str] | None = None
) -> None:
    """Put tags on a record, made where there are none, then take others off; unknown ones to take off are ignored.

    Raises ``BadValue`` for a tag that is exclusive, and ``NotFound`` for one that is named by an id and not there.
    """
    for tag in await _named(call, unit, added or ()):
        if tag.exclusive:
            # The vendor's exclusive tags are for other things.
            raise BadValue(
                f"The tag '{tag.name}' is exclusive: it can not be put on a {record.kind.replace('_', ' ')}."
            )
        await tags.attach(call.registry, unit, call.caller, tag, record)
    if removed:
        for tag in await unit.find(Tag, name=list(dict.fromkeys(removed))):
            await tags.detach(call.registry, unit, call.caller, tag, ENTITY, record.id)


async def _named(call: Call, unit: Writer, given: Sequence[str]) -> list[Tag]:
    """The tags of these names; what looks like an id is one."""
    ids = {each: as_uuid(each) for each in given}
    wanted = [each for each in ids.values() if each is not None]
    found = {tag.id: tag for tag in await unit.find(Tag, id=wanted)} if wanted else {}
    for each in wanted:
        if each not in found:
            raise NotFound("tag", each)
    named = [name for name, tag_id in ids.items() if tag_id is None]
    return [*found.values(), *await tags.ensure_tags(call.registry, unit, call.caller, named, random_colour)]
