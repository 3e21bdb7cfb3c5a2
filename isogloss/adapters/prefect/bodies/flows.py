"""Flows."""

from typing import Annotated

from pydantic import AfterValidator, Field

from isogloss.adapters.prefect.bodies.common import (
    ChoiceFilter,
    Filter,
    Identifier,
    Labels,
    Name,
    Pattern,
    Strict,
    Superset,
    Text,
    Word,
    within_index,
)


class FlowCreate(Strict):
    """A new flow, or the one that has this name."""

    name: Annotated[str, Field(pattern="^[^/%&><]+$"), AfterValidator(within_index)]
    tags: list[Name] = Field(default_factory=list)
    labels: Labels | None = Field(default_factory=dict)


class FlowFilterId(Filter):
    """By id."""

    any_: list[Identifier] | None = None
    not_any_: list[Identifier] | None = None


class FlowFilterDeployment(ChoiceFilter):
    """By whether it has deployments."""

    is_null_: bool | None = None


class FlowFilterName(Filter):
    """By name."""

    any_: list[Text] | None = None
    like_: Pattern | None = None


class FlowFilterTags(ChoiceFilter):
    """By tags."""

    all_: Superset | None = None
    is_null_: bool | None = None


class FlowFilter(ChoiceFilter):
    """Which flows."""

    id: FlowFilterId | None = None
    deployment: FlowFilterDeployment | None = None
    name: FlowFilterName | None = None
    tags: FlowFilterTags | None = None


class FlowSort(Word):
    """The orders of flows."""

    CREATED_DESC = "CREATED_DESC"
    UPDATED_DESC = "UPDATED_DESC"
    NAME_ASC = "NAME_ASC"
    NAME_DESC = "NAME_DESC"
