"""Prefect's filter language as ``core.query`` trees.

How criteria go together, as the vendor has it: those of one member (``any_`` and ``not_any_`` of a type) must all
hold; the members of one object are joined by its ``operator``; the objects of a request must all hold. An ``any_``
without values matches nothing, while a ``not_any_`` without values and an empty ``like_`` ask nothing. A row without
a value satisfies no criterion on it.

The mere presence of ``flow_runs``, ``flows`` or ``deployments`` demands that the run exists; the three are asked of
one and the same run. ``task_runs`` is asked by itself.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from isogloss.adapters.prefect.bodies.artifacts import ArtifactCollectionFilter, ArtifactFilter, ArtifactSort
from isogloss.adapters.prefect.bodies.common import Operator as Choice
from isogloss.adapters.prefect.bodies.deployments import DeploymentFilter
from isogloss.adapters.prefect.bodies.flow_runs import FlowRunFilter, FlowRunFilterState
from isogloss.adapters.prefect.bodies.flows import FlowFilter
from isogloss.adapters.prefect.bodies.logs import LogFilter
from isogloss.adapters.prefect.bodies.task_runs import TaskRunFilter, TaskRunFilterFlowRunId
from isogloss.adapters.prefect.forms import FOREIGN_FORM, FORMS
from isogloss.adapters.prefect.search import parse
from isogloss.core.query import (
    EVERYTHING,
    AnyOf,
    Compare,
    Has,
    IsNull,
    Like,
    NoneOf,
    Not,
    Operator,
    Sort,
    Where,
    all_of,
    any_of,
)

DIALECT = "prefect"

TAG, FLOW_VERSION, WORK_QUEUE_NAME, PAUSED = "tag", "flow_version", "work_queue_name", "paused"
CREATED_BY_ID, CREATED_BY_TYPE = "created_by_id", "created_by_type"
"""The property rows that runs and workflows are looked up by. ``paused`` is there, as ``true``, or it is not."""

NO_FLOW = "00000000-0000-0000-0000-000000000000"
"""The flow of runs that have none: the vendor's do, and its pages ask for it by its id."""

NO_TAGS = "[]"
"""What a list of tags without any is kept as."""

_SEARCHED = ("message", "name")


class Names(Struct, frozen=True):
    """What a source calls the things that artifacts are filtered by; ``keyed`` holds of rows that have a key."""

    id: str
    key: str
    keyed: Where
    dialect: str
    type: str
    flow_run: str
    task_run: str


VERSION = Names("id", "artifact.slug", Not(IsNull("artifact.slug")), "dialect", "form", "producer_run", "producer_step")
HEAD = Names(
    "version.id",
    "slug",
    EVERYTHING,
    "version.dialect",
    "version.form",
    "version.producer_run",
    "version.producer_step",
)

ARTIFACT_SORTS = {
    ArtifactSort.CREATED_DESC: Sort("created", descending=True),
    ArtifactSort.UPDATED_DESC: Sort("updated", descending=True),
    ArtifactSort.ID_DESC: Sort("id", descending=True),
    ArtifactSort.KEY_DESC: Sort("artifact.slug", descending=True),
    ArtifactSort.KEY_ASC: Sort("artifact.slug"),
}
"""The orders of artifacts. The vendor leaves ties open; here the id decides, so that pages do not overlap."""

COLLECTION_SORTS = ARTIFACT_SORTS | {
    ArtifactSort.KEY_DESC: Sort("slug", descending=True),
    ArtifactSort.KEY_ASC: Sort("slug"),
}


def artifacts(asked: ArtifactFilter | None) -> Where:
    """Of source ``version``."""
    if asked is None:
        return EVERYTHING
    ids = None if asked.id is None else all_of(_among("id", asked.id.any_))
    return _joined(asked.operator, ids, *_artifact_members(asked, VERSION))


def collections(asked: ArtifactCollectionFilter | None) -> Where:
    """Of source ``head``: what holds of the newest version."""
    if asked is None:
        return EVERYTHING
    ids = None if asked.latest_id is None else all_of(_among("version.id", asked.latest_id.any_))
    return _joined(asked.operator, ids, *_artifact_members(asked, HEAD))


def _artifact_members(asked: ArtifactFilter | ArtifactCollectionFilter, names: Names) -> Iterable[Where]:
    if (key := asked.key) is not None:
        yield all_of(
            _among(names.key, key.any_),
            _like(names.key, key.like_),
            _whether(key.exists_, names.keyed),
        )
    if asked.flow_run_id is not None:
        yield all_of(_among(names.flow_run, asked.flow_run_id.any_))
    if asked.task_run_id is not None:
        yield all_of(_among(names.task_run, asked.task_run_id.any_))
    if asked.type is not None:
        yield all_of(_typed(names, asked.type.any_), _not_typed(names, asked.type.not_any_))


def _typed(names: Names, types: Sequence[str] | None) -> Where | None:
    """The type is one of these: of what others wrote, the type that is shown."""
    if types is None:
        return None
    own = _equal(names.dialect, DIALECT)
    return any_of(all_of(own, AnyOf(names.type, tuple(types))), all_of(Not(own), _shown_as(names, types)))


def _not_typed(names: Names, types: Sequence[str] | None) -> Where | None:
    """There is a type, and it is none of these. What others wrote has one in any case."""
    if not types:
        return None
    own = _equal(names.dialect, DIALECT)
    return any_of(all_of(own, NoneOf(names.type, tuple(types))), all_of(Not(own), Not(_shown_as(names, types))))


def _shown_as(names: Names, types: Sequence[str]) -> Where:
    """What ``forms.shown_form`` makes of the form is one of these types."""
    shown = AnyOf(names.type, tuple(name for name in FORMS if name in types))
    if FOREIGN_FORM not in types:
        return shown
    return any_of(shown, Not(AnyOf(names.type, tuple(FORMS))))


def producers(
    flow_runs: FlowRunFilter | None,
    task_runs: TaskRunFilter | None,
    flows: FlowFilter | None,
    deployments: DeploymentFilter | None,
) -> Where:
    """What is asked of the runs that made a version: of sources ``version`` and ``head``."""
    run = None
    if flow_runs is not None or flows is not None or deployments is not None:
        run = Has("run", of_run(flow_runs, flows, deployments))
    return all_of(run, None if task_runs is None else Has("step", task_run(task_runs)))


def of_run(flow_runs: FlowRunFilter | None, flows: FlowFilter | None, deployments: DeploymentFilter | None) -> Where:
    """What is asked of one flow run, and of its flow and deployment, which must then exist."""
    return all_of(
        None if flow_runs is None else flow_run(flow_runs),
        None if flows is None else _of_flow(flows),
        None if deployments is None else Has("deployment", deployment(deployments)),
    )


def _of_flow(asked: FlowFilter) -> Where:
    """The flow of a run. Another dialect's run may have none, and is then one of the flow that stands for that."""
    wanted = Has("workflow", flow(asked))
    among = None if asked.id is None else asked.id.any_
    return any_of(wanted, IsNull("workflow_id")) if among is not None and NO_FLOW in among else wanted


def flow_run(asked: FlowRunFilter) -> Where:
    """Of source ``run``, role ``run``."""
    return _joined(asked.operator, *_flow_run_members(asked))


def _flow_run_members(asked: FlowRunFilter) -> Iterable[Where]:
    if asked.id is not None:
        yield all_of(_among("id", asked.id.any_), _none_of("id", asked.id.not_any_))
    if asked.name is not None:
        yield all_of(_among("name", asked.name.any_), _like("name", asked.name.like_))
    if (tags := asked.tags) is not None:
        yield _tags(tags.operator, tags.all_, tags.any_, tags.is_null_)
    if (made_from := asked.deployment_id) is not None:
        yield _joined(
            made_from.operator,
            _among("deployment_id", made_from.any_),
            _null("deployment_id", made_from.is_null_),
        )
    if (queue := asked.work_queue_name) is not None:
        yield _joined(
            queue.operator,
            _property(WORK_QUEUE_NAME, queue.any_),
            _whether_not(queue.is_null_, _has_property(WORK_QUEUE_NAME, EVERYTHING)),
        )
    if asked.flow_version is not None:
        yield all_of(_property(FLOW_VERSION, asked.flow_version.any_))
    if asked.state is not None:
        yield _state(asked.state)
    if (start := asked.start_time) is not None:
        yield all_of(
            _started(Operator.LE, start.before_),
            _started(Operator.GE, start.after_),
            _null("started", start.is_null_),
        )
    if (end := asked.end_time) is not None:
        yield all_of(*_between("ended", end.before_, end.after_), _null("ended", end.is_null_))
    if (expected := asked.expected_start_time) is not None:
        yield all_of(*_between("expected_start", expected.before_, expected.after_))
    if (due := asked.next_scheduled_start_time) is not None:
        yield all_of(*_between("next_start", due.before_, due.after_))
    if (caller := asked.parent_flow_run_id) is not None:
        called_by = _among("parent_id", caller.any_)
        yield EVERYTHING if called_by is None else Has("parent", called_by)
    if (calling := asked.parent_task_run_id) is not None:
        yield _joined(calling.operator, _among("parent_id", calling.any_), _null("parent_id", calling.is_null_))
    if (key := asked.idempotency_key) is not None:
        yield all_of(_among("key", key.any_), _none_of("key", key.not_any_))
    if (creator := asked.created_by) is not None:
        yield _joined(
            creator.operator,
            _property(CREATED_BY_ID, creator.id_),
            _property(CREATED_BY_TYPE, creator.type_),
            _whether_not(creator.is_null_, _has_property(CREATED_BY_TYPE, EVERYTHING)),
        )


def _state(asked: FlowRunFilterState) -> Where:
    """The vendor heeds a member of ``state`` only where it has one criterion; two of them ask nothing."""
    kind, name = asked.type, asked.name
    return _joined(
        asked.operator,
        _only_one(_among("state_type", kind.any_), _none_of("state_type", kind.not_any_)) if kind else None,
        _only_one(_among("state_name", name.any_), _none_of("state_name", name.not_any_)) if name else None,
    )


def _only_one(*criteria: Where | None) -> Where | None:
    given = [criterion for criterion in criteria if criterion is not None]
    return given[0] if len(given) == 1 else None


def task_run(asked: TaskRunFilter) -> Where:
    """Of source ``run``, role ``step``."""
    return _joined(asked.operator, *_task_run_members(asked))


def _task_run_members(asked: TaskRunFilter) -> Iterable[Where]:
    if asked.id is not None:
        yield all_of(_among("id", asked.id.any_))
    if asked.name is not None:
        yield all_of(_among("name", asked.name.any_), _like("name", asked.name.like_))
    if (tags := asked.tags) is not None:
        yield _tags(tags.operator, tags.all_, None, tags.is_null_)
    if (state := asked.state) is not None:
        yield _joined(
            state.operator,
            None if state.type is None else _among("state_type", state.type.any_),
            None if state.name is None else _among("state_name", state.name.any_),
        )
    if (start := asked.start_time) is not None:
        yield all_of(*_between("started", start.before_, start.after_), _null("started", start.is_null_))
    if (end := asked.end_time) is not None:
        yield all_of(*_between("ended", end.before_, end.after_), _null("ended", end.is_null_))
    if (expected := asked.expected_start_time) is not None:
        yield all_of(*_between("expected_start", expected.before_, expected.after_))
    if asked.subflow_runs is not None:
        yield all_of(_whether(asked.subflow_runs.exists_, Has("called", EVERYTHING)))
    if asked.flow_run_id is not None:
        yield _part_of(asked.flow_run_id)


def _part_of(asked: TaskRunFilterFlowRunId) -> Where:
    """Asked for none, the ids do not count; asked for some, they do, and else any flow run will do."""
    if asked.is_null_:
        return IsNull("parent_id")
    if asked.is_null_ is False and asked.any_ is None:
        return Not(IsNull("parent_id"))
    return all_of(_among("parent_id", asked.any_))


def flow(asked: FlowFilter) -> Where:
    """Of source ``workflow``, role ``workflow``."""
    return _joined(asked.operator, *_flow_members(asked))


def _flow_members(asked: FlowFilter) -> Iterable[Where]:
    if asked.id is not None:
        yield all_of(_among("id", asked.id.any_), _none_of("id", asked.id.not_any_))
    if asked.deployment is not None:
        deployed = Has("child", _equal("role", "deployment"))
        yield all_of(_whether_not(asked.deployment.is_null_, deployed))
    if asked.name is not None:
        yield all_of(_among("name", asked.name.any_), _like("name", asked.name.like_))
    if (tags := asked.tags) is not None:
        yield _tags(tags.operator, tags.all_, None, tags.is_null_)


def deployment(asked: DeploymentFilter) -> Where:
    """Of source ``workflow``, role ``deployment``. The vendor takes ``concurrency_limit`` and ignores it."""
    return _joined(asked.operator, *_deployment_members(asked))


def _deployment_members(asked: DeploymentFilter) -> Iterable[Where]:
    if asked.id is not None:
        yield all_of(_among("id", asked.id.any_), _none_of("id", asked.id.not_any_))
    if asked.name is not None:
        yield all_of(_among("name", asked.name.any_), _like("name", asked.name.like_))
    if asked.flow_or_deployment_name is not None:
        either = _like("name", asked.flow_or_deployment_name.like_)
        yield EVERYTHING if either is None else any_of(either, Has("parent", either))
    if asked.paused is not None:
        yield all_of(_whether(asked.paused.eq_, _has_property(PAUSED, _equal("value", "true"))))
    if (tags := asked.tags) is not None:
        yield _tags(tags.operator, tags.all_, tags.any_, tags.is_null_)
    if asked.work_queue_name is not None:
        yield all_of(_property(WORK_QUEUE_NAME, asked.work_queue_name.any_))


def logs(asked: LogFilter | None) -> Where:
    """Of source ``log``."""
    return EVERYTHING if asked is None else _joined(asked.operator, *_log_members(asked))


def _log_members(asked: LogFilter) -> Iterable[Where]:
    if (level := asked.level) is not None:
        yield all_of(_compared("level", Operator.GE, level.ge_), _compared("level", Operator.LE, level.le_))
    if (time := asked.timestamp) is not None:
        yield all_of(*_between("at", time.before_, time.after_))
    if asked.flow_run_id is not None:
        yield all_of(_among("run_id", asked.flow_run_id.any_))
    if (task := asked.task_run_id) is not None:
        yield all_of(_among("step_id", task.any_), _null("step_id", task.is_null_))
    if asked.text is not None:
        yield from _searched(asked.text.query)


def _searched(query: str) -> Iterable[Where]:
    """The criteria of a text search; each stands for itself among the members of the filter."""
    wanted = parse(query)
    if wanted.include:
        yield any_of(*(_mentions(term) for term in wanted.include))
    if wanted.exclude:
        yield all_of(*(Not(_mentions(term)) for term in wanted.exclude))
    if wanted.required:
        yield all_of(*(_mentions(term) for term in wanted.required))


def _mentions(term: str) -> Where:
    return any_of(*(Like(field, f"%{term}%") for field in _SEARCHED))


def _joined(operator: Choice, *members: Where | None) -> Where:
    """Those that are given, joined; none ask nothing, and with ``or_`` one that asks nothing is enough."""
    given = [member for member in members if member is not None]
    if operator is Choice.and_ or not given:
        return all_of(*given)
    return EVERYTHING if EVERYTHING in given else any_of(*given)


def _among(field: str, values: Sequence[str] | None) -> Where | None:
    return None if values is None else AnyOf(field, tuple(map(str, values)))


def _none_of(field: str, values: Sequence[str] | None) -> Where | None:
    return NoneOf(field, tuple(map(str, values))) if values else None


def _like(field: str, part: str | None) -> Where | None:
    """The vendor escapes nothing: ``%`` and ``_`` are wildcards."""
    return Like(field, f"%{part}%") if part else None


def _equal(field: str, value: str) -> Where:
    return Compare(field, Operator.EQ, value)


def _compared(field: str, operator: Operator, value: int | None) -> Where | None:
    return None if value is None else Compare(field, operator, value)


def _between(field: str, before: int | None, after: int | None) -> tuple[Where | None, Where | None]:
    """Both ends count."""
    return _compared(field, Operator.LE, before), _compared(field, Operator.GE, after)


def _started(operator: Operator, at: int | None) -> Where | None:
    """When it started or, as long as it has not, when it is expected to."""
    if at is None:
        return None
    expected = all_of(IsNull("started"), Compare("expected_start", operator, at))
    return any_of(Compare("started", operator, at), expected)


def _whether(wanted: bool | None, condition: Where) -> Where | None:
    if wanted is None:
        return None
    return condition if wanted else Not(condition)


def _whether_not(unwanted: bool | None, condition: Where) -> Where | None:
    return None if unwanted is None else _whether(not unwanted, condition)


def _null(field: str, wanted: bool | None) -> Where | None:
    return _whether(wanted, IsNull(field))


def _has_property(name: str, value: Where) -> Where:
    return Has("property", all_of(_equal("dialect", DIALECT), _equal("name", name), value))


def _property(name: str, values: Sequence[str] | None) -> Where | None:
    return None if values is None else _has_property(name, AnyOf("value", tuple(values)))


def _tags(operator: Choice, every: list[str] | None, some: list[str] | None, none: bool | None) -> Where:
    """An empty ``all_`` asks nothing, an empty ``any_`` is satisfied by nothing."""
    has_all = None
    if every:
        has_all = all_of(*(_has_property(TAG, _equal("value", tag)) for tag in dict.fromkeys(every)))
    return _joined(operator, has_all, _property(TAG, some), _whether(none, _equal("tags", NO_TAGS)))
