"""Lets Prefect's migrations run on a PostgreSQL without the extension ``pg_trgm``, as the wheel's is.

Those migrations put trigram indexes on the names of flows, runs, deployments, blocks and queues. No request
that is measured here reads or writes these tables, so an empty stand-in will do: an operator class of the
right name, which no query can use, and whose indexes go once the migrations are through. The server is none
the slower for it. Where the extension is available, it is used and nothing here happens.
"""

from pathlib import Path
from typing import Final

from bench.postgres import Cluster

_CONTROL: Final = "default_version = '1.6'\nrelocatable = true\n"
_SCRIPT: Final = """\
CREATE OPERATOR CLASS gin_trgm_ops FOR TYPE text USING gin AS
    FUNCTION 1 bttextcmp(text, text),
    FUNCTION 2 ginarrayextract(anyarray, internal, internal),
    FUNCTION 3 ginqueryarrayextract(anyarray, internal, int2, internal, internal, internal, internal),
    FUNCTION 4 ginarrayconsistent(internal, int2, anyarray, int4, internal, internal, internal, internal),
    STORAGE text;
"""
_DROP: Final = """
DO $$
DECLARE found regclass;
BEGIN
    FOR found IN
        SELECT i.indexrelid::regclass FROM pg_index i JOIN pg_opclass o ON o.oid = ANY (i.indclass)
        WHERE o.opcname = 'gin_trgm_ops'
    LOOP
        EXECUTE format('DROP INDEX %s', found);
    END LOOP;
END $$
"""


def missing(cluster: Cluster) -> bool:
    """Whether the cluster has no ``pg_trgm`` to install."""
    return not cluster.fetch("postgres", "SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")


def stand_in(cluster: Cluster, database: str, directory: Path) -> None:
    """Make ``CREATE EXTENSION pg_trgm`` work in `database`, from files written to `directory`."""
    extensions = directory / "extension"
    extensions.mkdir()
    (extensions / "pg_trgm.control").write_text(_CONTROL)
    (extensions / "pg_trgm--1.6.sql").write_text(_SCRIPT)
    directory.chmod(0o755)
    cluster.execute("postgres", f"ALTER DATABASE \"{database}\" SET extension_control_path = '$system:{directory}'")


def drop_indexes(cluster: Cluster, database: str) -> None:
    """Remove the indexes of the stand-in: unlike the real ones they could not take a row."""
    cluster.execute(database, _DROP)
