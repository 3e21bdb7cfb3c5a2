"""Records, what they gather, and replies, as sources of queries."""

from functools import partial

from sqlalchemy import func, select

from isogloss.storage.sql import tables
from isogloss.storage.sql.sources import belongings, runs, versions
from isogloss.storage.sql.sources.shapes import Relation, Source, columns_of, related


def record_source(alias: str = "c") -> Source:
    """Records. ``parent`` and ``child`` are records; ``gathers`` holds the links to what a record gathers, and
    ``gathered`` those from records that gather it. ``workflow`` is the workflow that a record belongs to.

    ``newest`` is when the newest child was made or, where there is none, the record itself.
    """
    record, younger = tables.records.alias(alias), tables.records.alias(f"{alias}y")
    made = select(func.max(younger.c.created)).where(younger.c.parent_id == record.c.id).correlate(record)

    def workflow() -> Relation:
        return related(runs.workflow_source(f"{alias}w"), "id", record.c.parent_id)

    def parent() -> Relation:
        return related(record_source(f"{alias}p"), "id", record.c.parent_id)

    def child() -> Relation:
        return related(record_source(f"{alias}c"), "parent_id", record.c.id)

    def gathers() -> Relation:
        return related(record_link_source(f"{alias}g"), "record_id", record.c.id)

    return Source(
        rows=record,
        columns=columns_of(record)
        | {
            "author": partial(belongings.author_name, record, alias),
            "tags": partial(belongings.tag_names, record, "record", alias),
            "newest": func.coalesce(made.scalar_subquery(), record.c.created),
        },
        relations={
            "parent": parent,
            "child": child,
            "workflow": workflow,
            "gathers": gathers,
            "tag": belongings.tags(record, "record", alias),
            "metadata": belongings.metadata(record, "record", alias),
            "property": belongings.properties(record, "record", alias),
            "gathered": belongings.gathered(record, "record", alias),
            "author": belongings.author(record, alias),
        },
        nullable=frozenset(
            {"project_id", "key", "parent_id", "name", "number", "state", "author_id", "author", "tags"}
        ),
        selective=frozenset({"id", "key", "name", "parent_id"}),
    )


def record_link_source(alias: str = "cl") -> Source:
    """Links between records and what they gather.

    ``record`` is the one that gathers; ``version``, ``run`` and ``member``, a record, are what is gathered.
    """
    link = tables.record_links.alias(alias)

    def record() -> Relation:
        return related(record_source(f"{alias}c"), "id", link.c.record_id)

    def version() -> Relation:
        return related(versions.shown_version_source(), "id", link.c.entity_id)

    def run() -> Relation:
        return related(runs.run_source(f"{alias}r"), "id", link.c.entity_id)

    def member() -> Relation:
        return related(record_source(f"{alias}m"), "id", link.c.entity_id)

    return Source(
        rows=link,
        columns=columns_of(link),
        relations={"record": record, "version": version, "run": run, "member": member},
        nullable=frozenset({"author_id"}),
        selective=frozenset({"id", "record_id", "entity_id"}),
    )


def stage_source() -> Source:
    """Stages."""
    stage = tables.stages.alias("g")
    return Source(rows=stage, columns=columns_of(stage))


def upload_source() -> Source:
    """Uploads in parts."""
    upload = tables.uploads.alias("l")
    return Source(rows=upload, columns=columns_of(upload))


def discard_source() -> Source:
    """Prefixes whose bytes are to be removed."""
    discard = tables.discards.alias("d")
    return Source(rows=discard, columns=columns_of(discard))


def reply_source() -> Source:
    """Replies that are repeated."""
    reply = tables.replies.alias("y")
    return Source(rows=reply, columns=columns_of(reply))
