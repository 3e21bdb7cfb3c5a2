"""Runs as TrueFoundry has them, and what was logged of them."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from isogloss.adapters.truefoundry.kinds import DIALECT
from isogloss.adapters.truefoundry.subjects import NOBODY, Subject
from isogloss.core.model import Instant, Json, Metric, MetricPoint, Parameter, Project, Run, RunTag
from isogloss.core.registry import runs
from isogloss.core.registry.tracking import Logged, State

MILLISECOND = 1_000
"""In microseconds."""

STATUSES = {
    "RUNNING": runs.RUNNING,
    "SCHEDULED": runs.SCHEDULED,
    "FINISHED": runs.COMPLETED,
    "FAILED": runs.FAILED,
    "KILLED": runs.CANCELLED,
}
"""What the core calls the vendor's words."""

_WORDS = {kind: status for status, kind in STATUSES.items()} | {
    runs.PENDING: "SCHEDULED",
    runs.PAUSED: "RUNNING",
    runs.CANCELLING: "RUNNING",
    runs.CRASHED: "FAILED",
}

ACTIVE, DELETED = "active", "deleted"


class Pair(Struct, frozen=True):
    """A parameter or a tag."""

    key: str
    value: str


class MetricValue(Struct, frozen=True):
    """A point of a metric. JSON has neither infinity nor what is no number: those are null."""

    key: str
    value: float
    timestamp: int
    step: int


class Info(Struct, frozen=True, kw_only=True):
    """What a run is. Times are in milliseconds since the epoch."""

    run_uuid: str
    run_id: str
    experiment_id: str
    name: str
    fqn: str
    user_id: str
    created_by_subject: Subject
    status: str
    start_time: int | None
    end_time: int | None
    artifact_uri: str | None
    lifecycle_stage: str
    description: str | None


class Data(Struct, frozen=True):
    """What was logged of a run; of each metric, the last point."""

    metrics: Sequence[MetricValue]
    params: Sequence[Pair]
    tags: Sequence[Pair]


class Whole(Struct, frozen=True):
    """A run with what was logged of it."""

    info: Info
    data: Data


class RunFacet(Struct, frozen=True, omit_defaults=True):
    """What only this dialect knows of a run."""

    description: str | None = None


def state(status: str) -> State:
    """Where a run stands that has this status."""
    return State(STATUSES[status], status)


def instant(milliseconds: int | None) -> Instant | None:
    """The instant of a time as it is told here."""
    return None if milliseconds is None else milliseconds * MILLISECOND


def facet(description: str | None) -> Json | None:
    """A run's facet."""
    return None if description is None else msgspec.json.encode(RunFacet(description)).decode()


def info(run: Run, project: Project, users: Mapping[str, Subject], tenant: str) -> Info:
    """What a run is."""
    author = users.get(run.author_id or "", NOBODY)
    # What others keep there is theirs.
    own = RunFacet() if run.facet is None or run.dialect != DIALECT else msgspec.json.decode(run.facet, type=RunFacet)
    return Info(
        run_uuid=run.id,
        run_id=run.id,
        experiment_id=str(project.serial),
        name=run.name,
        fqn=f"{tenant}/{project.word}/{run.name}",
        user_id=author.subject_id,
        created_by_subject=author,
        status=_WORDS.get(run.state_type or "", "RUNNING"),
        start_time=milliseconds(run.started),
        end_time=milliseconds(run.ended),
        # Files belong to versions here, and none to a run alone.
        artifact_uri=None,
        lifecycle_stage=ACTIVE if run.deleted is None else DELETED,
        description=own.description,
    )


def milliseconds(instant: Instant | None) -> int | None:
    """An instant as it is told here."""
    return None if instant is None else instant // MILLISECOND


def data(run: Run, logged: Logged) -> Data:
    """What was logged of a run."""
    return Data(
        metrics=[value(each) for each in logged.metrics.get(run.id, ())],
        params=[pair(each) for each in logged.parameters.get(run.id, ())],
        tags=[pair(each) for each in logged.tags.get(run.id, ())],
    )


def pair(row: Parameter | RunTag) -> Pair:
    """A parameter or tag."""
    return Pair(row.key, row.value)


def value(point: Metric | MetricPoint) -> MetricValue:
    """A point of a metric."""
    return MetricValue(point.key, float("nan") if point.nan else point.value, point.at, point.step)
