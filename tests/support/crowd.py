"""A crowded database: many rows of each kind, made by the engine itself in a few seconds.

Versions take turns among the artifacts, every second one belongs to a run, to which it is linked, every tenth bears
the tag ``tag-7``, and every twentieth has metadata. Every tenth was made from something, as somebody says. Every run
has a flow, a name, a state and a tag of its own group. Every run sent an event, as one of ten kinds. Rows follow each
other by a second.
"""

import sqlite3

from isogloss.storage.sql.store import sqlite_path
from tests.support.databases import run_sql

VERSIONS = 100_000
ARTIFACTS = 10_000
RUNS = 50_000
FLOWS = 5_000

_NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {last})",
    "postgresql": "WITH n AS (SELECT i FROM generate_series(0::bigint, {last}) AS i)",
}
_PROJECT = "(SELECT id FROM projects)"


def _id(kind: int, number: str, engine: str) -> str:
    """SQL for a UUID that tells rows of a kind apart by number."""
    if engine == "sqlite":
        return f"printf('0{kind}000000-0000-7000-8000-%012d', {number})"
    return f"'0{kind}000000-0000-7000-8000-' || lpad(({number})::text, 12, '0')"


def _statements(engine: str) -> list[str]:
    def rows(count: int, table: str, columns: str, values: str) -> str:
        numbers = _NUMBERS[engine].format(last=count - 1)
        return f"INSERT INTO {table} ({columns}) {numbers} SELECT {values} FROM n"

    false = "0" if engine == "sqlite" else "false"
    text = "" if engine == "sqlite" else "::text"
    newest = f"i + {VERSIONS - ARTIFACTS}"
    run_of = f"CASE WHEN i % 2 = 0 THEN {_id(3, f'i / 2 % {RUNS}', engine)} END"
    return [
        rows(
            ARTIFACTS,
            "artifacts",
            "id, project_id, kind, name, custom_name, slug, word, ordinals, highest, versions, internal, "
            "created, updated, head_id, head_version_id, head_created, head_updated",
            f"{_id(1, 'i', engine)}, {_PROJECT}, 'artifact', 'key-' || i, {false}, 'key-' || i, 'key-' || i, "
            f"{VERSIONS // ARTIFACTS}, {VERSIONS // ARTIFACTS}, {VERSIONS // ARTIFACTS}, {false}, "
            "i * 1000000, i * 1000000, "
            f"{_id(5, 'i', engine)}, {_id(2, newest, engine)}, i * 1000000, ({newest}) * 1000000",
        ),
        rows(
            FLOWS,
            "workflows",
            "id, project_id, dialect, role, name, tags, created, updated",
            f"{_id(4, 'i', engine)}, {_PROJECT}, 'prefect', 'workflow', 'flow-' || i, '[]', i, i",
        ),
        rows(
            RUNS,
            "runs",
            "id, project_id, dialect, role, workflow_id, name, state_type, state_name, attempts, spent, tags, "
            "expected_start, created, updated",
            f"{_id(3, 'i', engine)}, {_PROJECT}, 'prefect', 'run', {_id(4, f'i % {FLOWS}', engine)}, 'run-' || i, "
            f"'COMPLETED', 'Completed', 1, 0, '[\"t\"]', i * 2000000, i * 2000000, i * 2000000",
        ),
        rows(
            RUNS,
            "properties",
            "entity, entity_id, dialect, name, value",
            f"'run', {_id(3, 'i', engine)}, 'prefect', 'tag', 'group-' || (i / 10)",
        ),
        rows(
            VERSIONS,
            "versions",
            "id, project_id, artifact_id, kind, ordinal, label, number, dialect, role, form, internal, tagged, uri, "
            "owned, data, producer_run, created, updated",
            f"{_id(2, 'i', engine)}, {_PROJECT}, {_id(1, f'i % {ARTIFACTS}', engine)}, 'artifact', "
            f"i / {ARTIFACTS} + 1, (i / {ARTIFACTS} + 1){text}, i / {ARTIFACTS} + 1, 'prefect', 'data', 'markdown', "
            f"{false}, i % 10 = 0, 'file:' || i, {false}, '\"text\"', {run_of}, i * 1000000, i * 1000000",
        ),
        rows(
            10,
            "tags",
            "id, name, colour, exclusive, created, updated",
            f"{_id(6, 'i', engine)}, 'tag-' || i, 'red', {false}, i, i",
        ),
        rows(
            VERSIONS // 10,
            "tag_links",
            "tag_id, entity, entity_id, project_id, scope_id, kind, at, created",
            f"{_id(6, '7', engine)}, 'version', {_id(2, 'i * 10', engine)}, {_PROJECT}, "
            f"{_id(1, f'i * 10 % {ARTIFACTS}', engine)}, 'artifact', i * 10000000, i",
        ),
        rows(
            VERSIONS // 20,
            "metadata_entries",
            "id, entity, entity_id, key, value, type, created",
            f"{_id(7, 'i', engine)}, 'version', {_id(2, 'i * 20', engine)}, 'key-' || (i % 100), (i{text}), 'int', i",
        ),
        rows(
            VERSIONS // 2,
            "run_links",
            "version_id, run_id, direction, slot",
            f"{_id(2, 'i * 2', engine)}, {_id(3, f'i % {RUNS}', engine)}, "
            "CASE WHEN i % 3 = 0 THEN 'consumed' ELSE 'produced' END, ''",
        ),
        rows(
            VERSIONS // 5,
            "derivations",
            "id, project_id, version_id, run_id, source_version_id, source_run_id, origin, reference, key, created",
            f"{_id(8, 'i', engine)}, {_PROJECT}, CASE WHEN i % 2 = 0 THEN {_id(2, 'i * 5', engine)} END, "
            f"CASE WHEN i % 2 = 1 THEN {_id(3, 'i', engine)} END, "
            f"CASE WHEN i % 3 = 0 THEN {_id(2, 'i * 5 + 1', engine)} END, "
            f"CASE WHEN i % 3 = 1 THEN {_id(3, 'i + 1', engine)} END, "
            "CASE WHEN i % 4 = 0 THEN 'link' ELSE 'metadata' END, 'key-' || i, "
            "CASE WHEN i % 3 = 2 THEN 'name:key-' || i END, i * 1000000",
        ),
        rows(
            RUNS,
            "events",
            "id, project_id, dialect, name, occurred, received, resource_id, body",
            f"{_id(9, 'i', engine)}, {_PROJECT}, 'prefect', 'kind-' || (i % 10), i * 1000000, i * 1000000, "
            "'run.' || i, '[{},[],{},null]'",
        ),
        *(
            rows(
                RUNS,
                "event_resources",
                "event_id, place, resource_id, role, occurred, labels",
                f"{_id(9, 'i', engine)}, {place}, {resource}, '{role}', i * 1000000, ''",
            )
            for place, resource, role in ((0, "'run.' || i", ""), (1, f"'flow.' || (i % {FLOWS})", "flow"))
        ),
    ]


def crowd(url: str) -> None:
    """Fill the database at ``url``, which has the schema and the default project but nothing else."""
    path = sqlite_path(url)
    if path is None:
        # A PostgreSQL server analyses such tables by itself, a minute later.
        run_sql(url, *_statements("postgresql"), "ANALYZE")
        return
    connection = sqlite3.connect(path)
    with connection:
        for statement in _statements("sqlite"):
            connection.execute(statement)
    connection.close()
