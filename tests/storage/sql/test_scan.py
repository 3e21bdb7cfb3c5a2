"""All rows of a store as of one moment, on both engines."""

from msgspec.structs import replace

from isogloss.core.model import Entity, Project, Setting, Tag, Token
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry
from isogloss.core.registry.tokens import issue_token
from isogloss.gateway.keys import make_personal
from isogloss.storage.sql.postgresql import PostgresqlStore
from isogloss.storage.sql.sqlite import SqliteStore
from isogloss.storage.sql.unit import SCANNED_AT_ONCE


def tag(number: int) -> Tag:
    return Tag(
        id=f"{number:08d}",
        name=f"tag {number}",
        colour="blue",
        exclusive=number % 2 == 0,
        author_id=None,
        created=1,
        updated=1,
    )


async def add(store: SqliteStore | PostgresqlStore, *rows: Tag | Setting | Token) -> None:
    async def work(unit: Writer) -> None:
        await unit.add(*rows)

    await store.write(work)


async def test_pages_come_entity_by_entity_and_row_by_row(
    store: SqliteStore | PostgresqlStore, registry: Registry
) -> None:
    tags = [tag(number) for number in range(SCANNED_AT_ONCE + 1)]
    await add(store, *reversed(tags))
    pages = [page async for page in store.scan([Tag, Project])]
    assert [len(page) for page in pages] == [SCANNED_AT_ONCE, 1, 1]
    assert [row for page in pages[:2] for row in page] == tags
    assert pages[2] == [registry.default_project]


async def test_what_is_written_meanwhile_is_not_seen(store: SqliteStore | PostgresqlStore, registry: Registry) -> None:
    await add(store, *map(tag, range(SCANNED_AT_ONCE + 1)))
    seen: list[Entity] = []
    before = [row for page in [page async for page in store.scan([Setting])] for row in page]
    async for page in store.scan([Tag, Setting]):
        if not seen:
            await add(store, tag(5000), Setting(name="new", value="new"))
        seen += page
    assert len(seen) == SCANNED_AT_ONCE + 1 + len(before)
    assert [row async for page in store.scan([Setting]) for row in page] != before


async def test_rows_that_others_of_their_kind_refer_to_come_before_these(
    store: SqliteStore | PostgresqlStore, registry: Registry
) -> None:
    token = (await issue_token(registry, "ana", make_personal)).token
    await add(store, replace(token, id=f"00{token.id[2:]}", digest="other", successor_id=token.id))
    [page] = [page async for page in store.scan([Token])]
    assert [row.successor_id for row in page if isinstance(row, Token)] == [None, token.id]


async def test_a_scan_that_is_given_up_leaves_the_store_as_it_was(
    store: SqliteStore | PostgresqlStore, registry: Registry
) -> None:
    await add(store, *map(tag, range(SCANNED_AT_ONCE + 1)))
    for _ in range(20):
        scan = store.scan([Tag])
        await anext(scan)
        await scan.aclose()
    assert len([row async for page in store.scan([Tag]) for row in page]) == SCANNED_AT_ONCE + 1
