"""Versions of artifacts: create, change, delete.

Every write of a version locks its artifact. Under that lock a new version takes its ordinal, label and time of
creation together, and the artifact's head follows, so that all dialects agree on order and on what is latest.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from isogloss.core import names
from isogloss.core.access import Principal, Role, require
from isogloss.core.errors import Conflict, Invalid, NotFound
from isogloss.core.model import (
    Artifact,
    Entity,
    Instant,
    Json,
    MetadataEntry,
    Project,
    RunLink,
    Tally,
    Version,
)
from isogloss.core.places import laid_out_at
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import AnyOf, Compare, Has, Operator, Query, Where, all_of
from isogloss.core.references import says_inputs
from isogloss.core.registry import derivations
from isogloss.core.registry.artifacts import BySlug, Target, locked_target, remove_belongings
from isogloss.core.registry.context import Registry
from isogloss.core.registry.derivations import of_version
from isogloss.core.registry.discards import discard_later, discards_of
from isogloss.core.registry.metadata import log_of, replaced
from isogloss.core.registry.tallies import ARTIFACT, HEAD, VERSION, of_artifact, summed

PRODUCED, CONSUMED = "produced", "consumed"
"""The directions of a ``RunLink``."""

LABEL_BOUND = 2**53
"""Labels beyond this, either way, do not count as numbers: not every client could hold them exactly."""


NOT_LAID_OUT = {"uri": None, "store_id": None, "loader": None, "data_type": None}
"""The fields of a version whose inline data nobody has laid out as files."""


Change: TypeAlias = str | UnsetType | Callable[[Version], str | None] | None
"""A value that a field is to have, or a function that makes it of the version as it stands."""


class VersionDraft(Struct, frozen=True, kw_only=True):
    """What a client says of a version that it wants made. ``metadata`` is the text of a JSON object.

    ``id`` is the one that it was promised, where it was staged. ``tagged`` tells that tags are put on it at once, which
    spares telling the version of the first.
    """

    dialect: str
    role: str = "data"
    form: str | None = None
    internal: bool = False
    tagged: bool = False
    uri: str | None = None
    owned: bool = False
    store_id: str | None = None
    loader: str | None = None
    data_type: str | None = None
    data: Json | None = None
    description: str | None = None
    metadata: Json | None = None
    producer_run: str | None = None
    producer_step: str | None = None
    step: int | None = None
    facet: Json | None = None
    label: str | None = None
    alias: str | None = None
    id: str | None = None


async def create_version(
    registry: Registry, caller: Principal, project: Project, draft: VersionDraft, *, slug: str | None = None
) -> Version:
    """Make a version of the artifact whose slug this is, or of a new nameless one.

    Raises ``Denied``, and ``Invalid`` for a slug that no name can have.
    """

    async def work(unit: Writer) -> Version:
        return await write_version(registry, unit, caller, project, draft, None if slug is None else BySlug(slug))

    return await registry.store.write(work)


async def write_version(
    registry: Registry,
    unit: Writer,
    caller: Principal,
    project: Project,
    draft: VersionDraft,
    target: Target,
) -> Version:
    """Make a version of the artifact that is meant, within a unit of work.

    Raises ``Denied``, what ``locked_target`` raises, and ``Conflict`` for a label or an alias that a version has.
    """
    require(caller, Role.EDITOR)
    artifact = await locked_target(
        registry, unit, caller, project, target, dialect=draft.dialect, internal=draft.internal
    )
    now = after_head(registry.clock(), artifact)
    label, number = _label(draft.label, artifact)
    if draft.label is not None and await unit.get(Version, artifact_id=artifact.id, label=label) is not None:
        raise Conflict(f"The artifact {artifact.name!r} has a version {label!r} already.")
    if draft.alias is not None:
        await check_alias(unit, artifact, draft.alias)
    version = Version(
        id=draft.id or registry.new_id(),
        project_id=project.id,
        artifact_id=artifact.id,
        kind=artifact.kind,
        ordinal=artifact.ordinals + 1,
        label=label,
        number=number,
        alias=draft.alias,
        dialect=draft.dialect,
        role=draft.role,
        form=draft.form,
        internal=draft.internal,
        tagged=draft.tagged,
        uri=draft.uri,
        owned=draft.owned,
        store_id=draft.store_id,
        loader=draft.loader,
        data_type=draft.data_type,
        data=draft.data,
        description=draft.description,
        metadata=draft.metadata,
        producer_run=draft.producer_run,
        producer_step=draft.producer_step,
        step=draft.step,
        author_id=caller.user_id,
        facet=draft.facet,
        created=now,
        updated=now,
    )
    rows: list[Entity] = [
        version,
        *_links(version),
        *(
            await derivations.said_in(registry, unit, of_version(version), draft.metadata, caller.user_id)
            if says_inputs(draft.metadata)
            else ()
        ),
        *log_of(registry, "version", version.id, draft.metadata, now),
    ]
    rows.append(of_artifact(registry, artifact, VERSION, 1, internal=version.internal))
    if artifact.internal and not version.internal:
        rows += [of_artifact(registry, artifact, ARTIFACT, change, internal=change < 0) for change in (-1, 1)]
    head_id, head_created = artifact.head_id, artifact.head_created
    if head_id is None:
        head_id, head_created = registry.new_id(), now
        if artifact.name is not None:
            rows.append(of_artifact(registry, artifact, HEAD, 1))
    await unit.add(*rows)
    follows = {
        "ordinals": version.ordinal,
        "highest": _highest(artifact.highest, number),
        "versions": artifact.versions + (not version.internal),
        "internal": artifact.internal and version.internal,
        "dialect": artifact.dialect if artifact.dialect == version.dialect else None,
        "head_id": head_id,
        "head_version_id": version.id,
        "head_created": head_created,
        "head_updated": now,
    }
    # An engine writes the indexes of every field that it is told to set, whatever its value.
    changed = {name: value for name, value in follows.items() if value != getattr(artifact, name)}
    await unit.change(Artifact, {"id": artifact.id}, **changed)
    return version


async def change_version(
    registry: Registry,
    caller: Principal,
    project: Project,
    version_id: str,
    *,
    description: Change = UNSET,
    data: Change = UNSET,
    metadata: Change = UNSET,
) -> None:
    """Change what is given and leave the rest. ``updated`` moves in any case.

    Another ``metadata`` replaces the old document whole. Raises ``Denied``, ``NotFound`` for an id that the project
    does not have, and whatever a function raises that makes a value; then nothing is changed.
    """
    require(caller, Role.EDITOR)
    given = {"description": description, "data": data, "metadata": metadata}

    async def work(unit: Writer) -> None:
        version, artifact = await _locked(unit, project, version_id)
        changes = {
            name: value(version) if callable(value) else value for name, value in given.items() if value is not UNSET
        }
        await rewrite_version(registry, unit, version, artifact, **changes)

    await registry.store.write(work)


async def rewrite_version(
    registry: Registry, unit: Writer, version: Version, artifact: Artifact, **changes: Any
) -> Version:
    """Set fields of a version that is locked together with its artifact; answers it as it then is.

    Another ``metadata`` replaces the old document whole, and other ``data`` leaves what was laid out of the old behind.
    ``updated`` moves in any case. Raises ``Conflict`` for an
    ``alias`` that another version has.
    """
    now = max(registry.clock(), version.updated + 1)
    alias = changes.get("alias")
    if alias is not None and alias != version.alias:
        await check_alias(unit, artifact, alias)
    if "metadata" in changes:
        gone, entries = replaced(registry, "version", version.id, version.metadata, changes["metadata"], now)
        if gone:
            await unit.remove(MetadataEntry, entity="version", entity_id=version.id, key=gone)
        if entries:
            await unit.add(*entries)
        if says_inputs(version.metadata) or says_inputs(changes["metadata"]):
            owner = of_version(version)
            await derivations.follow_metadata(registry, unit, owner, changes["metadata"], version.author_id)
    if "producer_run" in changes and changes["producer_run"] != version.producer_run:
        if version.producer_run is not None:
            await unit.remove(RunLink, version_id=version.id, run_id=version.producer_run, direction=PRODUCED, slot="")
        if changes["producer_run"] is not None:
            link = RunLink(version_id=version.id, run_id=changes["producer_run"], direction=PRODUCED, slot="")
            await unit.add_if_absent(link)
    if "data" in changes and changes["data"] != version.data:
        laid_out = laid_out_at(version.project_id, version.id, version.uri)
        if laid_out is not None:
            changes |= NOT_LAID_OUT
            await unit.add(*discard_later(registry, [laid_out]))
    changes["updated"] = now
    await unit.change(Version, {"id": version.id}, **changes)
    if artifact.head_version_id == version.id:
        await unit.change(Artifact, {"id": artifact.id}, head_updated=now)
    return replace(version, **changes)


async def delete_version(registry: Registry, caller: Principal, project: Project, version_id: str) -> None:
    """Delete a version of the project, whoever uses it. Raises ``Denied``, and ``NotFound`` for an unknown id."""

    async def work(unit: Writer) -> None:
        await remove_versions(registry, unit, caller, [await _locked(unit, project, version_id)])

    await registry.store.write(work)


async def touch_version(registry: Registry, unit: Writer, caller: Principal, version_id: str) -> Version:
    """Say that a version changes, by what lies beside it; answers it as it then is.

    Raises ``Denied`` and ``NotFound``.
    """
    require(caller, Role.EDITOR)
    version, artifact = await lock_version(unit, version_id)
    now = max(registry.clock(), version.updated + 1)
    await unit.change(Version, {"id": version.id}, updated=now)
    if artifact.head_version_id == version.id:
        await unit.change(Artifact, {"id": artifact.id}, head_updated=now)
    return replace(version, updated=now)


def in_use(dialect: str) -> Where:
    """What holds of a version as long as a step of the dialect that made or took it exists."""
    step = all_of(Compare("dialect", Operator.EQ, dialect), Compare("role", Operator.EQ, "step"))
    return Has("link", Has("run", step))


async def delete_unused_version(
    registry: Registry, unit: Writer, caller: Principal, version_id: str, dialect: str
) -> None:
    """Delete a version that no step of the dialect uses.

    Raises ``Denied``, ``NotFound``, and ``Invalid`` where a step uses it.
    """
    require(caller, Role.EDITOR)
    version, artifact = await lock_version(unit, version_id)
    used = all_of(Compare("id", Operator.EQ, version_id), in_use(dialect))
    if await unit.count(Query(source="version", fields=(), project_id=None, where=used, ruling=True)):
        raise Invalid(
            "version",
            "one that runs use cannot be deleted, since their lineage would be lost; delete those runs first",
        )
    await remove_versions(registry, unit, caller, [(version, artifact)])


async def remove_versions(
    registry: Registry, unit: Writer, caller: Principal, versions: Sequence[tuple[Version, Artifact]]
) -> None:
    """Delete locked versions with their links, tags and metadata; each head falls back to the newest that is left.

    An artifact and its counters stay, except a nameless one, which goes with its only version. Raises ``Denied``.
    """
    require(caller, Role.EDITOR)
    if not versions:
        return
    ids = [version.id for version, _ in versions]
    await remove_belongings(registry, unit, ids)
    await unit.remove(Version, id=ids)
    await unit.add(*discards_of(registry, [version for version, _ in versions]))
    by_artifact: dict[str, list[Version]] = {}
    for version, artifact in versions:
        by_artifact.setdefault(artifact.id, []).append(version)
    artifacts = {artifact.id: artifact for _, artifact in versions}
    left = await _left(unit, [each for each in by_artifact if _leads(artifacts[each], by_artifact[each])])
    rows: list[Tally] = []
    for artifact_id, gone in by_artifact.items():
        rows += await _without(registry, unit, artifacts[artifact_id], gone, left.get(artifact_id, _NOTHING_LEFT))
    await unit.add(*summed(rows))


class _Left(Struct, frozen=True):
    """What an artifact has after some of its versions went: the newest one, and the greatest number of a label."""

    head: tuple[str, Instant, Instant] | None
    highest: int | None


_NOTHING_LEFT = _Left(None, None)


def _leads(artifact: Artifact, gone: Sequence[Version]) -> bool:
    """Whether the newest of an artifact's versions, or the one with the greatest number, is among these."""
    return any(
        version.id == artifact.head_version_id or (version.number is not None and version.number == artifact.highest)
        for version in gone
    )


async def _left(unit: Reader, artifact_ids: list[str]) -> dict[str, _Left]:
    if not artifact_ids:
        return {}
    rows = await unit.rows(
        Query(
            source="newest_version",
            fields=("id", "version.id", "version.created", "version.updated", "greatest"),
            project_id=None,
            where=AnyOf("id", tuple(artifact_ids)),
        )
    )
    return {row[0]: _Left((row[1], row[2], row[3]), row[4]) for row in rows}


async def _without(
    registry: Registry, unit: Writer, artifact: Artifact, gone: Sequence[Version], left: _Left
) -> list[Tally]:
    """Bring an artifact up to date after some of its versions went; answers the changes of totals."""
    shown = sum(not version.internal for version in gone)
    rows: list[Tally] = []
    for internal, count in ((False, shown), (True, len(gone) - shown)):
        if count:
            rows.append(of_artifact(registry, artifact, VERSION, -count, internal=internal))
    if artifact.name is None:
        await unit.remove(Artifact, id=artifact.id)
        rows.append(of_artifact(registry, artifact, ARTIFACT, -1, internal=artifact.internal))
        return rows
    changes: dict[str, Any] = {}
    if shown:
        changes["versions"] = artifact.versions - shown
    if any(version.number is not None and version.number == artifact.highest for version in gone):
        changes["highest"] = left.highest
    if any(version.id == artifact.head_version_id for version in gone):
        changes |= _head(left.head)
        if left.head is None:
            rows.append(of_artifact(registry, artifact, HEAD, -1))
    if changes:
        await unit.change(Artifact, {"id": artifact.id}, **changes)
    return rows


async def check_alias(unit: Writer, artifact: Artifact, alias: str) -> None:
    """Raise ``Conflict`` if a version of a locked artifact has this alias."""
    holder = await unit.get(Version, artifact_id=artifact.id, alias=alias)
    if holder is not None:
        raise Conflict(
            f"The alias {alias!r} is that of version {holder.ordinal} of {artifact.name!r}; take it off that one first."
        )


def after_head(now: Instant, artifact: Artifact) -> Instant:
    """The time of a new version: now, but at least a microsecond after the newest version was made or changed."""
    return now if artifact.head_updated is None else max(now, artifact.head_updated + 1)


def label_number(label: str) -> int | None:
    """The label as a number: what Python's ``int`` makes of it, within +-2^53; else None."""
    if len(label) > 64:
        return None
    try:
        number = int(label)
    except ValueError:
        return None
    return number if -LABEL_BOUND <= number <= LABEL_BOUND else None


def _label(given: str | None, artifact: Artifact) -> tuple[str, int | None]:
    if given is not None:
        names.check_name("version", given)
        return given, label_number(given)
    number = (artifact.highest or 0) + 1
    return str(number), number


def _highest(highest: int | None, number: int | None) -> int | None:
    if highest is None or number is None:
        return number if highest is None else highest
    return max(highest, number)


def _head(newest: tuple[str, Instant, Instant] | None) -> dict[str, Any]:
    """The head's fields for a version's id, created and updated; its own id stays as long as there is one."""
    if newest is None:
        return {"head_id": None, "head_version_id": None, "head_created": None, "head_updated": None}
    version_id, created, updated = newest
    return {"head_version_id": version_id, "head_created": created, "head_updated": updated}


async def _locked(unit: Writer, project: Project, version_id: str) -> tuple[Version, Artifact]:
    """A version and its artifact, both locked in this order: the version's lock alone never makes anybody wait long."""
    version, artifact = await _lock(unit, version_id)
    if version.project_id != project.id:
        raise NotFound("version", version_id)
    return version, artifact


async def lock_version(unit: Writer, version_id: str) -> tuple[Version, Artifact]:
    """A version that every dialect sees, and its artifact, both locked in this order. Raises ``NotFound``."""
    version, artifact = await _lock(unit, version_id)
    if version.internal:
        raise NotFound("version", version_id)
    return version, artifact


async def _lock(unit: Writer, version_id: str) -> tuple[Version, Artifact]:
    version = await unit.lock(Version, id=version_id)
    if version is None:
        raise NotFound("version", version_id)
    artifact = await unit.lock(Artifact, id=version.artifact_id)
    if artifact is None:
        raise NotFound("artifact", version.artifact_id)
    return version, artifact


def _links(version: Version) -> list[RunLink]:
    """A produced link for the run and for the step that the version names."""
    producers = dict.fromkeys(given for given in (version.producer_run, version.producer_step) if given is not None)
    return [RunLink(version_id=version.id, run_id=producer, direction=PRODUCED, slot="") for producer in producers]
