"""Inline data laid out as files in the shared place, for clients that open the content of a version themselves.

That is the only write that a read may cause. What is laid out is first noted as bytes that go, and struck off in the
transaction by which a version says where they lie: so whatever fails on the way, nothing stays that belongs to nobody,
and no version leads to files that are not there.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from isogloss.core.model import Discard, Json, Version
from isogloss.core.places import laid_out_prefix, uri_at
from isogloss.core.ports import Files, Reader, Writer
from isogloss.core.query import AnyOf, Compare, IsNull, Not, Operator, Query, all_of
from isogloss.core.registry.context import Registry
from isogloss.core.registry.discards import discard_later

logger = logging.getLogger("isogloss.content")

SECONDS = 10.0
"""How long the storage is waited for, as a client waits as well; what is not laid out by then is so later."""

AT_ONCE = 16


class Rendition(Struct, frozen=True, kw_only=True):
    """Inline data as a dialect's clients open it: files by their names, and what reads them and comes of that."""

    files: Mapping[str, bytes]
    loader: Json | None
    data_type: Json | None


class Plan(Struct, frozen=True, kw_only=True):
    """A version that is to be laid out: as what, where, and from which data."""

    version_id: str
    data: Json | None
    rendition: Rendition
    prefix: str


Render = Callable[[str | None, Json | None], Rendition]
"""Makes a rendition of a form and of data, which may be null."""


async def lay_out(
    registry: Registry, version_ids: Sequence[str], *, dialect: str, store_id: str, render: Render
) -> bool:
    """Put versions that other dialects than this one wrote into a store, and lay out the inline data of those without
    a uri; tells whether anything changed.

    The number of statements does not depend on how many they are. A version that the storage fails for stays as it is,
    which is logged.
    """
    files = registry.files
    if files is None:
        return False

    async def find(unit: Reader) -> list[tuple[Any, ...]]:
        return await unit.rows(
            Query(
                source="shown_version",
                fields=("id", "project_id", "form", "data", "uri"),
                project_id=None,
                where=all_of(
                    AnyOf("id", tuple(dict.fromkeys(version_ids))),
                    IsNull("store_id"),
                    Not(Compare("dialect", Operator.EQ, dialect)),
                ),
            )
        )

    rows = await registry.store.read(find)
    elsewhere = [row[0] for row in rows if row[4] is not None]
    inline = [row[:4] for row in rows if row[4] is None]
    plans = await asyncio.to_thread(_plans, inline, registry.new_id(), render)
    kept = await _keep(registry, files, plans)
    if not kept and not elsewhere:
        return False

    async def say(unit: Writer) -> None:
        if elsewhere:
            await unit.change(Version, {"id": elsewhere}, store_id=store_id)
        locked = {each.id: each for each in await unit.lock_all(Version, id=sorted(kept))} if kept else {}
        said = [
            plan
            for plan in kept.values()
            # Somebody may have changed the data meanwhile, deleted the version, or laid it out.
            if (found := locked.get(plan.version_id)) is not None and found.uri is None and found.data == plan.data
        ]
        await unit.put(*(_led(locked[plan.version_id], plan, files, store_id) for plan in said))
        if said:
            await unit.remove(Discard, prefix=[plan.prefix for plan in said])

    await registry.store.write(say)
    return True


def _plans(rows: Sequence[tuple[Any, ...]], revision: str, render: Render) -> dict[str, Plan]:
    return {
        version_id: Plan(
            version_id=version_id,
            data=data,
            rendition=render(form, data),
            prefix=f"{laid_out_prefix(project_id, version_id)}/{revision}",
        )
        for version_id, project_id, form, data in rows
    }


def _led(version: Version, plan: Plan, files: Files, store_id: str) -> Version:
    """The version, which leads to what was laid out of it."""
    return replace(
        version,
        uri=uri_at(files.shared, plan.prefix),
        store_id=store_id,
        loader=plan.rendition.loader,
        data_type=plan.rendition.data_type,
    )


async def _keep(registry: Registry, files: Files, plans: Mapping[str, Plan]) -> dict[str, Plan]:
    """Write the files of all plans; answers those whose files are all there."""
    if not plans:
        return {}

    async def note(unit: Writer) -> None:
        await unit.add(*discard_later(registry, [plan.prefix for plan in plans.values()]))

    await registry.store.write(note)
    kept: dict[str, Plan] = {}
    turns = asyncio.Semaphore(AT_ONCE)

    async def keep(plan: Plan) -> None:
        async with turns:
            try:
                for name, content in plan.rendition.files.items():
                    await files.objects.write(f"{plan.prefix}/{name}", content)
            except Exception:
                logger.exception("The data of the version %s could not be laid out", plan.version_id)
            else:
                kept[plan.version_id] = plan

    try:
        async with asyncio.timeout(SECONDS):
            await asyncio.gather(*map(keep, plans.values()))
    except TimeoutError:
        logger.warning("The storage took too long: %d versions were not laid out", len(plans) - len(kept))
    return kept
