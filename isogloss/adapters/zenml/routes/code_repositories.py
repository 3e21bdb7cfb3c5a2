"""Code repositories: clients ask for them before each run of a pipeline."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from isogloss.adapters.call import Body, Call
from isogloss.adapters.operations import Route, Write
from isogloss.adapters.zenml.around import users_of
from isogloss.adapters.zenml.bodies.code_repositories import CodeRepositoryRequest, CodeRepositoryUpdate
from isogloss.adapters.zenml.code_repository_translate import (
    REPOSITORY,
    RepositoryFacet,
    repository,
    repository_facet,
    repository_key,
)
from isogloss.adapters.zenml.filters.listing import Shape
from isogloss.adapters.zenml.filters.records import COMMON, COMMON_SORTS
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.records import Resource, checked_name, lock, raw, reads, removes, show_one
from isogloss.core.model import Record
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import records
from isogloss.core.registry.projects import find_project
from isogloss.core.registry.records import RecordDraft

_CREATE = Body.of(CodeRepositoryRequest)
_UPDATE = Body.of(CodeRepositoryUpdate)

_encode = msgspec.json.Encoder().encode


async def create_repository(call: Call, unit: Writer) -> Any:
    """A new code repository."""
    body: CodeRepositoryRequest = _CREATE.read(call)
    project = await find_project(unit, body.project)
    name = checked_name("code repository", body.name)
    facet = RepositoryFacet(
        config=raw(body.config),
        source=raw(body.source.model_dump(exclude_none=True)),
        logo_url=body.logo_url,
        description=body.description,
    )
    draft = RecordDraft(
        dialect=DIALECT,
        kind=REPOSITORY,
        project_id=project.id,
        key=repository_key(project.id, name),
        name=name,
        body=_encode(facet).decode(),
    )
    return await show_one(call, unit, RESOURCE, await records.create_record(call.registry, unit, call.caller, draft))


async def update_repository(call: Call, unit: Writer) -> Any:
    """A code repository, changed."""
    body: CodeRepositoryUpdate = _UPDATE.read(call)
    record = await lock(call, unit, RESOURCE)
    facet, given = repository_facet(record.body), body.model_fields_set
    if body.config is not None:
        facet = replace(facet, config=raw(body.config))
    if body.source is not None:
        facet = replace(facet, source=raw(body.source.model_dump(exclude_none=True)))
    if "logo_url" in given:
        facet = replace(facet, logo_url=body.logo_url)
    if "description" in given:
        facet = replace(facet, description=body.description)
    name = checked_name("code repository", body.name) if body.name is not None else record.name or ""
    changed = await records.change_record(
        call.registry,
        unit,
        record,
        key=repository_key(record.project_id or "", name),
        name=name,
        body=_encode(facet).decode(),
    )
    return await show_one(call, unit, RESOURCE, changed)


async def _show(call: Call, unit: Reader, found: Sequence[Record], hydrate: bool) -> list[Any]:
    users = await users_of(unit, (record.author_id for record in found))
    return [repository(record, users.get(record.author_id or ""), hydrate=hydrate) for record in found]


RESOURCE = Resource(kind=REPOSITORY, shape=Shape(filters=COMMON, sorts=COMMON_SORTS), show=_show, in_project=True)

ROUTES: tuple[Route, ...] = (
    *reads("/code_repositories", RESOURCE),
    Write("POST", "/code_repositories", create_repository),
    Write("PUT", "/code_repositories/{id:str}", update_repository),
    *removes("/code_repositories", RESOURCE),
)
