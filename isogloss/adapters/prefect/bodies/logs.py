"""Log lines."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from isogloss.adapters.prefect.bodies.common import (
    ChoiceFilter,
    Filter,
    Identifier,
    Integer,
    Moment,
    Name,
    Strict,
    Text,
    Word,
    storable,
    without_nul,
)


class LogCreate(Strict):
    """A new line. The vendor drops NUL from it, so that no line is lost for one."""

    name: Annotated[Name, BeforeValidator(without_nul)]
    level: Integer
    message: Annotated[Text, BeforeValidator(without_nul)]
    timestamp: Moment
    flow_run_id: Identifier | None = None
    task_run_id: Identifier | None = None


LogBatch = Sequence[LogCreate]
"""The body that brings lines."""


class LogFilterLevel(Filter):
    """By level."""

    ge_: Integer | None = None
    le_: Integer | None = None


class LogFilterTimestamp(Filter):
    """By time."""

    before_: Moment | None = None
    after_: Moment | None = None


class LogFilterFlowRunId(Filter):
    """By flow run."""

    any_: list[Identifier] | None = None


class LogFilterTaskRunId(Filter):
    """By task run."""

    any_: list[Identifier] | None = None
    is_null_: bool | None = None


class LogFilterTextSearch(Filter):
    """By words in the message or the logger's name; see ``search`` for its language."""

    query: Annotated[str, Field(max_length=200), AfterValidator(storable)]


class LogFilter(ChoiceFilter):
    """Which lines."""

    level: LogFilterLevel | None = None
    timestamp: LogFilterTimestamp | None = None
    flow_run_id: LogFilterFlowRunId | None = None
    task_run_id: LogFilterTaskRunId | None = None
    text: LogFilterTextSearch | None = None


class LogSort(Word):
    """The orders of lines."""

    TIMESTAMP_ASC = "TIMESTAMP_ASC"
    TIMESTAMP_DESC = "TIMESTAMP_DESC"
