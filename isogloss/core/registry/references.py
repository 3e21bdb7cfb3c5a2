"""What references mean here: the versions and runs that they name, and what versions are called.

A number of references is resolved in a number of statements that does not depend on it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct

from isogloss.core.access import Principal, Role, require
from isogloss.core.errors import Invalid, NotFound
from isogloss.core.model import Artifact, Project, Run, Version
from isogloss.core.ports import Reader
from isogloss.core.query import AnyOf, Query
from isogloss.core.references import (
    OWN_NAMING,
    Alias,
    Identified,
    InProject,
    Label,
    Meaning,
    Named,
    Names,
    Newest,
    Ordinal,
    Which,
    is_reference,
    read_reference,
)
from isogloss.core.registry.context import Registry

VERSION, RUN = "version", "run"


class Target(Struct, frozen=True):
    """What a reference names: ``entity`` is version or run."""

    entity: str
    id: str
    project_id: str


class VersionTarget(Struct, frozen=True, kw_only=True):
    """A version with its artifact and project."""

    version: Version
    artifact: Artifact
    project: Project


class Candidate(Struct, frozen=True):
    """A version or run that a text names, in a dialect's reading."""

    dialect: str
    target: Target


Candidates: TypeAlias = Mapping[str, Sequence[Candidate]]
"""What texts name, each thing once, in the order of readings. A text that is not there names nothing."""


async def resolve(registry: Registry, unit: Reader, caller: Principal, reference: str) -> Target:
    """The version or run that a reference names.

    Raises ``Denied``, ``NotFound``, and ``Invalid`` for a text that is no reference, or that names several things.
    """
    require(caller, Role.VIEWER)
    # Said of the text itself, where a reference within metadata would only be passed over.
    read_reference(reference, registry.namings)
    found = (await candidates(registry, unit, [reference])).get(reference, ())
    if not found:
        raise NotFound("version or run", reference.strip())
    if len(found) > 1:
        listed = ", ".join(f"{each.target.id} (as {each.dialect} reads it)" for each in found)
        raise Invalid("reference", f"{reference.strip()!r} names several: {listed}; write one of these ids instead")
    return found[0].target


async def resolve_version(registry: Registry, unit: Reader, caller: Principal, reference: str) -> Target:
    """As ``resolve``, and raises ``Invalid`` for a run."""
    target = await resolve(registry, unit, caller, reference)
    if target.entity != VERSION:
        raise Invalid("reference", f"{reference.strip()!r} is a run; this needs a version")
    return target


async def only_meant(registry: Registry, unit: Reader, references: Iterable[str]) -> dict[str, Target]:
    """What references name, those that name exactly one thing."""
    found = await candidates(registry, unit, references)
    return {text: each[0].target for text, each in found.items() if len(each) == 1}


async def candidates(registry: Registry, unit: Reader, references: Iterable[str]) -> Candidates:
    """All that references name; texts that are none name nothing."""
    read = {text: read_reference(text, registry.namings) for text in dict.fromkeys(references) if is_reference(text)}
    meant = await meanings(registry, unit, [meaning for each in read.values() for _, meaning in each])
    found: dict[str, list[Candidate]] = {}
    for text, readings in read.items():
        for dialect, meaning in readings:
            for target in meant.get(meaning, ()):
                known = found.setdefault(text, [])
                if all(target != other.target for other in known):
                    known.append(Candidate(dialect, target))
    return found


async def meanings(registry: Registry, unit: Reader, wanted: Iterable[Meaning]) -> dict[Meaning, list[Target]]:
    """The things that are meant, most often one or none: fifteen statements at most."""
    asked = list(dict.fromkeys(wanted))
    found: dict[Meaning, list[Target]] = {}
    named = [each for each in asked if isinstance(each, Named)]
    identified = [each for each in asked if isinstance(each, Identified)]
    newest: dict[str, list[Meaning]] = {}
    if identified:
        ids = [each.id for each in identified]
        for version in await unit.find(Version, id=ids):
            if not version.internal:
                found[Identified(version.id)] = [_version(version)]
        for run in await unit.find(Run, id=ids):
            found[Identified(run.id)] = [Target(RUN, run.id, run.project_id)]
        for artifact in await unit.find(Artifact, id=ids):
            newest.setdefault(artifact.id, []).append(Identified(artifact.id))
        # Heads have ids for one dialect alone, which knows no other project.
        home = registry.default_project.id
        heads = Query(source="head", fields=("artifact_id", "id"), project_id=home, where=AnyOf("id", tuple(ids)))
        for artifact_id, head_id in await unit.rows(heads):
            newest.setdefault(artifact_id, []).append(Identified(head_id))
    artifacts = await _artifacts(registry, unit, named)
    by_which: dict[type[Which], list[tuple[Named, Artifact]]] = {}
    for meaning, artifact in artifacts:
        by_which.setdefault(type(meaning.which), []).append((meaning, artifact))
    for meaning, artifact in by_which.pop(Newest, ()):
        newest.setdefault(artifact.id, []).append(meaning)
    for version in await _newest(unit, list(newest)):
        for means in newest[version.artifact_id]:
            found.setdefault(means, []).append(_version(version))
    for which, pairs in by_which.items():
        field = _FIELDS[which]
        of = sorted({artifact.id for _, artifact in pairs})
        values = sorted({getattr(meaning.which, field) for meaning, _ in pairs})
        kept = await unit.find(Version, artifact_id=of, **{field: values})
        there = {(version.artifact_id, getattr(version, field)): version for version in kept if not version.internal}
        for meaning, artifact in pairs:
            match = there.get((artifact.id, getattr(meaning.which, field)))
            if match is not None:
                found.setdefault(meaning, []).append(_version(match))
    return found


_FIELDS: dict[type[Which], str] = {Label: "label", Ordinal: "ordinal", Alias: "alias"}


async def _artifacts(registry: Registry, unit: Reader, named: Sequence[Named]) -> list[tuple[Named, Artifact]]:
    """The artifacts that are named, by what names them."""
    if not named:
        return []
    projects = await _projects(unit, {each.project for each in named if each.project is not None})
    projects[None] = registry.default_project.id
    by_form: dict[str, list[Named]] = {}
    for each in named:
        if each.project in projects:
            by_form.setdefault(each.form, []).append(each)
    found: list[tuple[Named, Artifact]] = []
    for form, members in by_form.items():
        key: dict[str, object] = {form: sorted({each.text for each in members})}
        if form != "id":
            key["project_id"] = sorted({projects[each.project] for each in members})
        if form in ("name", "word"):
            key["kind"] = sorted({each.kind for each in members if each.kind is not None})
        kept = [artifact for artifact in await unit.find(Artifact, **key) if not artifact.internal]
        for each in members:
            found += [(each, artifact) for artifact in kept if _is_meant(each, projects[each.project], artifact)]
    return found


def _is_meant(named: Named, project_id: str, artifact: Artifact) -> bool:
    return (
        artifact.project_id == project_id
        and getattr(artifact, named.form) == named.text
        and named.kind in (None, artifact.kind)
        and (named.form != "id" or artifact.name is None)
    )


async def _projects(unit: Reader, wanted: set[InProject]) -> dict[InProject | None, str]:
    found: dict[InProject | None, str] = {}
    for form in ("name", "word"):
        texts = sorted(each.text for each in wanted if each.form == form)
        if texts:
            for project in await unit.find(Project, **{form: texts}):
                found[InProject(form, getattr(project, form))] = project.id
    return found


async def _newest(unit: Reader, artifact_ids: list[str]) -> list[Version]:
    """The newest version of each artifact that every dialect sees, as whole as lists need it: one statement."""
    if not artifact_ids:
        return []
    rows = await unit.rows(
        Query(
            source="newest_shown_version",
            fields=tuple(f"version.{name}" for name in Version.__struct_fields__),
            project_id=None,
            where=AnyOf("id", tuple(artifact_ids)),
        )
    )
    return [Version(**dict(zip(Version.__struct_fields__, row, strict=True))) for row in rows]


def _version(version: Version) -> Target:
    return Target(VERSION, version.id, version.project_id)


async def whole(unit: Reader, version_ids: Sequence[str]) -> dict[str, VersionTarget]:
    """Versions that every dialect sees with their artifacts and projects, by id: three statements."""
    versions = [each for each in await unit.find(Version, id=list(version_ids)) if not each.internal]
    if not versions:
        return {}
    artifacts = {
        each.id: each for each in await unit.find(Artifact, id=sorted({version.artifact_id for version in versions}))
    }
    projects = {
        each.id: each for each in await unit.find(Project, id=sorted({version.project_id for version in versions}))
    }
    return {
        version.id: VersionTarget(
            version=version, artifact=artifacts[version.artifact_id], project=projects[version.project_id]
        )
        for version in versions
    }


async def spellings(registry: Registry, unit: Reader, found: VersionTarget) -> dict[str, str]:
    """What each dialect calls a version, the own grammar first: texts that mean it, read back by the same dialect.

    Where a dialect's name for it could mean another version as well, or does not exist, it is the id.
    """
    version, artifact = found.version, found.artifact
    names = Names(
        project=found.project,
        artifact=artifact,
        version=version,
        newest=artifact.head_version_id == version.id,
        default_project=found.project.id == registry.default_project.id,
    )
    spelled = {each.dialect: each.spell(names) or version.id for each in (OWN_NAMING, *registry.namings)}
    asked = {dialect: f"{dialect}:{text}" for dialect, text in spelled.items()}
    meant = await only_meant(registry, unit, asked.values())
    mine = _version(version)
    return {dialect: text if meant.get(asked[dialect]) == mine else version.id for dialect, text in spelled.items()}
