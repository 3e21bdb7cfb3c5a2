"""Flavors: those that the client brings along, and those that somebody registered."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import asdict, replace

from isogloss.adapters.call import Body, Call, flag
from isogloss.adapters.operations import Read, Route, Write
from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.around import users_of
from isogloss.adapters.zenml.bodies.stacks import FlavorRequest, FlavorUpdate
from isogloss.adapters.zenml.failures import Absent, Forbidden
from isogloss.adapters.zenml.filters.listing import paged, read_listing
from isogloss.adapters.zenml.filters.stacks import FLAVORS
from isogloss.adapters.zenml.flavors import BUILT_IN, BUILT_IN_BY_ID, BUILT_IN_BY_KEY, Flavor, unknown
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.records import checked_name, raw
from isogloss.adapters.zenml.stack_translate import (
    COMPONENT,
    FLAVOR,
    FlavorFacet,
    custom_flavor,
    dated,
    facet_text,
    flavor,
    flavor_facet,
    type_key,
)
from isogloss.adapters.zenml.translate import lean_user
from isogloss.core.errors import Conflict
from isogloss.core.model import Record, User
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Has, Operator, Query, Row, all_of, evaluate
from isogloss.core.registry import records
from isogloss.core.registry.records import RecordDraft

_CREATE = Body.of(FlavorRequest)
_UPDATE = Body.of(FlavorUpdate)

Key = tuple[str, str]
"""Type and name of a flavor."""


async def create_flavor(call: Call, unit: Writer) -> wire.Named:
    """A flavor of somebody's own."""
    body: FlavorRequest = _CREATE.read(call)
    name = checked_name("flavor", body.name)
    _refuse_taken((body.type, name))
    facet = FlavorFacet(**body.model_dump(exclude={"name", "config_schema"}), config_schema=raw(body.config_schema))
    draft = RecordDraft(dialect=DIALECT, kind=FLAVOR, key=type_key(body.type, name), name=name, body=facet_text(facet))
    made = await records.create_record(call.registry, unit, call.caller, draft)
    return await _show(call, unit, custom_flavor(made), hydrate=True)


async def list_flavors(call: Call, unit: Reader) -> wire.Page:
    """A page of all flavors. There are few of them, and most are constants, so that they are sorted out here."""
    asked = read_listing(call.query(), FLAVORS)
    custom = map(custom_flavor, await unit.find(Record, dialect=DIALECT, kind=FLAVOR))
    everyone = {each.id: each for each in _dated(call, [*BUILT_IN, *custom])}
    ids = list({each.author_id for each in everyone.values() if each.author_id is not None})
    authors = {user.id: user for user in await unit.find(User, id=ids)} if ids else {}

    def related(row: Row, relation: str) -> list[Row]:
        user = authors.get(row["author_id"])
        return [] if user is None else [asdict(user)]

    rows = [_row(each, authors) for each in everyone.values()]
    found = [row for row in rows if evaluate(asked.where, row, related)]
    found.sort(key=lambda row: _place(row, asked.sort.field), reverse=asked.sort.descending)
    shown = [everyone[row["id"]] for row in found[asked.offset : asked.offset + asked.size]]
    users = {user.id: lean_user(user) for user in authors.values()}
    return paged(asked, len(found), [flavor(each, users, hydrate=asked.hydrate) for each in shown])


async def read_flavor(call: Call, unit: Reader) -> wire.Named:
    """One flavor by its id."""
    flavor_id = call.path_id("id")
    found = BUILT_IN_BY_ID.get(flavor_id)
    if found is None:
        found = custom_flavor(await records.get_record(unit, call.caller, DIALECT, FLAVOR, flavor_id))
    return await _show(call, unit, found, hydrate=flag(call.query(), "hydrate", True))


async def update_flavor(call: Call, unit: Writer) -> wire.Named:
    """A flavor of somebody's own, changed."""
    body: FlavorUpdate = _UPDATE.read(call)
    record = await _lock_custom(call, unit)
    kept = flavor_facet(record.body)
    given = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
    name = checked_name("flavor", given.pop("name", record.name))
    if "config_schema" in given:
        given["config_schema"] = raw(given["config_schema"])
    facet: FlavorFacet = replace(kept, **given)
    if (facet.type, name) != (kept.type, record.name):
        _refuse_taken((facet.type, name))
        await _refuse_used(unit, kept.type, record.name or "", "renamed")
    changed = await records.change_record(
        call.registry, unit, record, key=type_key(facet.type, name), name=name, body=facet_text(facet)
    )
    return await _show(call, unit, custom_flavor(changed), hydrate=True)


async def delete_flavor(call: Call, unit: Writer) -> None:
    """A flavor of somebody's own, removed; refused as long as a component is of it."""
    record = await _lock_custom(call, unit)
    await _refuse_used(unit, flavor_facet(record.body).type, record.name or "", "deleted")
    await records.remove_records(call.registry, unit, call.caller, [record])


async def sync_flavors(call: Call, unit: Reader) -> None:
    """Nothing to do: what the client brings along is never out of date here."""


async def flavors_of(call: Call, unit: Reader, keys: Iterable[Key]) -> dict[Key, Flavor]:
    """The flavors of these types and names: at most one statement."""
    wanted = set(keys)
    custom = [type_key(*key) for key in wanted if key not in BUILT_IN_BY_KEY]
    records_found = await unit.find(Record, dialect=DIALECT, kind=FLAVOR, key=custom) if custom else []
    registered = {(each.type, each.name): each for each in map(custom_flavor, records_found)}
    found = [BUILT_IN_BY_KEY.get(key) or registered.get(key) or unknown(*key) for key in wanted]
    return {(each.type, each.name): each for each in _dated(call, found)}


async def require_flavor(call: Call, unit: Writer, key: Key) -> None:
    """See that a flavor is there, and that nobody removes it before the unit ends. Raises ``Absent``."""
    if key in BUILT_IN_BY_KEY:
        return
    if await unit.lock(Record, dialect=DIALECT, kind=FLAVOR, key=type_key(*key)) is None:
        raise Absent(f"No flavor with name '{key[1]}' and type '{key[0]}' exists.")


def _row(given: Flavor, authors: Mapping[str, User]) -> Row:
    """A flavor as a row that conditions and sorts look at."""
    user = authors.get(given.author_id or "")
    return asdict(given) | {"author": None if user is None else user.name}


def _place(row: Row, field: str) -> tuple[bool, Any, str]:
    """Where a row stands in an order: nulls first, ties by id."""
    return row[field] is not None, row[field] or "", row["id"]


def _dated(call: Call, given: Iterable[Flavor]) -> list[Flavor]:
    since = call.registry.default_project.created
    return [dated(each, since) for each in given]


async def _show(call: Call, unit: Reader, given: Flavor, *, hydrate: bool) -> wire.Named:
    return flavor(_dated(call, [given])[0], await users_of(unit, [given.author_id]), hydrate=hydrate)


async def _lock_custom(call: Call, unit: Writer) -> Record:
    flavor_id = call.path_id("id")
    if flavor_id in BUILT_IN_BY_ID:
        raise Forbidden(f"The flavor `{BUILT_IN_BY_ID[flavor_id].name}` comes with ZenML and cannot be changed.")
    return await records.lock_record(unit, call.caller, DIALECT, FLAVOR, flavor_id)


def _refuse_taken(key: Key) -> None:
    if key in BUILT_IN_BY_KEY:
        raise Conflict(f"A flavor of the type {key[0]!r} and with the name {key[1]!r} exists already.")


async def _refuse_used(unit: Reader, component_type: str, name: str, change: str) -> None:
    """A component without its flavor could not be shown."""
    used = await unit.count(
        Query(
            source="record",
            fields=("id",),
            project_id=None,
            where=all_of(
                Compare("dialect", Operator.EQ, DIALECT),
                Compare("kind", Operator.EQ, COMPONENT),
                _property("type", component_type),
                _property("flavor", name),
            ),
        )
    )
    if used:
        raise Forbidden(f"The flavor `{name}` cannot be {change}: {used} components are of it. Delete them first.")


def _property(name: str, value: str) -> Has:
    return Has("property", all_of(Compare("name", Operator.EQ, name), Compare("value", Operator.EQ, value)))


ROUTES: tuple[Route, ...] = (
    Write("POST", "/flavors", create_flavor),
    Read("GET", "/flavors", list_flavors),
    Read("PATCH", "/flavors/sync", sync_flavors),
    Read("GET", "/flavors/{id:str}", read_flavor),
    Write("PUT", "/flavors/{id:str}", update_flavor),
    Write("DELETE", "/flavors/{id:str}", delete_flavor),
)
