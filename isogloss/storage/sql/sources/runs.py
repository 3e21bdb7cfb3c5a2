"""Runs, steps, workflows, and what links them to versions, as sources of queries."""

from functools import partial
from typing import cast

from sqlalchemy import ColumnElement, FromClause, Table, case, func, select, union_all

from isogloss.storage.sql import tables
from isogloss.storage.sql.sources import belongings, versions
from isogloss.storage.sql.sources.shapes import (
    Computed,
    Keyed,
    Relation,
    RelationBuilder,
    Source,
    columns_of,
    integer,
    literal,
    related,
)


def run_link_source(alias: str = "l") -> Source:
    """Links between versions and runs. The relation ``run`` is empty where the run does not exist."""
    link = tables.run_links.alias(alias)

    def version() -> Relation:
        return related(versions.version_source(), "id", link.c.version_id)

    def run() -> Relation:
        source = run_source(f"{alias}r")
        return related(source, "id", link.c.run_id)

    return Source(
        rows=link,
        columns=columns_of(link),
        relations={"run": run, "version": version},
        selective=frozenset({"run_id"}),
    )


def derivation_source(alias: str = "d") -> Source:
    """What versions and runs were made from, as somebody says."""
    row = tables.derivations.alias(alias)
    return Source(
        rows=row,
        columns=columns_of(row),
        selective=frozenset({"id", "version_id", "run_id", "source_version_id", "source_run_id", "key"}),
    )


_KEYED = {"parameter": tables.parameters, "run_tag": tables.run_tags, "metric": tables.metrics}
"""What runs have at most one of under each key."""


def _keyed(table: Table, run: FromClause, alias: str) -> Keyed:
    row = table.alias(alias)
    return Keyed(row, row.c.key, row.c.run_id == run.c.id)


def _under_keys(table: Table, run: FromClause, alias: str) -> RelationBuilder:
    def rows() -> Relation:
        row = table.alias(alias)
        return related(Source(rows=row, columns=columns_of(row)), "run_id", run.c.id)

    return rows


def metric_point_source() -> Source:
    """The points of runs' metrics."""
    point = tables.metric_points.alias("q")

    def run() -> Relation:
        return related(run_source("qr"), "id", point.c.run_id)

    return Source(rows=point, columns=columns_of(point), relations={"run": run}, selective=frozenset({"run_id"}))


def run_key_source() -> Source:
    """The keys under which runs have anything, each once for a project, a dialect and what is under it (``noun``)."""
    run = tables.runs
    keys = [
        select(
            literal(noun).label("noun"),
            table.c.key.label("key"),
            run.c.project_id.label("project_id"),
            run.c.dialect.label("dialect"),
        )
        .select_from(table.join(run, run.c.id == table.c.run_id))
        .where(run.c.deleted.is_(None))
        .distinct()
        for noun, table in _KEYED.items()
    ]
    rows = union_all(*keys).subquery("k")
    return Source(rows=rows, columns=columns_of(rows))


def run_source(alias: str = "r") -> Source:
    """Runs and steps. ``began`` is when one started or, as long as it has not, when it is expected to.

    ``name_in_run`` is the name, of at most 246 characters, a dash, and the last eight characters of the id: it tells
    steps of one name apart. ``workflow_name`` is the name of the workflow of a run. ``delay`` is how much later than
    expected one started, in microseconds; 0 where it was not later, or has not started. ``called`` leads from a step to
    the runs that it called.
    """
    run = tables.runs.alias(alias)

    def workflow() -> Relation:
        source = workflow_source(f"{alias}w")
        return related(source, "id", run.c.workflow_id)

    def deployment() -> Relation:
        source = workflow_source(f"{alias}d")
        return related(source, "id", run.c.deployment_id)

    def parent() -> Relation:
        source = run_source(f"{alias}p")
        return related(source, "id", run.c.parent_id)

    def child() -> Relation:
        source = run_source(f"{alias}c")
        return related(source, "parent_id", run.c.id)

    def called() -> Relation:
        called_run = tables.runs.alias(f"{alias}b")
        source = Source(rows=called_run, columns=columns_of(called_run))
        # As the partial index has it. Few steps call runs, so these are sooner listed than looked for.
        always = (called_run.c.role == literal("run"), called_run.c.parent_id.is_not(None))
        return Relation(source, called_run.c.parent_id, run.c.id, always, listed=True)

    def link() -> Relation:
        source = run_link_source(f"{alias}l")
        return related(source, "run_id", run.c.id)

    def workflow_name() -> ColumnElement[object]:
        of_run = tables.workflows.alias(f"{alias}n")
        return select(of_run.c.name).where(of_run.c.id == run.c.workflow_id).correlate(run).scalar_subquery()

    def name_in_run() -> ColumnElement[object]:
        # As much of the name as leaves room for the end of the id, so that it is no longer than names may be.
        start = func.substr(run.c.name, integer(1), integer(246)).concat(literal("-"))
        return cast("ColumnElement[object]", start.concat(func.substr(run.c.id, integer(29))))

    computed: dict[str, Computed] = {
        "began": func.coalesce(run.c.started, run.c.expected_start),
        "delay": case((run.c.started > run.c.expected_start, run.c.started - run.c.expected_start), else_=integer(0)),
        "workflow_name": workflow_name,
        "name_in_run": name_in_run,
        "author": partial(belongings.author_name, run, alias),
    }
    return Source(
        rows=run,
        columns=columns_of(run) | computed,
        relations={
            "workflow": workflow,
            "deployment": deployment,
            "parent": parent,
            "child": child,
            "called": called,
            "link": link,
            "author": belongings.author(run, alias),
            "tag": belongings.tags(run, "run", alias),
            "metadata": belongings.metadata(run, "run", alias),
            "gathered": belongings.gathered(run, "run", alias),
            "property": belongings.properties(run, "run", alias),
            **{name: _under_keys(table, run, f"{alias}{name[0]}") for name, table in _KEYED.items()},
        },
        keyed={name: partial(_keyed, table, run) for name, table in _KEYED.items()},
        nullable=frozenset(
            {
                *("began", "expected_start", "next_start", "started", "ended"),
                *("author_id", "author", "state_type", "state_name", "workflow_name"),
            }
        ),
        selective=frozenset({"id", "name", "workflow_id", "deployment_id", "parent_id"}),
        late=frozenset({"began"}),
    )


def workflow_source(alias: str = "w") -> Source:
    """Workflows and deployments.

    ``latest_run`` is the id of a workflow's newest run, ``latest_run_at`` when that was made; ``next_run`` is the id of
    the one of its scheduled runs that is to start first. ``run`` leads to the runs of a workflow, ``prepared_run`` to
    those of a deployment.
    """
    workflow = tables.workflows.alias(alias)
    newest = tables.runs.alias(f"{alias}n")
    latest = select(newest.c.id, newest.c.created).where(newest.c.workflow_id == workflow.c.id)
    latest = latest.order_by(newest.c.created.desc(), newest.c.id.desc()).correlate(workflow)
    latest = latest.limit(integer(1)).offset(integer(0))

    due = tables.runs.alias(f"{alias}s")
    first = select(due.c.id).where(due.c.workflow_id == workflow.c.id)
    # As the partial index has it.
    first = first.where(due.c.state_type == literal("SCHEDULED"), due.c.next_start.is_not(None))
    first = first.order_by(due.c.next_start, due.c.id).correlate(workflow).limit(integer(1)).offset(integer(0))

    def parent() -> Relation:
        source = workflow_source(f"{alias}p")
        return related(source, "id", workflow.c.parent_id)

    def child() -> Relation:
        source = workflow_source(f"{alias}c")
        return related(source, "parent_id", workflow.c.id)

    def run() -> Relation:
        source = run_source(f"{alias}r")
        return related(source, "workflow_id", workflow.c.id)

    def prepared_run() -> Relation:
        source = run_source(f"{alias}e")
        return related(source, "deployment_id", workflow.c.id)

    return Source(
        rows=workflow,
        columns=columns_of(workflow)
        | {
            "next_run": first.scalar_subquery(),
            "latest_run": latest.with_only_columns(newest.c.id).scalar_subquery(),
            "author": partial(belongings.author_name, workflow, alias),
            "latest_run_at": latest.with_only_columns(newest.c.created).scalar_subquery(),
        },
        relations={
            "parent": parent,
            "child": child,
            "run": run,
            "prepared_run": prepared_run,
            "author": belongings.author(workflow, alias),
            "tag": belongings.tags(workflow, "workflow", alias),
            "property": belongings.properties(workflow, "workflow", alias),
        },
        nullable=frozenset({"author_id", "author", "latest_run", "latest_run_at", "next_run"}),
        selective=frozenset({"id", "name", "parent_id"}),
    )


def log_source() -> Source:
    """Log lines."""
    line = tables.log_lines.alias("l")
    return Source(rows=line, columns=columns_of(line), selective=frozenset({"id", "run_id", "step_id"}))
