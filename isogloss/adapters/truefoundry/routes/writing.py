"""Making and changing versions: apply, delete by manifest, tag."""

from typing import Any

from isogloss.adapters.call import Body, Call, Malformed
from isogloss.adapters.operations import Route, Write, WriteOperation
from isogloss.adapters.truefoundry import guesses
from isogloss.adapters.truefoundry.apply import Applied, apply
from isogloss.adapters.truefoundry.around import metrics_of, tags_of, users_of
from isogloss.adapters.truefoundry.bodies.manifests import WHERE, Common, Manifest, manifest_of
from isogloss.adapters.truefoundry.bodies.requests import Tags, WithManifest
from isogloss.adapters.truefoundry.kinds import ARTIFACT, KINDS, MODEL, PROMPT, Kind
from isogloss.adapters.truefoundry.lookup import artifact_of, named_project
from isogloss.adapters.truefoundry.routes.versions import delete_version_of
from isogloss.adapters.truefoundry.version_translate import Around, row_from, version
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.model import Version
from isogloss.core.ports import Writer
from isogloss.core.registry import tags
from isogloss.core.registry.transfers import files_of
from isogloss.core.registry.versions import lock_version

_WITH_MANIFEST = Body.of(WithManifest)
_TAGS = Body.of(Tags)

COLOUR = "grey"
"""The colour of tags that were made where tags have none."""


def apply_version(kind: Kind) -> WriteOperation:
    """Make a version, or change the one that the manifest names by its number."""

    async def apply_version(call: Call, unit: Writer) -> dict[str, Any]:
        require(call.caller, Role.EDITOR)
        body: WithManifest = _WITH_MANIFEST.read(call)
        return {"data": await applied(call, unit, manifest_of(kind, body.manifest))}

    return apply_version


async def applied(call: Call, unit: Writer, manifest: Manifest) -> dict[str, Any]:
    """Apply a manifest; answers the version as it is then. Raises as ``apply``."""
    return await shown_applied(call, unit, await apply(call, unit, manifest), manifest.common.name)


async def shown_applied(call: Call, unit: Writer, applied: Applied, word: str) -> dict[str, Any]:
    """What was applied, as it is answered: nothing is read again that is known."""
    row = row_from(applied.version, word)
    tagged = [] if applied.new else [row.id]
    around = Around(
        tenant=call.host.tenant,
        place=files_of(call.registry).shared,
        projects={applied.project.id: applied.project},
        users=await users_of(unit, [row.author_id], call.host.tenant),
        tags=await tags_of(unit, tagged),
        metrics=await metrics_of(unit, [row]),
    )
    return version(row, around)


def tag_version(kind: Kind) -> WriteOperation:
    """Put tags on a version. A tag is on at most one version of an artifact; ``force`` moves it."""

    async def tag_version(call: Call, unit: Writer) -> dict[str, Any]:
        require(call.caller, Role.EDITOR)
        body: Tags = _TAGS.read(call)
        version_id = (body.model_extra or {}).get(kind.version_id_field)
        if not isinstance(version_id, str):
            raise Malformed(f"body.{kind.version_id_field}", "must be the id of a version.")
        tagged, artifact = await lock_version(unit, version_id)
        if artifact.kind != kind.name:
            raise NotFound("version", version_id)
        found = await tags.ensure_tags(call.registry, unit, call.caller, body.tags, lambda: COLOUR)
        await tags.attach_to_one(call.registry, unit, call.caller, found, tagged, force=body.force)
        return {}

    return tag_version


async def delete_by_manifest(call: Call, unit: Writer) -> dict[str, Any]:
    """Delete the version of an artifact that a manifest names by its number or its alias."""
    require(call.caller, Role.EDITOR)
    body: WithManifest = _WITH_MANIFEST.read(call)
    await delete_named(call, unit, ARTIFACT, manifest_of(ARTIFACT, body.manifest).common)
    return {}


async def delete_named(call: Call, unit: Writer, kind: Kind, common: Common) -> None:
    """Delete the version that a manifest names. Raises ``Denied``, ``Malformed`` where it names none, ``NotFound``."""
    if common.version is None and common.version_alias is None:
        raise Malformed(WHERE, guesses.NAMES_NO_VERSION)
    artifact = await artifact_of(unit, await named_project(unit, common.ml_repo), kind, common.name)
    named = {"ordinal": common.version, "alias": common.version_alias}
    key = {field: value for field, value in named.items() if value is not None}
    found = None if artifact is None else await unit.get(Version, artifact_id=artifact.id, **key)
    if found is None:
        raise NotFound("version", f"{common.name}:{common.version or common.version_alias}")
    await delete_version_of(call, unit, found.id, kind)


_TAGGED = (ARTIFACT, MODEL, PROMPT)
"""The kinds whose versions bear tags, as far as there are routes for it."""

ROUTES: tuple[Route, ...] = (
    *(Write("PUT", f"/{kind.path}-versions", apply_version(kind)) for kind in KINDS),
    *(Write("PUT", f"/{kind.path}-versions/tags", tag_version(kind)) for kind in _TAGGED),
)

ML_ROUTES: tuple[Route, ...] = (Write("POST", "/artifact-versions", delete_by_manifest),)
"""What only the older family has."""
