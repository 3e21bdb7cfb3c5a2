"""Applying a manifest: what makes a version, or changes one."""

from typing import Any

import msgspec
from msgspec import Struct

from isogloss.adapters.call import Call, Malformed, dump
from isogloss.adapters.truefoundry import guesses
from isogloss.adapters.truefoundry.bodies.manifests import WHERE, Manifest, same_content
from isogloss.adapters.truefoundry.kinds import DIALECT
from isogloss.adapters.truefoundry.lookup import artifact_of, named_project
from isogloss.adapters.truefoundry.places import lies_here
from isogloss.adapters.truefoundry.version_translate import BESIDE
from isogloss.core.errors import NotFound
from isogloss.core.model import Artifact, Project, Stage, Version
from isogloss.core.places import owned_prefix, owned_uri
from isogloss.core.ports import Writer
from isogloss.core.registry.artifacts import ByWord
from isogloss.core.registry.stages import take_stage, take_stage_for_bytes_elsewhere
from isogloss.core.registry.transfers import files_of
from isogloss.core.registry.versions import VersionDraft, lock_version, rewrite_version, write_version
from isogloss.core.renderings import MARKDOWN

ROLES = {"model": "model", "artifact": "data", "prompt": "data", "skill": "data", "plot": "data", "image": "data"}
"""What a version of a kind holds, in the core's words."""


class Applied(Struct, frozen=True, kw_only=True):
    """A version as a manifest left it. ``new`` tells that it was made just now, and so has no tags yet."""

    version: Version
    project: Project
    new: bool


async def apply(call: Call, unit: Writer, manifest: Manifest) -> Applied:
    """Make the version that a manifest describes, or change the one that it names.

    Raises ``Denied``, ``NotFound``, ``Conflict`` for an alias that is taken, and ``Malformed``.
    """
    project = await named_project(unit, manifest.common.ml_repo)
    if manifest.common.version is not None:
        return await _change(call, unit, project, manifest, manifest.common.version)
    root = manifest.source.get("uri")
    if root is not None and _is_ours(call, manifest, root):
        return await _apply_stage(call, unit, project, manifest, root)
    if not manifest.kind.keeps_data and "uri" not in manifest.source and manifest.source.get("type") != "inline":
        raise Malformed(
            f"{WHERE}.source.uri",
            "must be the storage root that staging the version answered; stage it, and upload its files, first.",
        )
    return await _write(call, unit, project, manifest)


def _is_ours(call: Call, manifest: Manifest, root: str) -> bool:
    """Whether a source says that its bytes lie where the registry gave them a place."""
    match manifest.source.get("type", "truefoundry"):
        case "truefoundry":
            return True
        case "blob-storage":
            # A skill's source is of the same type wherever it lies.
            return lies_here(files_of(call.registry).shared, root)
    return False


async def finalize(call: Call, unit: Writer, stage: Stage, manifest: Manifest) -> Applied:
    """Make the version of a stage, whose bytes lie there or elsewhere, as its manifest says. Raises as ``apply``."""
    project = await named_project(unit, manifest.common.ml_repo)
    root = manifest.source.get("uri")
    if root == stage.root:
        return await _apply_stage(call, unit, project, manifest, root)
    taken = await take_stage_for_bytes_elsewhere(call.registry, unit, stage.root)
    if taken is None:
        raise NotFound("stage", stage.id)
    await _check_artifact(unit, project, manifest, taken)
    return await _write(call, unit, project, manifest, id=taken.id)


async def change_version(call: Call, unit: Writer, version_id: str, manifest: Manifest) -> Applied:
    """Change the version of this id to its manifest. Raises as ``apply``, and ``Malformed`` for that of another."""
    version, artifact = await lock_version(unit, version_id)
    project = await named_project(unit, manifest.common.ml_repo)
    named = await artifact_of(unit, project, manifest.kind, manifest.common.name)
    if named is None or named.id != artifact.id or manifest.common.version not in (None, version.ordinal):
        raise Malformed(WHERE, "must name the version that is changed: its repo, name and version stay as they are.")
    return await _rewrite(call, unit, project, version, artifact, manifest)


async def _apply_stage(call: Call, unit: Writer, project: Project, manifest: Manifest, root: str) -> Applied:
    stage = await take_stage(call.registry, unit, root)
    if stage is None:
        # A client that heard no answer applies again.
        applied = await _applied(unit, project, manifest, root)
        if applied is None:
            raise Malformed(
                f"{WHERE}.source.uri",
                f"{root!r} is no place that was staged, or not any more; stage the version again.",
            )
        return await _rewrite(call, unit, project, *await lock_version(unit, applied.id), manifest)
    await _check_artifact(unit, project, manifest, stage)
    uri = owned_uri(files_of(call.registry).shared, owned_prefix(stage.project_id, stage.id))
    return await _write(call, unit, project, manifest, id=stage.id, uri=uri, owned=True)


async def _check_artifact(unit: Writer, project: Project, manifest: Manifest, stage: Stage) -> None:
    staged = await unit.get(Artifact, id=stage.artifact_id)
    named = await artifact_of(unit, project, manifest.kind, manifest.common.name)
    if staged is None or named is None or staged.id != named.id:
        raise Malformed(f"{WHERE}.source.uri", f"{stage.root!r} was staged for another artifact than this one.")


async def _applied(unit: Writer, project: Project, manifest: Manifest, root: str) -> Version | None:
    """The version that was applied from this place before."""
    version = await unit.get(Version, id=root.rpartition("/")[2])
    if version is None or version.project_id != project.id or not version.owned:
        return None
    artifact = await artifact_of(unit, project, manifest.kind, manifest.common.name)
    return version if artifact is not None and version.artifact_id == artifact.id else None


async def _write(call: Call, unit: Writer, project: Project, manifest: Manifest, **place: Any) -> Applied:
    common, kept = manifest.common, dump(manifest.rest)
    text = manifest.source.get("skill_md") if manifest.source.get("type") == "inline" else None
    draft = VersionDraft(
        dialect=DIALECT,
        role=ROLES[manifest.kind.name],
        description=common.description,
        metadata=dump(common.metadata),
        producer_run=common.run_id,
        step=common.step,
        alias=common.version_alias,
        # What is said within the manifest itself is content to the others.
        data=kept if manifest.kind.keeps_data else None if text is None else dump(text),
        form=None if text is None else MARKDOWN,
        facet=None if manifest.kind.keeps_data else kept,
        **{"uri": manifest.source.get("uri"), **place},
    )
    target = ByWord(common.name, manifest.kind.name)
    made = await write_version(call.registry, unit, call.caller, project, draft, target)
    return Applied(version=made, project=project, new=True)


async def _change(call: Call, unit: Writer, project: Project, manifest: Manifest, number: int) -> Applied:
    artifact = await artifact_of(unit, project, manifest.kind, manifest.common.name)
    found = None if artifact is None else await unit.get(Version, artifact_id=artifact.id, ordinal=number)
    if found is None or found.internal:
        raise NotFound("version", f"{manifest.common.name}:{number}")
    version, locked = await lock_version(unit, found.id)
    return await _rewrite(call, unit, project, version, locked, manifest)


async def _rewrite(
    call: Call, unit: Writer, project: Project, version: Version, artifact: Artifact, manifest: Manifest
) -> Applied:
    """Change a version to its manifest, which replaces the old one whole, short of where the bytes lie."""
    common = manifest.common
    changes: dict[str, Any] = {
        "description": common.description,
        "metadata": dump(common.metadata),
        "alias": common.version_alias,
    }
    if version.dialect == DIALECT:
        changes |= {"producer_run": common.run_id, "step": common.step}
        changes["data" if manifest.kind.keeps_data else "facet"] = dump(_rest(version, manifest))
    changed = await rewrite_version(call.registry, unit, version, artifact, **changes)
    return Applied(version=changed, project=project, new=False)


def _rest(version: Version, manifest: Manifest) -> dict[str, Any]:
    """The members that only this dialect knows, as they are kept of a version that is there. Raises ``Malformed``."""
    kind, rest = manifest.kind, manifest.rest
    kept = version.data if kind.keeps_data else version.facet
    if kept is None:
        return rest
    before: dict[str, Any] = msgspec.json.decode(kept)
    if (
        manifest.source.get("type", "truefoundry") == "truefoundry"
        and manifest.source.get("uri") is None
        and not kind.keeps_data
    ):
        # Who changes what is said of a version need not know where its bytes lie.
        rest = rest | {"source": before["source"]}
    if not same_content(kind, before, rest):
        raise Malformed(WHERE if kind.keeps_data else f"{WHERE}.source", guesses.CONTENT_CHANGED)
    return {member: before[member] for member in BESIDE if member in before} | rest
