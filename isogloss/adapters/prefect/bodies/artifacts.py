"""Artifacts: what makes one, changes one, and asks for some."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator

from isogloss.adapters.prefect.bodies.common import (
    ChoiceFilter,
    Filter,
    Identifier,
    Name,
    Pattern,
    Strict,
    Text,
    Word,
    within_index,
)

MAX_METADATA_CHARACTERS = 500

# ``match`` with ``$``, as the vendor has it: a line feed may end a key.
_KEY = re.compile("^[a-z0-9-]*$")


def _key(value: str) -> str:
    if not _KEY.match(value):
        raise ValueError("Artifact key must only contain lowercase letters, numbers, and dashes.")
    return value


def cut(value: str) -> str:
    """A value of metadata as it is kept: a long one is cut, not refused."""
    return value if len(value) <= MAX_METADATA_CHARACTERS else f"{value[:MAX_METADATA_CHARACTERS]}..."


def _cut_all(metadata: dict[str, str]) -> dict[str, str]:
    return {name: cut(value) for name, value in metadata.items()}


Metadata = Annotated[dict[Name, str], AfterValidator(_cut_all)]


class ArtifactCreate(Strict):
    """A new artifact; with a key, a new version of the collection of that key."""

    key: Annotated[str, AfterValidator(_key), AfterValidator(within_index)] | None = None
    type: Name | None = None
    description: Text | None = None
    data: Any = None
    metadata_: Metadata | None = None
    flow_run_id: Identifier | None = None
    task_run_id: Identifier | None = None


class ArtifactUpdate(Strict):
    """What may change of an artifact. Members not given stay as they are."""

    data: Any = None
    description: Text | None = None
    metadata_: Metadata | None = None


class ArtifactFilterId(Filter):
    """By id."""

    any_: list[Identifier] | None = None


class ArtifactFilterKey(Filter):
    """By key."""

    any_: list[Text] | None = None
    like_: Pattern | None = None
    exists_: bool | None = None


class ArtifactFilterFlowRunId(Filter):
    """By the flow run that made it."""

    any_: list[Identifier] | None = None


class ArtifactFilterTaskRunId(Filter):
    """By the task run that made it."""

    any_: list[Identifier] | None = None


class ArtifactFilterType(Filter):
    """By type."""

    any_: list[Text] | None = None
    not_any_: list[Text] | None = None


class ArtifactFilter(ChoiceFilter):
    """Which artifacts."""

    id: ArtifactFilterId | None = None
    key: ArtifactFilterKey | None = None
    flow_run_id: ArtifactFilterFlowRunId | None = None
    task_run_id: ArtifactFilterTaskRunId | None = None
    type: ArtifactFilterType | None = None


class ArtifactCollectionFilter(ChoiceFilter):
    """Which collections, by what their newest version is."""

    latest_id: ArtifactFilterId | None = None
    key: ArtifactFilterKey | None = None
    flow_run_id: ArtifactFilterFlowRunId | None = None
    task_run_id: ArtifactFilterTaskRunId | None = None
    type: ArtifactFilterType | None = None


class ArtifactSort(Word):
    """The orders of artifacts and of collections."""

    CREATED_DESC = "CREATED_DESC"
    UPDATED_DESC = "UPDATED_DESC"
    ID_DESC = "ID_DESC"
    KEY_DESC = "KEY_DESC"
    KEY_ASC = "KEY_ASC"
