"""Bytes that belong to nothing any more: noted in the transaction that let go of them, removed by the upkeep after it.

So deleting always frees the storage, whoever deletes and whatever fails, and never frees what is still referred to.
"""

from collections.abc import Iterable

from isogloss.core.model import Discard, Instant, Upload, Version
from isogloss.core.places import laid_out_at, laid_out_prefix, owned_prefix
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Operator, Query, Sort
from isogloss.core.registry.context import Registry

ADDRESS_LIFETIME = 3_600 * 1_000_000
"""How long an address for bytes is good, in microseconds: what clients believe anyway."""

AT_ONCE = 100


def discards(registry: Registry, prefixes: Iterable[tuple[str, Instant]]) -> list[Discard]:
    """The notes that the bytes under these prefixes go; each comes with the time after which nobody can write there."""
    now = registry.clock()
    return [Discard(prefix=prefix, created=now, due=now, until=max(now, until)) for prefix, until in prefixes]


def bytes_of(
    project_id: str, version_id: str, *, owned: bool, uri: str | None, created: Instant
) -> list[tuple[str, Instant]]:
    """The prefixes of what the registry keeps for a version, and goes with it, as ``discards`` takes them."""
    found = [(owned_prefix(project_id, version_id), created + ADDRESS_LIFETIME)] if owned else []
    if laid_out_at(project_id, version_id, uri) is not None:
        found.append((laid_out_prefix(project_id, version_id), created))
    return found


def discards_of(registry: Registry, versions: Iterable[Version]) -> list[Discard]:
    """The notes that the bytes of these versions go."""
    return discards(
        registry,
        [
            each
            for version in versions
            for each in bytes_of(
                version.project_id, version.id, owned=version.owned, uri=version.uri, created=version.created
            )
        ],
    )


def discard_later(registry: Registry, prefixes: Iterable[str]) -> list[Discard]:
    """The notes that the bytes under these prefixes go after a while: somebody may have been told of them just now."""
    now = registry.clock()
    return [
        Discard(prefix=prefix, created=now, due=now + ADDRESS_LIFETIME, until=now + ADDRESS_LIFETIME)
        for prefix in prefixes
    ]


async def sweep_discards(registry: Registry) -> int:
    """Remove the bytes that were let go of; tells under how many prefixes.

    Those that somebody may still hold an address for come up once more when that is no longer good.
    """
    files = registry.files
    if files is None:
        return 0
    now = registry.clock()

    async def find(unit: Reader) -> list[tuple[str, Instant]]:
        asked = Query(
            source="discard",
            fields=("prefix", "until"),
            project_id=None,
            where=Compare("due", Operator.LE, now),
            sort=Sort("due", then="prefix"),
            limit=AT_ONCE,
        )
        return [(row[0], row[1]) for row in await unit.rows(asked)]

    found = await registry.store.read(find)
    for prefix, _ in found:
        await files.objects.delete_prefix(prefix)

    async def note(unit: Writer) -> None:
        await unit.remove(Discard, prefix=[prefix for prefix, until in found if until <= now])
        for prefix, until in found:
            if until > now:
                await unit.change(Discard, {"prefix": prefix}, due=until)

    if found:
        await registry.store.write(note)
    return len(found)


async def sweep_uploads(registry: Registry) -> int:
    """Give up, in the storage, the uploads in parts whose addresses are no longer good; tells how many."""
    files = registry.files
    if files is None or files.uploads is None:
        return 0

    async def find(unit: Reader) -> list[tuple[str, str, str]]:
        asked = Query(
            source="upload",
            fields=("id", "key", "reference"),
            project_id=None,
            where=Compare("expires", Operator.LE, registry.clock()),
            sort=Sort("expires"),
            limit=AT_ONCE,
        )
        return [(row[0], row[1], row[2]) for row in await unit.rows(asked)]

    found = await registry.store.read(find)
    for _, key, reference in found:
        await files.uploads.abort(key, reference)

    async def forget(unit: Writer) -> None:
        await unit.remove(Upload, id=[each[0] for each in found])

    if found:
        await registry.store.write(forget)
    return len(found)
