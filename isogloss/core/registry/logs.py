"""What runs log: add lines in bulk, list them."""

from collections.abc import Sequence

from isogloss.core.access import Principal, Role, require
from isogloss.core.model import LogLine
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Query
from isogloss.core.registry.context import Registry


async def add_lines(registry: Registry, caller: Principal, lines: Sequence[LogLine]) -> None:
    """Keep lines, all of them or none. Their runs need not exist. Raises ``Denied``."""
    require(caller, Role.EDITOR)
    if not lines:
        return

    async def work(unit: Writer) -> None:
        await unit.add(*lines)

    await registry.store.write(work)


async def list_lines(registry: Registry, caller: Principal, query: Query) -> list[LogLine]:
    """The page of lines that a query over the source ``log`` asks for, whatever its fields. Raises ``Denied``."""
    require(caller, Role.VIEWER)
    names = LogLine.__struct_fields__
    whole = Query(
        source=query.source,
        fields=names,
        project_id=query.project_id,
        where=query.where,
        sort=query.sort,
        limit=query.limit,
        offset=query.offset,
    )

    async def work(unit: Reader) -> list[LogLine]:
        return [LogLine(**dict(zip(names, row, strict=True))) for row in await unit.rows(whole)]

    return await registry.store.read(work)
