"""Making and changing versions: create, finalize, update, apply."""

from typing import Any

from isogloss.adapters.call import Body, Call, Malformed, dump
from isogloss.adapters.operations import Plain, Route, Write
from isogloss.adapters.reply import Reply
from isogloss.adapters.truefoundry.apply import apply, change_version, finalize
from isogloss.adapters.truefoundry.bodies.manifests import Manifest, manifest_of, read_manifest
from isogloss.adapters.truefoundry.bodies.requests import WithManifest
from isogloss.adapters.truefoundry.failures import Refusal
from isogloss.adapters.truefoundry.flow.bodies import (
    CreateArtifactVersion,
    CreateModelVersion,
    Described,
    ExportDeploymentFiles,
    FinalizeArtifactVersion,
    UpdateVersion,
)
from isogloss.adapters.truefoundry.flow.routes.experiments import project_with_id
from isogloss.adapters.truefoundry.flow.routes.versions import shown_model_version, shown_version
from isogloss.adapters.truefoundry.kinds import BY_FQN_TYPE, BY_NAME, DIALECT, MODEL
from isogloss.adapters.truefoundry.places import storage_root
from isogloss.adapters.truefoundry.routes.versions import row_of
from isogloss.adapters.truefoundry.routes.writing import shown_applied
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.model import Artifact, Project, Stage
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import transfers
from isogloss.core.registry.artifacts import ByWord
from isogloss.core.registry.stages import stage_version
from isogloss.core.registry.versions import lock_version, rewrite_version

_CREATE = Body.of(CreateArtifactVersion)
_FINALIZE = Body.of(FinalizeArtifactVersion)
_CREATE_MODEL = Body.of(CreateModelVersion)
_UPDATE = Body.of(UpdateVersion)
_WITH_MANIFEST = Body.of(WithManifest)
_EXPORT = Body.of(ExportDeploymentFiles)

NO_DEPLOYMENTS = (
    "This registry deploys nothing, and so makes no files for a deployment; download the model version, and write them"
    " for the server that is to load it."
)


async def create_artifact_version(call: Call, unit: Writer) -> dict[str, Any]:
    """Give a version that is to be a place for its bytes."""
    require(call.caller, Role.EDITOR)
    body: CreateArtifactVersion = _CREATE.read(call)
    kind = BY_FQN_TYPE[body.artifact_type]
    if kind.keeps_data:
        raise Malformed("body.artifact_type", f"{body.artifact_type!r} has no files; apply its manifest at once.")
    project = await project_with_id(unit, str(body.experiment_id))
    place = transfers.files_of(call.registry).shared
    staged = await stage_version(
        call.registry,
        unit,
        call.caller,
        project,
        ByWord(body.name, kind.name),
        dialect=DIALECT,
        root=lambda prefix: storage_root(place, prefix),
    )
    return {"id": staged.id, "artifact_storage_root": staged.root}


async def finalize_artifact_version(call: Call, unit: Writer) -> dict[str, Any]:
    """Make the version of what was staged. A client that heard no answer asks again."""
    require(call.caller, Role.EDITOR)
    body: FinalizeArtifactVersion = _FINALIZE.read(call)
    await _make(call, unit, body.id, body)
    return await shown_version(call, unit, await row_of(unit, body.id))


async def create_model_version(call: Call, unit: Writer) -> dict[str, Any]:
    """Make a version of a model of what was staged for it, or describe the one that was finalized."""
    require(call.caller, Role.EDITOR)
    body: CreateModelVersion = _CREATE_MODEL.read(call)
    made = FinalizeArtifactVersion(id=body.artifact_version_id, **body.model_dump(exclude={"artifact_version_id"}))
    await _make(call, unit, body.artifact_version_id, made)
    return await shown_model_version(call, unit, await row_of(unit, body.artifact_version_id, MODEL))


async def update_artifact_version(call: Call, unit: Writer) -> dict[str, Any]:
    """Change a version of any kind."""
    return await shown_version(call, unit, await row_of(unit, await _update(call, unit)))


async def update_model_version(call: Call, unit: Writer) -> dict[str, Any]:
    """Change a version of a model."""
    return await shown_model_version(call, unit, await row_of(unit, await _update(call, unit), MODEL))


async def apply_manifest(call: Call, unit: Writer) -> dict[str, Any]:
    """Make a version of any kind, or change the one that the manifest names by its number."""
    require(call.caller, Role.EDITOR)
    body: WithManifest = _WITH_MANIFEST.read(call)
    manifest = read_manifest(body.manifest)
    made = await shown_applied(call, unit, await apply(call, unit, manifest), manifest.common.name)
    return {member: made[member] for member in ("id", "fqn", "manifest")}


async def export_deployment_files(call: Call) -> Reply:
    """Nothing: there is no platform here that could run a deployment."""
    require(call.caller, Role.VIEWER)
    _EXPORT.read(call)
    raise Refusal(501, NO_DEPLOYMENTS)


async def _make(call: Call, unit: Writer, version_id: str, body: FinalizeArtifactVersion) -> None:
    """Make the version of a stage; where that was done before, change it to what is said of it now."""
    stage = await unit.get(Stage, id=version_id)
    if stage is not None and stage.expires > call.registry.clock():
        artifact = await unit.get(Artifact, id=stage.artifact_id)
        assert artifact is not None, "a stage holds its artifact"
        await finalize(call, unit, stage, await _manifest(unit, body, artifact, stage.root))
        return
    found = await row_of(unit, version_id)
    artifact = await unit.get(Artifact, id=found.artifact_id)
    if artifact is None:
        raise NotFound("version", version_id)
    if body.manifest is not None:
        await change_version(call, unit, version_id, await _manifest(unit, body, artifact, None))
    else:
        await _describe(call, unit, version_id, body.description, body.artifact_metadata)


async def _manifest(unit: Reader, body: FinalizeArtifactVersion, artifact: Artifact, root: str | None) -> Manifest:
    """What a body says of a version, as a manifest. ``root`` is where its bytes are if it does not say so itself."""
    kind = BY_NAME[artifact.kind]
    given = dict(body.manifest) if body.manifest is not None else await _described(unit, body, artifact)
    source = given.get("source", {"type": "truefoundry"})
    if root is not None and isinstance(source, dict) and source.get("type", "truefoundry") == "truefoundry":
        given["source"] = {**source, "uri": root}
    given |= _beside(body)
    return manifest_of(kind, given)


async def _described(unit: Reader, body: FinalizeArtifactVersion, artifact: Artifact) -> dict[str, Any]:
    """The manifest of a version of which the client sent none."""
    project = await unit.get(Project, id=artifact.project_id)
    assert project is not None, "an artifact is in a project"
    return {
        "name": artifact.word,
        "ml_repo": project.word,
        "metadata": body.artifact_metadata or {},
        "description": body.description,
        "step": body.step or 0,
        "run_id": body.run_uuid,
    }


def _beside(body: Described) -> dict[str, Any]:
    """What a body says beside the manifest."""
    members: dict[str, Any] = {"internal_metadata": body.internal_metadata, "data_path": body.data_path}
    if isinstance(body, FinalizeArtifactVersion):
        members["artifact_size"] = body.artifact_size
    return {member: value for member, value in members.items() if value is not None}


async def _update(call: Call, unit: Writer) -> str:
    require(call.caller, Role.EDITOR)
    body: UpdateVersion = _UPDATE.read(call)
    if body.manifest is None:
        await _describe(call, unit, body.id, body.description, body.artifact_metadata)
        return body.id
    found = await row_of(unit, body.id)
    await change_version(call, unit, body.id, manifest_of(BY_NAME[found.kind], body.manifest))
    return body.id


async def _describe(
    call: Call, unit: Writer, version_id: str, description: str | None, metadata: dict[str, Any] | None
) -> None:
    """Change what is given of a version, and leave the rest."""
    version, artifact = await lock_version(unit, version_id)
    changes: dict[str, Any] = {} if description is None else {"description": description}
    if metadata is not None:
        changes["metadata"] = dump(metadata)
    await rewrite_version(call.registry, unit, version, artifact, **changes)


_VERSIONS, _MODELS = "/mlfoundry-artifacts/artifact-versions", "/mlfoundry-artifacts/model-versions"

ROUTES: tuple[Route, ...] = (
    Write("PUT", "/mlfoundry-artifacts/apply", apply_manifest),
    Write("POST", f"{_VERSIONS}/create", create_artifact_version),
    Write("POST", f"{_VERSIONS}/finalize", finalize_artifact_version),
    Write("POST", f"{_VERSIONS}/update", update_artifact_version),
    Write("POST", f"{_MODELS}/create", create_model_version),
    Write("POST", f"{_MODELS}/update", update_model_version),
    Plain("POST", f"{_MODELS}/export-deployment-files-by-fqn", export_deployment_files),
)
