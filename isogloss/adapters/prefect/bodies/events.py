"""Events: what clients send, and which of them they ask for."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from isogloss.adapters.prefect.bodies.common import (
    SUPERSET_SIZE,
    Identifier,
    Lenient,
    Moment,
    Strict,
    Superset,
    Text,
    Word,
    few,
    short_pattern,
    storable,
    within_index,
    without_nul,
)

RESOURCE_ID, RESOURCE_ROLE = "prefect.resource.id", "prefect.resource.role"
"""The labels that every resource has, and every related one."""

EVENT_NAME_CHARACTERS, MAX_LABELS, MAX_RELATED = 1024, 500, 100
"""The vendor's limits, as they are where nobody set others."""

EVENT_PAGE_SIZE = 50
"""The vendor's default and greatest size of a page of events."""


def _event_name(value: str) -> str:
    if len(value) > EVENT_NAME_CHARACTERS:
        raise ValueError(f"Event name must be at most {EVENT_NAME_CHARACTERS} characters")
    return within_index(value)


def _storable_labels(labels: dict[str, str]) -> dict[str, str]:
    # All at once: each event has some dozens of these texts, and hardly ever is anything the matter with one.
    whole = "".join([*labels, *labels.values()])
    if "\0" in whole:
        labels = {without_nul(name): without_nul(value) for name, value in labels.items()}
    storable(without_nul(whole))
    return labels


def _resource(labels: dict[str, str]) -> dict[str, str]:
    labels = _storable_labels(labels)
    if len(labels) > MAX_LABELS:
        raise ValueError(f"The maximum number of labels per resource is {MAX_LABELS}")
    if RESOURCE_ID not in labels:
        raise ValueError(f"Resources must include the {RESOURCE_ID} label")
    if not labels[RESOURCE_ID]:
        raise ValueError(f"The {RESOURCE_ID} label must be non-empty")
    within_index(labels[RESOURCE_ID])
    return labels


def _related_resource(labels: dict[str, str]) -> dict[str, str]:
    if RESOURCE_ROLE not in labels:
        raise ValueError(f"Related Resources must include the {RESOURCE_ROLE} label")
    if not labels[RESOURCE_ROLE]:
        raise ValueError(f"The {RESOURCE_ROLE} label must be non-empty")
    return labels


def _few_related(related: list[dict[str, str]]) -> list[dict[str, str]]:
    if len(related) > MAX_RELATED:
        raise ValueError(f"The maximum number of related resources is {MAX_RELATED}")
    return related


_Resource = Annotated[dict[str, str], AfterValidator(_resource)]
_RelatedResource = Annotated[_Resource, AfterValidator(_related_resource)]


class EventCreate(Lenient):
    """Something that has happened. NUL is dropped from it, so that no event is lost for one."""

    occurred: Moment
    event: Annotated[str, BeforeValidator(without_nul), AfterValidator(_event_name)]
    resource: _Resource
    related: Annotated[list[_RelatedResource], AfterValidator(_few_related)] = Field(default_factory=list)
    payload: dict[str, Any] = Field(default_factory=dict)
    id: Identifier
    follows: Identifier | None = None


EventBatch = list[EventCreate]
"""The body that brings events."""


class EventOccurredFilter(Strict):
    """By time, both ends included. What is not given is for who asks to say: it depends on the time of asking."""

    since: Moment = 0
    until: Moment = 0


class EventNameFilter(Strict):
    """By name. A list without values asks nothing, here and in all filters of events."""

    prefix: Superset | None = None
    exclude_prefix: Superset | None = None
    name: list[Text] | None = None
    exclude_name: list[Text] | None = None


def _label_patterns(labels: dict[str, str | list[str]]) -> dict[str, str | list[str]]:
    patterns = [(name, pattern) for name, given in labels.items() for pattern in patterns_in(given)]
    few([*labels, *patterns])
    for name, pattern in patterns:
        short_pattern(f"{name}{pattern}")
        if name not in (RESOURCE_ID, RESOURCE_ROLE) and not _is_searchable(pattern):
            raise ValueError(
                f"The pattern {pattern!r} of the label {name!r} cannot be searched for: "
                "write one with a single * at its end and no ?, or one without any *."
            )
    return labels


def patterns_in(given: str | list[str]) -> list[str]:
    """The patterns of a label, of which one must fit."""
    return [given] if isinstance(given, str) else given


def _is_searchable(pattern: str) -> bool:
    """Whether the text in which labels are searched can tell what fits: elsewhere ``*`` would reach into others."""
    return "*" not in pattern or ("?" not in pattern and pattern.index("*") == len(pattern) - 1)


LabelPatterns = Annotated[dict[str, str | list[str]], AfterValidator(_label_patterns)]
"""Patterns of labels, by name: ``*`` is any text, ``?`` one character, and with ``!`` in front all others fit."""


class EventResourceFilter(Strict):
    """By the resource that they happened to; with ``distinct``, only one for each resource."""

    id: list[Text] | None = None
    id_prefix: Superset | None = None
    labels: LabelPatterns | None = None
    distinct: bool = False


class EventRelatedFilter(Strict):
    """By one related resource."""

    id: list[Text] | None = None
    role: list[Text] | None = None
    resources_in_roles: Annotated[list[tuple[Text, Text]], AfterValidator(few)] | None = None
    labels: LabelPatterns | None = None


class EventAnyResourceFilter(Strict):
    """By one resource, whether they happened to it or it is related."""

    id: list[Text] | None = None
    id_prefix: Superset | None = None
    labels: LabelPatterns | None = None


class EventIDFilter(Strict):
    """By id."""

    id: list[Identifier] | None = None


class EventTextFilter(Strict):
    """By words in them; see ``search`` for its language."""

    query: Annotated[str, Field(max_length=200), AfterValidator(storable)]


class EventOrder(Word):
    """Whether the newest come first or last."""

    ASC = "ASC"
    DESC = "DESC"


def _few_filters(given: Any) -> Any:
    if isinstance(given, list) and len(given) > SUPERSET_SIZE:
        raise ValueError(f"At most {SUPERSET_SIZE} filters can be asked for at once.")
    return given


class Countable(Word):
    """What events are counted by. A day is a span of time like others."""

    day = "day"
    time = "time"
    event = "event"
    resource = "resource"


class TimeUnit(Word):
    """What spans of time are measured in."""

    week = "week"
    day = "day"
    hour = "hour"
    minute = "minute"
    second = "second"


class EventFilter(Strict):
    """Which events."""

    occurred: EventOccurredFilter = Field(default_factory=EventOccurredFilter)
    event: EventNameFilter | None = None
    resource: EventResourceFilter | None = None
    related: Annotated[EventRelatedFilter | list[EventRelatedFilter] | None, AfterValidator(_few_filters)] = None
    any_resource: Annotated[
        EventAnyResourceFilter | list[EventAnyResourceFilter] | None, AfterValidator(_few_filters)
    ] = None
    id: EventIDFilter = Field(default_factory=EventIDFilter)
    text: EventTextFilter | None = None
    order: EventOrder = EventOrder.DESC
