"""Between the registry's deployments and what Prefect's server says of them. Pure functions.

A deployment is kept whole, but nothing runs it from here: no schedule starts a run, and its limit of concurrent runs is
shown and not counted against.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from isogloss.adapters.prefect import run_wire as wire
from isogloss.adapters.prefect.bodies.deployments import (
    CronSchedule,
    DeploymentCreate,
    DeploymentScheduleCreate,
    IntervalSchedule,
)
from isogloss.adapters.prefect.bodies.flow_runs import DeploymentFlowRunCreate
from isogloss.adapters.prefect.filters import DIALECT, NO_FLOW, PAUSED, TAG, WORK_QUEUE_NAME
from isogloss.adapters.prefect.run_facets import EMPTY_LIST, EMPTY_OBJECT, NULL, flow_facet, json_text, raw, read_facet
from isogloss.adapters.prefect.run_translate import merged, shown_name, shown_tags, tags_text
from isogloss.adapters.prefect.times import moment
from isogloss.core.model import Instant, Json, Workflow
from isogloss.core.registry.runs import RUN, RunDraft
from isogloss.core.registry.workflows import DEPLOYMENT, Completion, WorkflowDraft

NewId: TypeAlias = Callable[[], str]


class Schedule(Struct, frozen=True, kw_only=True):
    """A schedule, as it is kept. ``made`` and ``updated`` are in microseconds since the epoch.

    Only one that came from another server was changed after it was made, or has its runs limited.
    """

    id: str
    made: Instant
    updated: Instant | None = None
    schedule: Raw
    active: bool
    most_runs: int | None = None
    parameters: Raw
    slug: str | None


class Limit(Struct, frozen=True, kw_only=True):
    """How many runs may be active at once. Times are in microseconds since the epoch.

    Only one that came from another server has a name of its own, may be off, or frees ``decay`` slots a second.
    """

    id: str
    created: Instant
    updated: Instant
    name: str | None = None
    active: bool = True
    limit: int
    decay: float = 0.0


class DeploymentFacet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a deployment gives back verbatim."""

    version: str | None = None
    description: str | None = None
    paused: bool = False
    schedules: tuple[Schedule, ...] = ()
    limit: Limit | None = None
    concurrency_options: Raw = NULL
    job_variables: Raw = EMPTY_OBJECT
    parameters: Raw = EMPTY_OBJECT
    labels: Raw = EMPTY_OBJECT
    work_queue_name: str | None = None
    parameter_openapi_schema: Raw = EMPTY_OBJECT
    path: str | None = None
    pull_steps: Raw = EMPTY_LIST
    entrypoint: str | None = None
    enforce_parameter_schema: bool = True
    storage_document_id: str | None = None
    infrastructure_document_id: str | None = None
    created_by: wire.CreatedBy | None = None
    updated_by: wire.CreatedBy | None = None


def deployment_facet(workflow: Workflow) -> DeploymentFacet:
    """What Prefect keeps of a deployment."""
    return read_facet(DeploymentFacet, workflow.facet, workflow.dialect, DeploymentFacet())


def deployment(workflow: Workflow) -> wire.Deployment:
    """A deployment as its server shows it. Of pools and queues only the queue's name is kept."""
    facet = deployment_facet(workflow)
    return wire.Deployment(
        id=workflow.id,
        created=moment(workflow.created),
        updated=moment(workflow.updated),
        name=shown_name(workflow),
        version=facet.version,
        description=facet.description,
        flow_id=workflow.parent_id or NO_FLOW,
        paused=facet.paused,
        schedules=[_schedule(kept, workflow.id) for kept in facet.schedules],
        global_concurrency_limit=None if facet.limit is None else _limit(facet.limit, workflow.id),
        concurrency_options=facet.concurrency_options,
        job_variables=facet.job_variables,
        parameters=facet.parameters,
        tags=shown_tags(workflow.tags, workflow.dialect),
        labels=facet.labels,
        work_queue_name=facet.work_queue_name,
        parameter_openapi_schema=facet.parameter_openapi_schema,
        path=facet.path,
        pull_steps=facet.pull_steps,
        entrypoint=facet.entrypoint,
        storage_document_id=facet.storage_document_id,
        infrastructure_document_id=facet.infrastructure_document_id,
        created_by=facet.created_by,
        updated_by=facet.updated_by,
        enforce_parameter_schema=facet.enforce_parameter_schema,
    )


def deployment_draft(body: DeploymentCreate) -> WorkflowDraft:
    """A deployment as a client wants it, as far as every dialect would understand."""
    return WorkflowDraft(
        dialect=DIALECT,
        role=DEPLOYMENT,
        name=body.name,
        parent_id=body.flow_id,
        tags=tags_text(body.tags),
    )


def deployed_run_draft(body: DeploymentFlowRunCreate, deployment_id: str) -> RunDraft:
    """A run of a deployment as a client wants it, as far as every dialect would understand."""
    return RunDraft(
        dialect=DIALECT,
        role=RUN,
        name=body.name,
        deployment_id=deployment_id,
        parent_id=body.parent_task_run_id,
        key=body.idempotency_key or None,
    )


def complete_deployment(body: DeploymentCreate, new_id: NewId, now: Instant) -> Completion:
    """A deployment inherits its flow's labels. One that exists keeps what the body does not name, but for its labels,
    parameters and schedules, which are always as the body has them.
    """

    def complete(draft: WorkflowDraft, parent: Workflow, existing: Workflow | None) -> WorkflowDraft:
        before = DeploymentFacet() if existing is None else deployment_facet(existing)
        tags = draft.tags if existing is None or "tags" in body.model_fields_set else existing.tags
        facet = replace(
            before,
            labels=merged(flow_facet(parent).labels, {"prefect.flow.id": parent.id}, body.labels),
            parameters=raw(body.parameters),
            # The newest comes first.
            schedules=tuple(_kept(schedule, new_id(), now) for schedule in reversed(body.schedules)),
            **_named(body),
            **_limited(body, before.limit, new_id, now),
        )
        return replace(draft, tags=tags, facet=json_text(facet), properties=deployment_properties(tags, facet))

    return complete


def _named(body: DeploymentCreate) -> dict[str, Any]:
    """The members that the body names and that are kept as they come."""
    given = body.model_fields_set
    plain = ("version", "description", "paused", "work_queue_name", "path", "entrypoint", "enforce_parameter_schema")
    named: dict[str, Any] = {name: getattr(body, name) for name in plain if name in given}
    for name in ("job_variables", "parameter_openapi_schema", "pull_steps"):
        if name in given:
            value = getattr(body, name)
            named[name] = raw(value)
    if "concurrency_options" in given:
        options = body.concurrency_options
        named["concurrency_options"] = NULL if options is None else raw(options.model_dump(mode="json"))
    return named


def _limited(body: DeploymentCreate, before: Limit | None, new_id: NewId, now: Instant) -> dict[str, Limit | None]:
    if "concurrency_limit" not in body.model_fields_set:
        return {}
    if body.concurrency_limit is None:
        return {"limit": None}
    if before is None:
        return {"limit": Limit(id=new_id(), created=now, updated=now, limit=body.concurrency_limit)}
    return {"limit": replace(before, limit=body.concurrency_limit, updated=now)}


def _kept(body: DeploymentScheduleCreate, schedule_id: str, now: Instant) -> Schedule:
    return Schedule(
        id=schedule_id,
        made=now,
        schedule=_plan(body, now),
        active=body.active,
        parameters=raw(body.parameters),
        slug=body.slug,
    )


def _plan(body: DeploymentScheduleCreate, now: Instant) -> Raw:
    """A schedule's own members, with what the vendor fills in."""
    given = body.schedule
    if isinstance(given, IntervalSchedule):
        plan: dict[str, Any] = {
            "interval": given.interval.total_seconds(),
            "anchor_date": moment(now if given.anchor_date is None else given.anchor_date),
            "timezone": given.timezone or "UTC",
        }
    elif isinstance(given, CronSchedule):
        plan = {"cron": given.cron, "timezone": given.timezone, "day_or": given.day_or}
    else:
        rule = given.rrule if "DTSTART" in given.rrule.upper() else f"{_RULE_START}\n{given.rrule}"
        plan = {"rrule": rule, "timezone": given.timezone}
    return Raw(msgspec.json.encode(plan))


_RULE_START = "DTSTART:20200101T000000"


def _schedule(kept: Schedule, deployment_id: str) -> wire.DeploymentSchedule:
    return wire.DeploymentSchedule(
        id=kept.id,
        created=moment(kept.made),
        updated=moment(kept.made if kept.updated is None else kept.updated),
        deployment_id=deployment_id,
        schedule=kept.schedule,
        active=kept.active,
        max_scheduled_runs=kept.most_runs,
        parameters=kept.parameters,
        slug=kept.slug,
    )


def _limit(kept: Limit, deployment_id: str) -> wire.GlobalConcurrencyLimit:
    return wire.GlobalConcurrencyLimit(
        id=kept.id,
        created=moment(kept.created),
        updated=moment(kept.updated),
        active=kept.active,
        name=kept.name or f"deployment:{deployment_id}",
        limit=kept.limit,
        slot_decay_per_second=kept.decay,
    )


def deployment_properties(tags: Json, facet: DeploymentFacet) -> tuple[tuple[str, str], ...]:
    """What deployments are looked up by beyond their columns, as (name, value)."""
    pairs = [(TAG, tag) for tag in msgspec.json.decode(tags, type=list[str])]
    if facet.work_queue_name is not None:
        pairs.append((WORK_QUEUE_NAME, facet.work_queue_name))
    if facet.paused:
        pairs.append((PAUSED, "true"))
    return tuple(pairs)
