"""Manifests: what a client says of a version.

A manifest has members that every kind has, for which the registry has fields, and others, which are kept as they came
and given back. Those that a kind demands are checked: clients validate what they read, and one row that they do not
take spoils the page it is on.
"""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from msgspec import Struct
from pydantic import BaseModel

from isogloss.adapters.call import Malformed
from isogloss.adapters.truefoundry import guesses
from isogloss.adapters.truefoundry.bodies.common import KEPT, Alias, Count, Description, Name, Positive, RepoName, Text
from isogloss.adapters.truefoundry.bodies.models import ModelParts
from isogloss.adapters.truefoundry.bodies.prompts import PromptParts
from isogloss.adapters.truefoundry.bodies.sources import SKILL_SOURCES, VERSION_SOURCES, Sources
from isogloss.adapters.truefoundry.kinds import ARTIFACT, BY_MANIFEST_TYPE, IMAGE, MODEL, PLOT, PROMPT, SKILL, Kind


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


Shape = TypeVar("Shape", bound=BaseModel)


class _Of(BaseModel, Generic[Shape]):
    """A shape at its place in a body, so that what is wrong is told by its place."""

    manifest: Shape


class _From(BaseModel, Generic[Shape]):
    source: Shape


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


WHERE = "body.manifest"


# Made once: pydantic takes as long to look a shape of shapes up as to validate by it.
_COMMON = _Of[Common]
_FROM: Mapping[type[BaseModel], type[BaseModel]] = {
    shape: _Of[_From[shape]]  # type: ignore[valid-type]
    for shape in (*VERSION_SOURCES.values(), *SKILL_SOURCES.values())
}


def read_manifest(given: Any) -> Manifest:
    """The manifest of a version, checked. Raises ``Malformed``, and pydantic's ``ValidationError``."""
    if not isinstance(given, dict):
        raise Malformed(WHERE, "must be an object.")
    named = given.get("type", ARTIFACT.manifest_type)
    kind = BY_MANIFEST_TYPE.get(named) if isinstance(named, str) else None
    if kind is None:
        known = ", ".join(BY_MANIFEST_TYPE)
        raise Malformed(f"{WHERE}.type", f"{named!r} is no type of a version; it is one of {known}.")
    return manifest_of(kind, given)


def manifest_of(kind: Kind, given: Any) -> Manifest:
    """The manifest of a version of this kind, which its type may leave unsaid. Raises as ``read_manifest``."""
    common = common_of(kind, given)
    return Manifest(kind=kind, common=common, rest=PARTS[kind.name](common.model_extra or {}))


def common_of(kind: Kind, given: Any) -> Common:
    """The members that every kind has; the others are not looked at. Raises as ``read_manifest``."""
    if not isinstance(given, dict):
        raise Malformed(WHERE, "must be an object.")
    if given.get("type", kind.manifest_type) != kind.manifest_type:
        raise Malformed(f"{WHERE}.type", f"must be {kind.manifest_type!r} here, this is {given['type']!r}.")
    return _COMMON.model_validate({"manifest": {**given, "type": kind.manifest_type}}).manifest


def check_source(rest: dict[str, Any], sources: Sources = VERSION_SOURCES) -> dict[str, Any]:
    """The members themselves. Raises ``Malformed`` or ``ValidationError`` unless they say where the bytes lie."""
    source = rest.get("source")
    if not isinstance(source, dict):
        raise Malformed(f"{WHERE}.source", "must be an object.")
    named = source.get("type", next(iter(sources)))
    shape = sources.get(named) if isinstance(named, str) else None
    if shape is None:
        # Paths of the client's own disk mean nothing here: clients upload first.
        raise Malformed(f"{WHERE}.source.type", f"must be one of {', '.join(sources)}: upload local files first.")
    _FROM[shape].model_validate({"manifest": {"source": source}})
    return rest


def _check_skill(rest: dict[str, Any]) -> dict[str, Any]:
    return check_source(rest, SKILL_SOURCES)


def _check_model(rest: dict[str, Any]) -> dict[str, Any]:
    _Of[ModelParts].model_validate({"manifest": rest})
    return check_source(rest)


def _check_prompt(rest: dict[str, Any]) -> dict[str, Any]:
    parts = _Of[PromptParts].model_validate({"manifest": rest}).manifest
    if parts.variables is None:
        return rest
    return rest | {"variables": {name: guesses.filled(value) for name, value in parts.variables.items()}}


PARTS: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    ARTIFACT.name: check_source,
    PLOT.name: check_source,
    IMAGE.name: check_source,
    MODEL.name: _check_model,
    SKILL.name: _check_skill,
    PROMPT.name: _check_prompt,
}
"""What checks the members that only one kind has, and answers them as they are kept."""


def same_content(kind: Kind, one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether what two manifests of a kind say of a version's content, which never changes, comes to the same."""
    if kind.keeps_data:
        return PromptParts.model_validate(one).model_dump() == PromptParts.model_validate(other).model_dump()
    return all(one.get("source", {}).get(name) == other.get("source", {}).get(name) for name in _OF_CONTENT)


_OF_CONTENT = ("type", "uri", "skill_md")
"""The members of a source that say which content it is."""
