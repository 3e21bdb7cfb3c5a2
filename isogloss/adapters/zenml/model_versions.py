"""Models and their versions, as pages show them: what they refer to takes the same statements for any page."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Raw

from isogloss.adapters.call import Call
from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.around import tags_of, users_of
from isogloss.adapters.zenml.filters.models import MODEL_VERSIONS, MODELS
from isogloss.adapters.zenml.model_translate import (
    MODEL,
    MODEL_VERSION,
    lean_model_version,
    model,
    model_version,
)
from isogloss.adapters.zenml.records import Resource
from isogloss.adapters.zenml.translate import Around
from isogloss.core.model import Record
from isogloss.core.ports import Reader
from isogloss.core.registry import editions
from isogloss.core.registry.records import ENTITY

_encode = msgspec.json.Encoder().encode


async def show_models(call: Call, unit: Reader, found: Sequence[Record], hydrate: bool) -> list[wire.Named]:
    """Models by themselves."""
    around = await _around(unit, found)
    newest = await editions.newest_editions(unit, [record.id for record in found])
    return [model(record, around, newest, hydrate=hydrate) for record in found]


async def show_versions(call: Call, unit: Reader, found: Sequence[Record], hydrate: bool) -> list[wire.Named]:
    """Model versions by themselves."""
    around = await _around(unit, found)
    models = await _models_of(unit, found)
    return [model_version(each, models[str(each.parent_id)], around, hydrate=hydrate) for each in found]


async def lean_model_versions(unit: Reader, ids: Iterable[str | None]) -> dict[str, Raw]:
    """The model versions of these ids that exist, encoded as they stand within other things: two statements."""
    wanted = list({each for each in ids if each is not None})
    if not wanted:
        return {}
    found = await unit.find(Record, id=wanted, kind=MODEL_VERSION)
    models = await _models_of(unit, found)
    return {each.id: Raw(_encode(lean_model_version(each, models[str(each.parent_id)]))) for each in found}


async def _around(unit: Reader, found: Sequence[Record]) -> Around:
    return Around(
        users=await users_of(unit, (record.author_id for record in found)),
        tags=await tags_of(unit, ENTITY, [record.id for record in found]),
    )


async def _models_of(unit: Reader, versions: Sequence[Record]) -> dict[str, Record]:
    wanted = list({str(version.parent_id) for version in versions})
    return {record.id: record for record in await unit.find(Record, id=wanted)} if wanted else {}


RESOURCE = Resource(kind=MODEL, shape=MODELS, show=show_models, in_project=True)
VERSION_RESOURCE = Resource(kind=MODEL_VERSION, shape=MODEL_VERSIONS, show=show_versions, in_project=True)
