"""What each query source is in SQL: its rows, its fields, and the rows related to them.

A source is built anew for each compiled statement, with aliases of its own, so that a relation may lead back to the
table that it started from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias, cast

from sqlalchemy import ColumnElement, FromClause, Integer, case, func, literal_column, select, text

from isogloss.storage.sql import tables

RelationBuilder = Callable[[], "Relation"]
Computed: TypeAlias = ColumnElement[object] | Callable[[], ColumnElement[object]]
"""A column, or what builds it where a statement asks for it: few do, and the rest need not wait for that."""


@dataclass(frozen=True)
class Source:
    """Rows of a query: where they come from, their columns by field name, and what always holds of them.

    ``nullable`` names the fields that may be null in a row of this source, among those that rows are sorted by.
    ``selective`` names the fields that an index leads with, so that asking for a few of their values is best
    answered from there and not by walking the rows in the order wanted.
    """

    rows: FromClause
    columns: Mapping[str, Computed]
    relations: Mapping[str, RelationBuilder] = field(default_factory=dict)
    always: tuple[ColumnElement[bool], ...] = ()
    nullable: frozenset[str] = frozenset()
    selective: frozenset[str] = frozenset()
    beside: "Beside | None" = None
    joined: "Joined | None" = None

    def column(self, name: str) -> ColumnElement[object]:
        """The column of a field; ``KeyError`` names a field that the source does not have."""
        found = self.columns[name]
        return found if isinstance(found, ColumnElement) else found()


@dataclass(frozen=True)
class Beside:
    """A joined table from which a query is better driven when it asks for, or is sorted by, that table's fields.

    ``prefix`` begins the names of its fields; ``project`` is its own column of the project.
    """

    prefix: str
    project: ColumnElement[object]


@dataclass(frozen=True)
class Joined:
    """How a source looks ``without`` its join, and the beginnings of the fields and relations that need it."""

    without: FromClause
    mentioned_by: tuple[str, ...]


@dataclass(frozen=True)
class Relation:
    """The rows related to one row: their ``key`` equals the row's ``owner`` column, and they satisfy ``always``."""

    source: Source
    key: ColumnElement[object]
    owner: ColumnElement[object]
    always: tuple[ColumnElement[bool], ...] = ()


def _columns(rows: FromClause, prefix: str = "") -> dict[str, Computed]:
    return {f"{prefix}{column.name}": column for column in rows.columns}


def version_source() -> Source:
    """Versions, each with its artifact's names."""
    version, artifact = tables.versions.alias("v"), tables.artifacts.alias("a")
    return Source(
        rows=version.join(artifact, artifact.c.id == version.c.artifact_id),
        columns=_columns(version)
        | _columns(artifact, "artifact.")
        | {
            "artifact.title": partial(_title, artifact),
            "tags": partial(_tag_names, version, "version", "v"),
            "author": partial(_author_name, version, "v"),
        },
        relations=_producers(version) | _version_relations(version),
        nullable=frozenset({"artifact.slug", "artifact.name", "tags", "author", *_NULLABLE_OF_VERSION}),
        selective=_SELECTIVE_OF_VERSION,
        beside=Beside("artifact.", artifact.c.project_id),
        joined=Joined(version, ("artifact.",)),
    )


_NULLABLE_OF_VERSION = frozenset({"number", "uri", "store_id", "loader", "data_type", "author_id"})
_SELECTIVE_OF_VERSION = frozenset(
    {
        "id",
        "artifact_id",
        "artifact.slug",
        "artifact.name",
        "producer_run",
        "producer_step",
        "uri",
        "store_id",
    }
)


def shown_version_source() -> Source:
    """Versions that every dialect sees, each with its artifact."""
    return replace(version_source(), always=(_shown("v"),))


def tagged_version_source() -> Source:
    """Versions that every dialect sees, by the tags they bear, once for each: read in the order of their creation.

    ``tag_id`` should be asked for; ``created`` and ``project_id`` are the link's, so that one index serves them.
    """
    link = tables.tag_links.alias("tl")
    version, artifact = tables.versions.alias("v"), tables.artifacts.alias("a")
    columns = _columns(version) | _columns(artifact, "artifact.")
    return Source(
        rows=link.join(version, version.c.id == link.c.entity_id).join(
            artifact, artifact.c.id == version.c.artifact_id
        ),
        columns=columns
        | {
            "artifact.title": partial(_title, artifact),
            "created": link.c.at,
            "project_id": link.c.project_id,
            "tag_id": link.c.tag_id,
        },
        relations=_producers(version) | _version_relations(version),
        always=(link.c.entity == _literal("version"), _shown("v")),
        nullable=frozenset({"artifact.slug", "artifact.name", *_NULLABLE_OF_VERSION}),
    )


def linked_version_source() -> Source:
    """Versions that every dialect sees, where runs have them: once for each link, whose fields are ``link.``."""
    link = tables.run_links.alias("vl")
    version, artifact = tables.versions.alias("v"), tables.artifacts.alias("a")
    return Source(
        rows=link.join(version, version.c.id == link.c.version_id).join(
            artifact, artifact.c.id == version.c.artifact_id
        ),
        columns=_columns(version) | _columns(artifact, "artifact.") | _columns(link, "link."),
        always=(_shown("v"),),
        nullable=_NULLABLE_OF_VERSION,
        selective=frozenset({"link.run_id"}),
    )


def artifact_source() -> Source:
    """Artifacts that every dialect sees, each with its newest version.

    ``newest`` is when that version was made or, where there is none, the artifact itself.
    """
    artifact, version = tables.artifacts.alias("a"), tables.versions.alias("v")
    columns = _columns(artifact) | _columns(version, "version.")
    return Source(
        rows=artifact.outerjoin(version, version.c.id == artifact.c.head_version_id),
        columns=columns
        | {
            "newest": func.coalesce(version.c.created, artifact.c.created),
            "title": partial(_title, artifact),
            "tags": partial(_tag_names, artifact, "artifact", "a"),
            "author": partial(_author_name, artifact, "a"),
        },
        relations={
            "tag": _tags(artifact, "artifact", "a"),
            "property": _properties(artifact, "artifact", "a"),
            "author": _author(artifact, "a"),
        },
        always=(_shown("a"),),
        nullable=frozenset({"name", "slug", "author_id", "tags", "author"}),
        selective=frozenset({"id", "name"}),
        joined=Joined(artifact, ("version.", "newest")),
    )


def every_artifact_source() -> Source:
    """Artifacts, also those that only one dialect sees."""
    artifact = tables.artifacts.alias("a")
    return Source(rows=artifact, columns=_columns(artifact), selective=frozenset({"id"}))


def tagged_artifact_source() -> Source:
    """Artifacts that every dialect sees, by the tags they bear, as ``tagged_version_source`` has versions."""
    link = tables.tag_links.alias("tl")
    artifact, version = tables.artifacts.alias("a"), tables.versions.alias("v")
    columns = _columns(artifact) | _columns(version, "version.")
    newest = func.coalesce(version.c.created, artifact.c.created)
    return Source(
        rows=link.join(artifact, artifact.c.id == link.c.entity_id).outerjoin(
            version, version.c.id == artifact.c.head_version_id
        ),
        columns=columns
        | {
            "newest": newest,
            "title": partial(_title, artifact),
            "created": link.c.at,
            "project_id": link.c.project_id,
            "tag_id": link.c.tag_id,
        },
        relations={"tag": _tags(artifact, "artifact", "a"), "author": _author(artifact, "a")},
        always=(link.c.entity == _literal("artifact"), _shown("a")),
        nullable=frozenset({"name", "slug", "author_id"}),
    )


def newest_version_source() -> Source:
    """Artifacts that have versions, each with the newest of them and with the greatest number among their labels."""
    return _with_newest(lambda version: ())


def newest_shown_version_source() -> Source:
    """As ``newest_version_source``, of the versions that every dialect sees."""
    return _with_newest(lambda version: (_shown(version),))


def _with_newest(always: Callable[[str], tuple[ColumnElement[bool], ...]]) -> Source:
    artifact, version = tables.artifacts.alias("a"), tables.versions.alias("v")
    other, numbered = tables.versions.alias("vo"), tables.versions.alias("vn")
    newest = (
        select(other.c.id)
        .where(other.c.artifact_id == artifact.c.id, *always("vo"))
        .order_by(other.c.created.desc(), other.c.ordinal.desc())
        .limit(literal_column("1"))
        .offset(literal_column("0"))
        .correlate(artifact)
        .scalar_subquery()
    )
    highest = select(func.max(numbered.c.number)).where(numbered.c.artifact_id == artifact.c.id).correlate(artifact)
    return Source(
        rows=artifact.join(version, version.c.id == newest),
        columns=_columns(artifact) | _columns(version, "version.") | {"greatest": highest.scalar_subquery()},
        selective=frozenset({"id"}),
    )


def project_source() -> Source:
    """Projects. ``title`` is what people see of one."""
    project = tables.projects.alias("p")
    return Source(
        rows=project,
        columns=_columns(project) | {"title": func.coalesce(project.c.display_name, project.c.name)},
        selective=frozenset({"id", "name"}),
    )


def _version_relations(version: FromClause) -> dict[str, RelationBuilder]:
    def link() -> Relation:
        source = run_link_source("vl")
        return _same(source, "version_id", version.c.id)

    return {
        "tag": _tags(version, "version", "v"),
        "metadata": _metadata(version, "version", "v"),
        "link": link,
        "gathered": _gathered(version, "version", "v"),
        "property": _properties(version, "version", "v"),
        "author": _author(version, "v"),
    }


def run_link_source(alias: str = "l") -> Source:
    """Links between versions and runs. The relation ``run`` is empty where the run does not exist."""
    link = tables.run_links.alias(alias)

    def run() -> Relation:
        source = run_source(f"{alias}r")
        return _same(source, "id", link.c.run_id)

    return Source(
        rows=link,
        columns=_columns(link),
        relations={"run": run},
        selective=frozenset({"run_id"}),
    )


def tag_source(alias: str = "t") -> Source:
    """Tags. The relation ``link`` holds where each is put, and ``tagged`` counts that."""
    tag, counted = tables.tags.alias(alias), tables.tag_links.alias(f"{alias}n")

    def link() -> Relation:
        row = tables.tag_links.alias(f"{alias}l")

        def record() -> Relation:
            return _same(record_source(f"{alias}lc"), "id", row.c.entity_id)

        source = Source(rows=row, columns=_columns(row), relations={"record": record})
        return Relation(source, row.c.tag_id, tag.c.id)

    tagged = select(func.count()).select_from(counted).where(counted.c.tag_id == tag.c.id).correlate(tag)
    return Source(
        rows=tag,
        columns=_columns(tag) | {"tagged": tagged.scalar_subquery(), "author": partial(_author_name, tag, alias)},
        relations={"link": link, "author": _author(tag, alias)},
        nullable=frozenset({"author_id", "author"}),
        selective=frozenset({"id", "name"}),
    )


def tag_link_source(alias: str = "tl") -> Source:
    """Tags where they are put: a row for each link, with its tag."""
    link, tag = tables.tag_links.alias(alias), tables.tags.alias(f"{alias}t")
    return Source(
        rows=link.join(tag, tag.c.id == link.c.tag_id),
        columns=_columns(link) | _columns(tag, "tag."),
        selective=frozenset({"tag_id", "tag.name", "entity_id"}),
        joined=Joined(link, ("tag.",)),
    )


def record_source(alias: str = "c") -> Source:
    """Records. ``parent`` and ``child`` are records; ``gathers`` holds the links to what a record gathers, and
    ``gathered`` those from records that gather it. ``workflow`` is the workflow that a record belongs to.

    ``newest`` is when the newest child was made or, where there is none, the record itself.
    """
    record, younger = tables.records.alias(alias), tables.records.alias(f"{alias}y")
    made = select(func.max(younger.c.created)).where(younger.c.parent_id == record.c.id).correlate(record)

    def workflow() -> Relation:
        return _same(workflow_source(f"{alias}w"), "id", record.c.parent_id)

    def parent() -> Relation:
        return _same(record_source(f"{alias}p"), "id", record.c.parent_id)

    def child() -> Relation:
        return _same(record_source(f"{alias}c"), "parent_id", record.c.id)

    def gathers() -> Relation:
        return _same(record_link_source(f"{alias}g"), "record_id", record.c.id)

    return Source(
        rows=record,
        columns=_columns(record)
        | {
            "author": partial(_author_name, record, alias),
            "tags": partial(_tag_names, record, "record", alias),
            "newest": func.coalesce(made.scalar_subquery(), record.c.created),
        },
        relations={
            "parent": parent,
            "child": child,
            "workflow": workflow,
            "gathers": gathers,
            "tag": _tags(record, "record", alias),
            "metadata": _metadata(record, "record", alias),
            "property": _properties(record, "record", alias),
            "gathered": _gathered(record, "record", alias),
            "author": _author(record, alias),
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
        return _same(record_source(f"{alias}c"), "id", link.c.record_id)

    def version() -> Relation:
        return _same(shown_version_source(), "id", link.c.entity_id)

    def run() -> Relation:
        return _same(run_source(f"{alias}r"), "id", link.c.entity_id)

    def member() -> Relation:
        return _same(record_source(f"{alias}m"), "id", link.c.entity_id)

    return Source(
        rows=link,
        columns=_columns(link),
        relations={"record": record, "version": version, "run": run, "member": member},
        nullable=frozenset({"author_id"}),
        selective=frozenset({"id", "record_id", "entity_id"}),
    )


def reply_source() -> Source:
    """Replies that are repeated."""
    reply = tables.replies.alias("y")
    return Source(rows=reply, columns=_columns(reply))


def _tags(owner: FromClause, entity: str, alias: str) -> RelationBuilder:
    def tags() -> Relation:
        source = tag_link_source(f"{alias}k")
        return Relation(source, source.column("entity_id"), owner.c.id, (source.column("entity") == _literal(entity),))

    return tags


def _title(artifact: FromClause) -> ColumnElement[object]:
    """An artifact's name for who does not tell kinds apart: other kinds than the ordinary stand before theirs."""
    return case(
        (artifact.c.name.is_(None), _literal("unnamed-") + artifact.c.id),
        (artifact.c.kind == _literal("artifact"), artifact.c.name),
        else_=artifact.c.kind + _literal(":") + artifact.c.name,
    )


def _tag_names(owner: FromClause, entity: str, alias: str) -> ColumnElement[object]:
    """The names of a thing's tags in their order, with commas between them; null where it has none."""
    link, tag = tables.tag_links.alias(f"{alias}nl"), tables.tags.alias(f"{alias}nt")
    names = (
        select(tag.c.name)
        .select_from(link.join(tag, tag.c.id == link.c.tag_id))
        .where(link.c.entity == _literal(entity), link.c.entity_id == owner.c.id)
        .order_by(tag.c.name)
        .correlate(owner)
        .subquery(f"{alias}nn")
    )
    # A text here would become a parameter, and those belong to the values that are looked for.
    comma = literal_column("', '", tables.ByCodePoint)
    joined = func.aggregate_strings(names.c.name, comma)  # type: ignore[arg-type]
    return select(joined).select_from(names).scalar_subquery()


def _author(owner: FromClause, alias: str) -> RelationBuilder:
    def author() -> Relation:
        source = user_source(f"{alias}u")
        return _same(source, "id", owner.c.author_id)

    return author


def _author_name(owner: FromClause, alias: str) -> ColumnElement[object]:
    user = tables.users.alias(f"{alias}un")
    return select(user.c.name).where(user.c.id == owner.c.author_id).correlate(owner).scalar_subquery()


def _metadata(owner: FromClause, entity: str, alias: str) -> RelationBuilder:
    def entries() -> Relation:
        row = tables.metadata_entries.alias(f"{alias}m")
        source = Source(rows=row, columns=_columns(row), selective=frozenset({"key"}))
        return Relation(source, row.c.entity_id, owner.c.id, (row.c.entity == _literal(entity),))

    return entries


def _gathered(owner: FromClause, entity: str, alias: str) -> RelationBuilder:
    def links() -> Relation:
        source = record_link_source(f"{alias}cl")
        return Relation(source, source.column("entity_id"), owner.c.id, (source.column("entity") == _literal(entity),))

    return links


def head_source() -> Source:
    """Heads of named artifacts, each with its newest version."""
    artifact, version = tables.artifacts.alias("a"), tables.versions.alias("v")
    columns: dict[str, Computed] = {
        "id": artifact.c.head_id,
        "created": artifact.c.head_created,
        "updated": artifact.c.head_updated,
        "artifact_id": artifact.c.id,
        **{name: artifact.c[name] for name in ("project_id", "slug", "word", "name", "kind", "custom_name")},
        **_columns(version, "version."),
    }
    return Source(
        rows=artifact.join(version, version.c.id == artifact.c.head_version_id),
        columns=columns,
        relations=_producers(version),
        always=(artifact.c.slug.is_not(None), artifact.c.head_id.is_not(None)),
        selective=frozenset({"artifact_id", "version.id", "version.producer_run", "version.producer_step"}),
        joined=Joined(artifact, ("version.", "run", "step")),
    )


def _producers(version: FromClause) -> dict[str, RelationBuilder]:
    def run() -> Relation:
        source = run_source("r")
        return _same(source, "id", version.c.producer_run, role="run")

    def step() -> Relation:
        source = run_source("s")
        return _same(source, "id", version.c.producer_step, role="step")

    return {"run": run, "step": step}


def run_source(alias: str = "r") -> Source:
    """Runs and steps. ``began`` is when one started or, as long as it has not, when it is expected to.

    ``name_in_run`` is the name, of at most 246 characters, a dash, and the last eight characters of the id: it tells
    steps of one name apart. ``workflow_name`` is the name of the workflow of a run.
    """
    run = tables.runs.alias(alias)

    def workflow() -> Relation:
        source = workflow_source(f"{alias}w")
        return _same(source, "id", run.c.workflow_id)

    def deployment() -> Relation:
        source = workflow_source(f"{alias}d")
        return _same(source, "id", run.c.deployment_id)

    def parent() -> Relation:
        source = run_source(f"{alias}p")
        return _same(source, "id", run.c.parent_id)

    def child() -> Relation:
        source = run_source(f"{alias}c")
        return _same(source, "parent_id", run.c.id)

    def link() -> Relation:
        source = run_link_source(f"{alias}l")
        return _same(source, "run_id", run.c.id)

    def workflow_name() -> ColumnElement[object]:
        of_run = tables.workflows.alias(f"{alias}n")
        return select(of_run.c.name).where(of_run.c.id == run.c.workflow_id).correlate(run).scalar_subquery()

    def name_in_run() -> ColumnElement[object]:
        # As much of the name as leaves room for the end of the id, so that it is no longer than names may be.
        start = func.substr(run.c.name, _integer(1), _integer(246)).concat(_literal("-"))
        return cast("ColumnElement[object]", start.concat(func.substr(run.c.id, _integer(29))))

    computed: dict[str, Computed] = {
        "began": func.coalesce(run.c.started, run.c.expected_start),
        "workflow_name": workflow_name,
        "name_in_run": name_in_run,
        "author": partial(_author_name, run, alias),
    }
    return Source(
        rows=run,
        columns=_columns(run) | computed,
        relations={
            "workflow": workflow,
            "deployment": deployment,
            "parent": parent,
            "child": child,
            "link": link,
            "author": _author(run, alias),
            "tag": _tags(run, "run", alias),
            "metadata": _metadata(run, "run", alias),
            "gathered": _gathered(run, "run", alias),
            "property": _properties(run, "run", alias),
        },
        nullable=frozenset(
            {
                *("began", "expected_start", "next_start", "started", "ended"),
                *("author_id", "author", "state_type", "state_name", "workflow_name"),
            }
        ),
        selective=frozenset({"id", "name", "workflow_id", "deployment_id", "parent_id"}),
    )


def workflow_source(alias: str = "w") -> Source:
    """Workflows and deployments.

    ``latest_run`` is the id of a workflow's newest run, ``latest_run_at`` when that was made.
    """
    workflow = tables.workflows.alias(alias)
    newest = tables.runs.alias(f"{alias}n")
    latest = select(newest.c.id, newest.c.created).where(newest.c.workflow_id == workflow.c.id)
    latest = latest.order_by(newest.c.created.desc(), newest.c.id.desc()).correlate(workflow)
    latest = latest.limit(_integer(1)).offset(_integer(0))

    def parent() -> Relation:
        source = workflow_source(f"{alias}p")
        return _same(source, "id", workflow.c.parent_id)

    def child() -> Relation:
        source = workflow_source(f"{alias}c")
        return _same(source, "parent_id", workflow.c.id)

    def run() -> Relation:
        source = run_source(f"{alias}r")
        return _same(source, "workflow_id", workflow.c.id)

    return Source(
        rows=workflow,
        columns=_columns(workflow)
        | {
            "latest_run": latest.with_only_columns(newest.c.id).scalar_subquery(),
            "author": partial(_author_name, workflow, alias),
            "latest_run_at": latest.with_only_columns(newest.c.created).scalar_subquery(),
        },
        relations={
            "parent": parent,
            "child": child,
            "run": run,
            "author": _author(workflow, alias),
            "tag": _tags(workflow, "workflow", alias),
            "property": _properties(workflow, "workflow", alias),
        },
        nullable=frozenset({"author_id", "author", "latest_run", "latest_run_at"}),
        selective=frozenset({"id", "name", "parent_id"}),
    )


def log_source() -> Source:
    """Log lines."""
    line = tables.log_lines.alias("l")
    return Source(rows=line, columns=_columns(line), selective=frozenset({"id", "run_id", "step_id"}))


def token_source() -> Source:
    """Tokens, each with its user."""
    token, user = tables.tokens.alias("t"), tables.users.alias("u")
    columns = _columns(token) | _columns(user, "user.")
    return Source(
        rows=token.join(user, user.c.id == token.c.user_id),
        columns=columns,
        nullable=frozenset({"description", "used", "rotated", "expires"}),
        selective=frozenset({"id", "digest", "user_id"}),
    )


def user_source(alias: str = "u") -> Source:
    """Users and service accounts."""
    user = tables.users.alias(alias)
    return Source(
        rows=user,
        columns=_columns(user),
        nullable=frozenset({"full_name", "email", "description"}),
        selective=frozenset({"id", "name", "full_name"}),
    )


def device_source() -> Source:
    """Devices."""
    device = tables.devices.alias("d")
    return Source(
        rows=device,
        columns=_columns(device),
        nullable=frozenset({"used"}),
        selective=frozenset({"id", "user_id"}),
    )


def _properties(owner: FromClause, entity: str, alias: str) -> RelationBuilder:
    """Properties; ``record`` is the record whose id is a property's value."""

    def properties() -> Relation:
        row = tables.properties.alias(f"{alias}x")

        def record() -> Relation:
            return _same(record_source(f"{alias}xc"), "id", row.c.value)

        source = Source(rows=row, columns=_columns(row), relations={"record": record}, selective=frozenset({"value"}))
        return Relation(source, row.c.entity_id, owner.c.id, (row.c.entity == _literal(entity),))

    return properties


def _same(source: Source, name: str, owner: ColumnElement[object], role: str | None = None) -> Relation:
    always = () if role is None else (source.column("role") == _literal(role),)
    return Relation(source, source.column(name), owner, always)


def _shown(alias: str) -> ColumnElement[bool]:
    """As the partial indexes have it, word for word: SQLite uses those for nothing else."""
    return cast("ColumnElement[bool]", text(f"NOT {alias}.internal"))


def _integer(value: int) -> ColumnElement[int]:
    return literal_column(str(value), Integer())


def _literal(value: str) -> ColumnElement[str]:
    return literal_column(f"'{value}'", tables.ByCodePoint)


SOURCES: dict[str, Callable[[], Source]] = {
    "version": version_source,
    "shown_version": shown_version_source,
    "tagged_version": tagged_version_source,
    "artifact": artifact_source,
    "every_artifact": every_artifact_source,
    "tagged_artifact": tagged_artifact_source,
    "newest_version": newest_version_source,
    "newest_shown_version": newest_shown_version_source,
    "project": project_source,
    "tag": tag_source,
    "tag_link": tag_link_source,
    "run_link": run_link_source,
    "linked_version": linked_version_source,
    "record": record_source,
    "reply": reply_source,
    "record_link": record_link_source,
    "head": head_source,
    "run": run_source,
    "workflow": workflow_source,
    "log": log_source,
    "token": token_source,
    "user": user_source,
    "device": device_source,
}
"""The sources by the names that ``core.query.Query`` uses."""
