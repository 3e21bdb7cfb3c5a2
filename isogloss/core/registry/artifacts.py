"""Artifacts: the one that a write means, made where there is none; rename and delete.

Whoever writes a version, a rename or an end of an artifact holds its row's lock until all of it is written.
"""

from functools import partial
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from isogloss.core import names
from isogloss.core.access import Principal, Role, require
from isogloss.core.errors import Conflict, NotFound
from isogloss.core.model import (
    Artifact,
    MetadataEntry,
    Project,
    RecordLink,
    RunLink,
    Stage,
    Version,
)
from isogloss.core.places import owned_prefix
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import AnyOf, Query
from isogloss.core.registry import tags
from isogloss.core.registry.context import Registry
from isogloss.core.registry.discards import bytes_of, discards
from isogloss.core.registry.tallies import ARTIFACT, HEAD, VERSION, of_artifact, summed


class BySlug(Struct, frozen=True):
    """The artifact with this slug, made where there is none under the name that the slug stands for."""

    slug: str


class ByName(Struct, frozen=True):
    """The artifact with this kind and name, made where there is none.

    ``custom_name`` tells that somebody chose the name; said once, it holds.
    """

    name: str
    kind: str = names.ORDINARY
    custom_name: bool = True


class ByWord(Struct, frozen=True):
    """The artifact of this kind with this word, made where there is none under the name that the word stands for."""

    word: str
    kind: str = names.ORDINARY


class ById(Struct, frozen=True):
    """The artifact with this id, which must exist."""

    id: str
    custom_name: bool = False


Target: TypeAlias = BySlug | ByName | ByWord | ById | None
"""The artifact that a version is written to; None stands for a new one without a name."""


async def locked_target(
    registry: Registry,
    unit: Writer,
    caller: Principal,
    project: Project,
    target: Target,
    *,
    dialect: str,
    internal: bool,
) -> Artifact:
    """The artifact that is meant, locked, and made if need be: as one that only its own dialect sees, if ``internal``.

    Raises ``Invalid`` for a name that is none, ``NotFound`` for an id, and ``Conflict`` for a slug or word that
    belongs to another name.
    """
    match target:
        case None:
            new = _new(registry, caller, project, dialect, names.ORDINARY, None, custom_name=False, internal=internal)
            await unit.add(new, of_artifact(registry, new, ARTIFACT, 1, internal=internal))
            return new
        case ById(artifact_id, custom_name):
            found = await unit.lock(Artifact, id=artifact_id)
            if found is None or found.project_id != project.id:
                raise NotFound("artifact", artifact_id)
            return await _named_by_somebody(unit, found, custom_name)
        case ByName(name, kind, custom_name):
            names.check_name("name", name)
            names.check_kind(kind)
            key: dict[str, Any] = {"kind": kind, "name": name}
        case BySlug(slug):
            names.check_name("key", slug)
            key, custom_name = {"slug": slug}, False
        case ByWord(word, kind):
            names.check_kind(kind)
            key, custom_name = {"kind": kind, "word": word}, False
    found = await unit.lock(Artifact, project_id=project.id, **key)
    if found is None:
        new = _first(registry, caller, project, target, dialect=dialect, internal=internal)
        if await unit.add_if_absent(new):
            await unit.add(of_artifact(registry, new, ARTIFACT, 1, internal=internal))
            return new
        # Somebody else made it since we looked.
        found = await unit.lock(Artifact, project_id=project.id, **key)
        if found is None:
            # Only a form that ends in a digest can belong to another name.
            raise Conflict(f"The name {new.name!r} is written in another way already.")
    return await _named_by_somebody(unit, found, custom_name)


def _first(
    registry: Registry,
    caller: Principal,
    project: Project,
    target: BySlug | ByName | ByWord,
    *,
    dialect: str,
    internal: bool,
) -> Artifact:
    """The artifact that is made where none is meant by the target yet."""
    make = partial(_new, registry, caller, project, dialect, internal=internal)
    match target:
        case ByName(name, kind, custom_name):
            return make(kind, name, custom_name=custom_name)
        case BySlug(slug):
            kind, name = names.named(names.SLUG, slug)
            return replace(make(kind, name, custom_name=True), slug=slug)
        case ByWord(word, kind):
            _, name = names.named(names.WORD, word)
            return replace(make(kind, name, custom_name=True), word=word)


async def create_artifact(
    registry: Registry, unit: Writer, caller: Principal, project: Project, target: ByName, dialect: str
) -> Artifact:
    """Make an artifact that has no version yet. Raises ``Denied``, ``Invalid``, and ``Conflict`` for a taken name."""
    require(caller, Role.EDITOR)
    names.check_name("name", target.name)
    names.check_kind(target.kind)
    new = _new(
        registry,
        caller,
        project,
        dialect,
        target.kind,
        target.name,
        custom_name=target.custom_name,
        internal=False,
    )
    if not await unit.add_if_absent(new):
        raise Conflict(f"An artifact named {target.name!r} exists already in the project {project.name!r}.")
    await unit.add(of_artifact(registry, new, ARTIFACT, 1))
    return new


async def lock_artifact(unit: Writer, artifact_id: str) -> Artifact:
    """The artifact of this id, locked. Raises ``NotFound``."""
    found = await unit.lock(Artifact, id=artifact_id)
    if found is None:
        raise NotFound("artifact", artifact_id)
    return found


async def change_artifact(
    registry: Registry,
    unit: Writer,
    caller: Principal,
    artifact_id: str,
    *,
    name: str | None = None,
    custom_name: bool | None = None,
) -> Artifact:
    """Rename an artifact, which keeps its kind, and say whether somebody chose its name; answers it as it then is.

    Its key and every other form move along; the old ones are not kept. Raises ``Denied``, ``NotFound``, ``Invalid``
    for a name that is none, and ``Conflict`` for one that is taken.
    """
    require(caller, Role.EDITOR)
    artifact = await lock_artifact(unit, artifact_id)
    changes: dict[str, Any] = {"updated": max(registry.clock(), artifact.updated + 1)}
    if custom_name is not None:
        changes["custom_name"] = custom_name
    if name is not None and name != artifact.name:
        names.check_name("name", name)
        slug, word = names.artifact_forms(artifact.kind, name)
        for taken in ({"kind": artifact.kind, "name": name}, {"slug": slug}, {"kind": artifact.kind, "word": word}):
            if await unit.get(Artifact, project_id=artifact.project_id, **taken) is not None:
                raise Conflict(f"An artifact named {name!r} exists already.")
        changes |= {"name": name, "slug": slug, "word": word}
        if artifact.name is None and artifact.head_id is not None:
            await unit.add(of_artifact(registry, artifact, HEAD, 1))
    await unit.change(Artifact, {"id": artifact.id}, **changes)
    return replace(artifact, **changes)


async def delete_artifact(registry: Registry, unit: Writer, caller: Principal, artifact_id: str) -> Artifact:
    """Delete an artifact with all of its versions, whoever uses them; answers it as it was.

    Raises ``Denied`` and ``NotFound``.
    """
    require(caller, Role.EDITOR)
    artifact = await lock_artifact(unit, artifact_id)
    await remove_artifacts(registry, unit, [artifact])
    return artifact


async def remove_artifacts(registry: Registry, unit: Writer, artifacts: list[Artifact]) -> None:
    """Remove locked artifacts with all of their versions, in a number of statements that is always the same."""
    if not artifacts:
        return
    ids = [artifact.id for artifact in artifacts]
    by_artifact = {artifact.id: artifact for artifact in artifacts}
    wanted = AnyOf("artifact_id", tuple(ids))
    fields = ("id", "artifact_id", "internal", "owned", "project_id", "created", "uri")
    found = await unit.rows(Query(source="version", fields=fields, project_id=None, where=wanted))
    version_ids = [row[0] for row in found]
    stages = await unit.find(Stage, artifact_id=ids)
    kept = [each for row in found for each in bytes_of(row[4], row[0], owned=row[3], created=row[5], uri=row[6])]
    staged = [(owned_prefix(stage.project_id, stage.id), stage.expires) for stage in stages]
    await unit.add(*discards(registry, kept + staged))
    await unit.remove(Stage, artifact_id=ids)
    if version_ids:
        await remove_belongings(registry, unit, version_ids)
        await unit.remove(Version, id=version_ids)
    await tags.remove_links(registry, unit, "artifact", ids)
    await unit.remove(MetadataEntry, entity="artifact", entity_id=ids)
    await unit.remove(Artifact, id=ids)
    rows = [
        of_artifact(registry, by_artifact[artifact_id], VERSION, -1, internal=internal)
        for _, artifact_id, internal, *_ in found
    ]
    for artifact in artifacts:
        rows.append(of_artifact(registry, artifact, ARTIFACT, -1, internal=artifact.internal))
        if artifact.name is not None and artifact.head_id is not None:
            rows.append(of_artifact(registry, artifact, HEAD, -1))
    await unit.add(*summed(rows))


async def remove_belongings(registry: Registry, unit: Writer, version_ids: list[str]) -> None:
    """Remove what goes with versions: their tags, metadata and links."""
    await tags.remove_links(registry, unit, "version", version_ids)
    await unit.remove(MetadataEntry, entity="version", entity_id=version_ids)
    await unit.remove(RunLink, version_id=version_ids)
    await unit.remove(RecordLink, entity="version", entity_id=version_ids)


async def get_artifact(unit: Reader, caller: Principal, artifact_id: str) -> Artifact:
    """The artifact of this id, whatever dialect wrote it. Raises ``Denied``, and ``NotFound`` for an internal one."""
    require(caller, Role.VIEWER)
    found = await unit.get(Artifact, id=artifact_id)
    if found is None or found.internal:
        raise NotFound("artifact", artifact_id)
    return found


async def _named_by_somebody(unit: Writer, artifact: Artifact, custom_name: bool) -> Artifact:
    if not custom_name or artifact.custom_name:
        return artifact
    await unit.change(Artifact, {"id": artifact.id}, custom_name=True)
    return replace(artifact, custom_name=True)


def _new(
    registry: Registry,
    caller: Principal,
    project: Project,
    dialect: str,
    kind: str,
    name: str | None,
    *,
    custom_name: bool,
    internal: bool,
) -> Artifact:
    now = registry.clock()
    slug, word = (None, None) if name is None else names.artifact_forms(kind, name)
    return Artifact(
        id=registry.new_id(),
        project_id=project.id,
        kind=kind,
        name=name,
        custom_name=custom_name,
        slug=slug,
        word=word,
        ordinals=0,
        highest=None,
        versions=0,
        internal=internal,
        dialect=dialect,
        author_id=caller.user_id,
        created=now,
        updated=now,
        head_id=None,
        head_version_id=None,
        head_created=None,
        head_updated=None,
    )
