"""The migrations make exactly the tables that are declared."""

import re
import sqlite3
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from isogloss.storage.sql import migrate
from isogloss.storage.sql.migrate import upgrade
from isogloss.storage.sql.revision import CURRENT, is_current
from isogloss.storage.sql.store import sqlite_path
from isogloss.storage.sql.tables import TABLES, metadata
from tests.support.databases import Databases

YES = {"yes": True}
COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable, coalesce(collation_name, '')
FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2
"""
INDEXES = "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2"
CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2
"""


async def schema_of(url: str) -> list[Any]:
    """Tables, columns, constraints and indexes, as the engine itself describes them."""
    path = sqlite_path(url)
    if path is not None:
        connection = sqlite3.connect(path)
        rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        connection.close()
        return sorted((kind, name, parts_of(sql)) for kind, name, sql in rows if not name.startswith("alembic"))
    connected = await asyncpg.connect(url)
    try:
        found = [tuple(row) for query in (COLUMNS, INDEXES, CONSTRAINTS) for row in await connected.fetch(query)]
    finally:
        await connected.close()
    return [row for row in found if not row[0].startswith("alembic")]


def parts_of(sql: str) -> list[str]:
    """The parts of a CREATE statement, in no order and without quotes.

    Alembic orders constraints its own way; SQLite quotes the name of a table that was made anew, and writes an added
    column behind the last one.
    """
    plain = re.sub(r"\s+", " ", sql.replace('"', ""))
    return sorted(part.strip(" ()") for part in re.split(r",(?![^(]*\))|\((?=\s)", plain))


async def test_the_migrated_schema_is_the_declared_one(empty_url: str, databases: Databases, engine: str) -> None:
    await upgrade(empty_url)
    migrated = await schema_of(empty_url)
    with_tables = await declared_schema(databases, engine)

    assert len(migrated) > len(TABLES)
    assert migrated == with_tables


async def declared_schema(databases: Databases, engine: str) -> list[Any]:
    import asyncio

    entered = databases.fresh(engine)
    url = await asyncio.to_thread(entered.__enter__)
    try:
        scheme = url.replace("sqlite:", "sqlite+aiosqlite:", 1).replace("postgresql:", "postgresql+asyncpg:", 1)
        made = create_async_engine(scheme)
        async with made.begin() as connection:
            await connection.run_sync(metadata.create_all)
        await made.dispose()
        return await schema_of(url)
    finally:
        await asyncio.to_thread(entered.__exit__, None, None, None)


async def test_upgrading_again_changes_nothing_and_an_empty_database_is_not_current(empty_url: str) -> None:
    before = await is_current(empty_url)
    await upgrade(empty_url)
    once = await schema_of(empty_url)
    await upgrade(empty_url)

    assert before is False
    assert await is_current(empty_url) is True
    assert await schema_of(empty_url) == once


def test_the_current_revision_is_the_last_migration() -> None:
    migrations = Path(migrate.__file__).with_name("migrations")

    assert ScriptDirectory(str(migrations)).get_current_head() == CURRENT


def test_each_entity_has_a_table_with_a_column_for_every_field() -> None:
    for entity, table in TABLES.items():
        assert list(entity.__struct_fields__) == [column.name for column in table.columns]


def to(connection: Connection, revision: str) -> None:
    """Run the migrations up to one, or down to it."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    move = command.downgrade if revision.startswith("-") else command.upgrade
    move(config, revision)


async def test_users_and_tokens_from_before_stay_as_good_as_they_were(empty_url: str) -> None:
    engine = migrate._engine(empty_url)
    async with engine.begin() as connection:
        await connection.run_sync(to, "0002")
        await connection.execute(text("INSERT INTO users VALUES ('u', 'ana', 'editor', NULL, :yes, 's', 1, 2)"), YES)
        await connection.execute(text("INSERT INTO tokens VALUES ('t', 'u', 'ana', 'editor', 'd', 7, NULL, NULL)"))
        await connection.run_sync(to, "head")
        user = (await connection.execute(text("SELECT service, active, stamp, facet, updated FROM users"))).one()
        token = (await connection.execute(text("SELECT user_id, active, digest, updated, used FROM tokens"))).one()
    await engine.dispose()

    assert tuple(user) == (False, True, "s", None, 2)
    assert tuple(token) == ("u", True, "d", 7, None)


async def test_versions_from_before_know_whether_a_tag_is_on_them_and_lose_nothing(empty_url: str) -> None:
    engine = migrate._engine(empty_url)
    columns = (
        "id, project_id, artifact_id, kind, ordinal, label, dialect, role, internal, owned, data, created, updated"
    )
    async with engine.begin() as connection:
        await connection.run_sync(to, "0009")
        await connection.execute(
            text(
                "INSERT INTO projects (id, serial, name, slug, word, created, updated) "
                "VALUES ('p', 1, 'p', 'p', 'p', 1, 1)"
            )
        )
        await connection.execute(
            text(
                "INSERT INTO artifacts "
                "(id, project_id, kind, custom_name, ordinals, versions, internal, created, updated) "
                "VALUES ('a', 'p', 'artifact', :no, 2, 2, :no, 1, 1)"
            ),
            {"no": False},
        )
        for number, version in enumerate(("v", "w"), start=1):
            await connection.execute(
                text(
                    f"INSERT INTO versions ({columns}) VALUES (:id, 'p', 'a', 'artifact', :number, :id, 'prefect', "
                    "'data', :no, :no, '1', 1, 1)"
                ),
                {"id": version, "number": number, "no": False},
            )
            await connection.execute(text("INSERT INTO run_links VALUES (:id, 'r', 'produced', '')"), {"id": version})
        await connection.execute(
            text(
                "INSERT INTO tags (id, name, colour, exclusive, created, updated) "
                "VALUES ('t', 'gold', 'red', :no, 1, 1)"
            ),
            {"no": False},
        )
        # A tag on the artifact is none on its versions.
        for entity, entity_id in (("version", "v"), ("artifact", "a"), ("artifact", "w")):
            await connection.execute(
                text(
                    "INSERT INTO tag_links (tag_id, entity, entity_id, kind, at, created) "
                    "VALUES ('t', :entity, :id, 'artifact', 1, 1)"
                ),
                {"entity": entity, "id": entity_id},
            )
        await connection.run_sync(to, "head")
        known = (await connection.execute(text("SELECT id, tagged, data FROM versions ORDER BY id"))).all()
        links = (await connection.execute(text("SELECT version_id FROM run_links ORDER BY version_id"))).all()
        await connection.run_sync(to, "-1")
        left = (await connection.execute(text("SELECT id FROM versions ORDER BY id"))).all()
    await engine.dispose()

    assert [(row[0], bool(row[1]), row[2]) for row in known] == [("v", True, "1"), ("w", False, "1")]
    assert [row[0] for row in links] == [row[0] for row in left] == ["v", "w"]
