"""Work pools and their queues, as far as other nouns are filtered by them."""

from isogloss.adapters.prefect.bodies.common import ChoiceFilter, Filter, Identifier, Text


class WorkPoolFilterId(Filter):
    """By id."""

    any_: list[Identifier] | None = None


class WorkPoolFilterName(Filter):
    """By name."""

    any_: list[Text] | None = None


class WorkPoolFilterType(Filter):
    """By type."""

    any_: list[Text] | None = None


class WorkPoolFilter(ChoiceFilter):
    """Which work pools."""

    id: WorkPoolFilterId | None = None
    name: WorkPoolFilterName | None = None
    type: WorkPoolFilterType | None = None


class WorkQueueFilterId(Filter):
    """By id."""

    any_: list[Identifier] | None = None


class WorkQueueFilterName(Filter):
    """By name."""

    any_: list[Text] | None = None
    startswith_: list[Text] | None = None


class WorkQueueFilter(ChoiceFilter):
    """Which work queues."""

    id: WorkQueueFilterId | None = None
    name: WorkQueueFilterName | None = None
