"""Manifests: what a client says of a version.

A manifest has members that every kind has, for which the registry has fields, and others, which are kept as they came
and given back. Those that a kind demands are checked: clients validate what they read, and one row that they do not
take spoils the page it is on.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, StringConstraints

from isogloss.adapters.call import Malformed
from isogloss.adapters.truefoundry.bodies.common import Alias, Count, Description, Name, Positive, RepoName, Text
from isogloss.adapters.truefoundry.kinds import ARTIFACT, BY_MANIFEST_TYPE, MODEL, SKILL, Kind

KEPT = ConfigDict(extra="allow")


class Common(BaseModel):
    """The members that every kind has. ``model_extra`` holds the rest."""

    model_config = KEPT

    type: Text
    name: Name
    ml_repo: RepoName
    metadata: dict[str, Any]
    version: Positive | None = None
    version_alias: Alias | None = None
    description: Description | None = None
    step: Count = 0
    run_id: Text | None = None


class _Wrapped(BaseModel):
    manifest: Common


class ManagedSource(BaseModel):
    """Bytes that the registry gave a place to; ``uri`` is that place, as it was told when the version was staged."""

    model_config = KEPT

    type: Literal["truefoundry"] = "truefoundry"
    uri: Annotated[Text, StringConstraints(pattern=r"^(s3|gs|wasbs)://")] | None = None


class ExternalSource(BaseModel):
    """Bytes that lie elsewhere, and stay there."""

    model_config = KEPT

    type: Literal["external"]
    uri: Annotated[Text, StringConstraints(pattern=r"^(s3|gs|wasbs)://")]


class Manifest(Struct, frozen=True, kw_only=True):
    """A manifest that was checked: its kind, the members that all have, and all others as they came."""

    kind: Kind
    common: Common
    rest: dict[str, Any]

    @property
    def source(self) -> dict[str, Any]:
        """Where the bytes lie; empty for a kind that has none."""
        found = self.rest.get("source")
        return found if isinstance(found, dict) else {}


SOURCES: Mapping[str, type[BaseModel]] = {"truefoundry": ManagedSource, "external": ExternalSource}
"""The sources that a version may have, by their type."""

WHERE = "body.manifest"


def read_manifest(given: Any) -> Manifest:
    """The manifest of a version, checked. Raises ``Malformed``, and pydantic's ``ValidationError``."""
    if not isinstance(given, dict):
        raise Malformed(WHERE, "must be an object.")
    kind = BY_MANIFEST_TYPE.get(given.get("type", ARTIFACT.manifest_type))
    if kind is None:
        known = ", ".join(BY_MANIFEST_TYPE)
        raise Malformed(f"{WHERE}.type", f"{given['type']!r} is no type of a version; it is one of {known}.")
    return manifest_of(kind, given)


def manifest_of(kind: Kind, given: Any) -> Manifest:
    """The manifest of a version of this kind, which its type may leave unsaid. Raises as ``read_manifest``."""
    if not isinstance(given, dict):
        raise Malformed(WHERE, "must be an object.")
    if given.get("type", kind.manifest_type) != kind.manifest_type:
        raise Malformed(f"{WHERE}.type", f"must be {kind.manifest_type!r} here, this is {given['type']!r}.")
    # Wrapped, so that what is wrong is told by its place in the body.
    common = _Wrapped.model_validate({"manifest": {**given, "type": kind.manifest_type}}).manifest
    rest = common.model_extra or {}
    PARTS[kind.name](rest)
    return Manifest(kind=kind, common=common, rest=rest)


def check_source(rest: dict[str, Any]) -> None:
    """Raise ``Malformed`` or ``ValidationError`` unless the manifest says where its bytes lie."""
    source = rest.get("source")
    if not isinstance(source, dict):
        raise Malformed(f"{WHERE}.source", "must be an object.")
    shape = SOURCES.get(source.get("type", "truefoundry"))
    if shape is None:
        # Paths of the client's own disk mean nothing here: clients upload first.
        raise Malformed(f"{WHERE}.source.type", f"must be one of {', '.join(SOURCES)}: upload local files first.")
    shape.model_validate(source)


def _nothing_more(rest: dict[str, Any]) -> None:
    """For a kind whose other members are free."""


PARTS: Mapping[str, Callable[[dict[str, Any]], None]] = {
    ARTIFACT.name: check_source,
    MODEL.name: check_source,
    SKILL.name: check_source,
    "prompt": _nothing_more,
}
"""What checks the members that only one kind has."""
