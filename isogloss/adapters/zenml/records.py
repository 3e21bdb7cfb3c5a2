"""Resources that are the core's records: what their lists, reads and removals have in common.

A resource's own module says how its records are found and shown, and what its writes do.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from msgspec import Raw, Struct

from isogloss.adapters.call import Call, dump, flag
from isogloss.adapters.operations import Read, Route, Write
from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.failures import BadValue
from isogloss.adapters.zenml.filters.listing import Shape, paged, read_listing
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.projects import project_of
from isogloss.core.model import Record
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import EVERYTHING, Compare, Operator, Where
from isogloss.core.registry import records

_FIELDS = Record.__struct_fields__

# What the vendor keeps out of names.
_FORBIDDEN = "\t\n\r\v\f"

Show: TypeAlias = Callable[[Call, Reader, Sequence[Record], bool], Awaitable[list[Any]]]
"""Shows the records of a page, hydrated or not, in a number of statements that is always the same."""


class Resource(Struct, frozen=True, kw_only=True):
    """A kind of record: what its lists may be asked, and how it is shown.

    ``in_project`` tells that each belongs to a project, and not to the server. ``scope`` is what a query narrows a list
    to whatever else it asks for, and however it joins that.
    """

    kind: str
    shape: Shape
    show: Show
    in_project: bool
    scope: Callable[[Mapping[str, list[str]]], Where] = lambda given: EVERYTHING


async def list_page(call: Call, unit: Reader, resource: Resource) -> wire.Page:
    """The page of a list that a query asks for."""
    given = call.query()
    asked = read_listing(given, resource.shape)
    project_id = (await project_of(unit, call, given)).id if resource.in_project else None
    query = asked.query(
        "record",
        _FIELDS,
        project_id,
        Compare("dialect", Operator.EQ, DIALECT),
        Compare("kind", Operator.EQ, resource.kind),
        resource.scope(given),
    )
    total = await unit.count(query)
    found = [_record(row) for row in await unit.rows(query)] if total else []
    return paged(asked, total, await resource.show(call, unit, found, asked.hydrate))


def _record(row: tuple[Any, ...]) -> Record:
    return Record(**dict(zip(_FIELDS, row, strict=True)))


async def show_one(call: Call, unit: Reader, resource: Resource, record: Record, *, hydrate: bool = True) -> Any:
    """One record by itself."""
    return (await resource.show(call, unit, [record], hydrate))[0]


async def lock(call: Call, unit: Writer, resource: Resource) -> Record:
    """The record that the path names, locked. Raises ``NotFound``."""
    return await records.lock_record(unit, call.caller, DIALECT, resource.kind, call.path_id("id"))


async def remove(call: Call, unit: Writer, record: Record) -> None:
    """Remove a locked record with all that hangs on it."""
    await records.remove_records(call.registry, unit, call.caller, [record])


def reads(path: str, resource: Resource) -> tuple[Route, ...]:
    """The list of a resource and the read of one."""

    async def list_records(call: Call, unit: Reader) -> wire.Page:
        return await list_page(call, unit, resource)

    async def read_record(call: Call, unit: Reader) -> Any:
        found = await records.get_record(unit, call.caller, DIALECT, resource.kind, call.path_id("id"))
        return await show_one(call, unit, resource, found, hydrate=flag(call.query(), "hydrate", True))

    return Read("GET", path, list_records), Read("GET", f"{path}/{{id:str}}", read_record)


def removes(path: str, resource: Resource) -> tuple[Route, ...]:
    """The removal of one, whatever refers to it."""

    async def remove_record(call: Call, unit: Writer) -> None:
        await remove(call, unit, await lock(call, unit, resource))

    return (Write("DELETE", f"{path}/{{id:str}}", remove_record),)


def raw(value: Any) -> Raw:
    """A value as it is kept within a record's body."""
    return Raw(dump(value).encode())


def checked_name(noun: str, name: str | None) -> str:
    """The name itself, if it can be one. Raises ``BadValue``."""
    if not name:
        raise BadValue(f"The name of the {noun} must not be empty.")
    found = sorted(set(name) & set(_FORBIDDEN))
    if found:
        raise BadValue(f"The name `{name}` of the {noun} has characters that no name may have: {found}.")
    return name
