"""What requests make of flow runs and task runs: pure functions that the registry's use cases take as decisions."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from isogloss.adapters.prefect.bodies.flow_runs import DeploymentFlowRunCreate, FlowRunUpdate
from isogloss.adapters.prefect.deployment_translate import NewId, deployment_facet
from isogloss.adapters.prefect.failures import detail
from isogloss.adapters.prefect.filters import DIALECT
from isogloss.adapters.prefect.orchestration import ABORT, Phase, Situation, Verdict, decide, filled, kept
from isogloss.adapters.prefect.run_facets import FlowRunFacet, flow_facet, flow_run_facet, json_text, raw
from isogloss.adapters.prefect.run_translate import (
    SCHEDULED_PHASE,
    FlowRunPlan,
    TaskRunPlan,
    job_variables,
    merged,
    phase,
    phase_of,
    policy,
    run_properties,
    scheduled_for,
    tags_text,
)
from isogloss.adapters.prefect.run_wire import StateDetails
from isogloss.core import names
from isogloss.core.model import Instant, Json, Run, RunState, Workflow
from isogloss.core.registry.runs import (
    RUN,
    SCHEDULED,
    Change,
    Kin,
    Make,
    Result,
    Standing,
    after_state,
    entered,
)
from isogloss.core.registry.versions import VersionDraft

_FOREIGN = "This run was made through another dialect; its states are changed there."


def make_flow_run(plan: FlowRunPlan, new_id: NewId) -> Make:
    """A flow run inherits the labels of its deployment, or of its flow, and bears their ids as labels."""

    def make(run: Run, kin: Kin) -> Change:
        own: dict[str, Any] = {"prefect.flow.id": run.workflow_id}
        inherited = flow_facet(kin.workflow).labels
        if kin.deployment is not None:
            inherited = deployment_facet(kin.deployment).labels
            own["prefect.deployment.id"] = kin.deployment.id
        facet = replace(plan.facet, labels=merged(inherited, own, plan.labels))
        made = replace(run, facet=json_text(facet))
        # A run is made as if by force, so that the rules have nothing to say about its first state.
        change = _enter(made, filled(plan.phase, run.created), run.created, new_id)
        return replace(change, properties=run_properties(run.tags, facet))

    return make


def make_deployed_run(body: DeploymentFlowRunCreate, new_id: NewId) -> Make:
    """A run takes from its deployment what the client does not say: parameters, tags, queue, version."""
    own = raw(body.parameters)

    def make(run: Run, kin: Kin) -> Change:
        deployment = kin.deployment
        assert deployment is not None
        given = deployment_facet(deployment)
        queue = given.work_queue_name
        if body.work_queue_name:
            if queue is None:
                raise detail(400, _NO_POOL.format(queue=body.work_queue_name, deployment=deployment.id))
            queue = body.work_queue_name
        facet = FlowRunFacet(
            deployment_version=given.version,
            work_queue_name=queue,
            parameters=merged(given.parameters, own),
            context=raw(body.context),
            policy=policy(body.empirical_policy),
            job_variables=job_variables(body),
        )
        tags = [*msgspec.json.decode(deployment.tags, type=list[str]), *body.tags]
        first = SCHEDULED_PHASE if body.state is None else phase(body.state)
        plan = FlowRunPlan(facet=facet, labels=body.labels, phase=first)
        return make_flow_run(plan, new_id)(replace(run, tags=tags_text(dict.fromkeys(tags))), kin)

    return make


_NO_POOL = (
    "Cannot create flow run in work queue {queue} because deployment {deployment} is not associated with a work pool."
    " Please remove work_pool_name and try again."
)


def make_task_run(plan: TaskRunPlan, new_id: NewId) -> Make:
    """A task run inherits the labels of its flow run, and bears its id as a label."""

    def make(run: Run, kin: Kin) -> Change:
        labels = plan.labels or {}
        if kin.parent is not None:
            inherited = flow_run_facet(kin.parent).labels
            facet = replace(plan.facet, labels=merged(inherited, {"prefect.flow-run.id": kin.parent.id}, labels))
        else:
            facet = replace(plan.facet, labels=merged(labels))
        made = replace(run, facet=json_text(facet))
        change = _enter(made, filled(plan.phase, run.created), run.created, new_id)
        return replace(change, properties=run_properties(run.tags))

    return make


def propose(
    standing: Standing,
    deployment: Workflow | None,
    proposed: Phase,
    now: Instant,
    new_id: NewId,
    *,
    force: bool = False,
) -> tuple[Verdict, Change]:
    """The vendor's verdict on a state proposed for a flow run, and what it makes of the run."""
    run = standing.run
    facet = flow_run_facet(run)
    if run.dialect != DIALECT:
        return Verdict(status=ABORT, reason=_FOREIGN, policy=facet.policy), Change(run=run)
    at = after_state(now, run)
    situation = Situation(
        current=phase_of(standing),
        policy=facet.policy,
        attempts=run.attempts,
        process=facet.infrastructure_pid,
        deployment_id=run.deployment_id,
        deployment_exists=deployment is not None,
        parent_id=run.parent_id,
    )
    verdict = decide(situation, filled(proposed, at), at, force=force, new_id=new_id())
    changed = run
    if verdict.policy != facet.policy:
        changed = replace(run, facet=json_text(replace(facet, policy=verdict.policy)), updated=at)
    if verdict.state is None:
        return verdict, Change(run=changed)
    change = _enter(changed, verdict.state, at, new_id, counts=verdict.counts)
    shown = verdict.state if change.result is None else replace(verdict.state, data=change.result.version.data)
    return replace(verdict, state=shown), change


def mirror(new_id: NewId) -> Callable[[Run, Run, RunState, Json | None], Change]:
    """A task run that stands for a sub-flow enters each state that the sub-flow enters."""

    def mirrored(step: Run, run: Run, state: RunState, data: Json | None) -> Change:
        if step.dialect != DIALECT or state.details is None:
            return Change(run=step)
        details = msgspec.json.decode(state.details, type=StateDetails)
        phase = Phase(
            type=state.type,
            name=state.name,
            message=state.message,
            data=data,
            details=replace(details, child_flow_run_id=run.id),
        )
        return _enter(step, phase, after_state(state.at, step), new_id)

    return mirrored


def patched(standing: Standing, body: FlowRunUpdate, now: Instant) -> Change:
    """A flow run with the members that a client gave changed. Raises ``Refusal``."""
    run, given = standing.run, body.model_fields_set
    if run.dialect != DIALECT:
        raise detail(409, _FOREIGN)
    if body.job_variables is not None:
        _check_job_variables(run)
    facet = flow_run_facet(run)
    if "flow_version" in given:
        facet = replace(facet, flow_version=body.flow_version)
    if "parameters" in given:
        facet = replace(facet, parameters=raw(body.parameters))
    if "empirical_policy" in given:
        facet = replace(facet, policy=policy(body.empirical_policy))
    if "infrastructure_pid" in given:
        facet = replace(facet, infrastructure_pid=body.infrastructure_pid)
    if "job_variables" in given:
        facet = replace(facet, job_variables=raw(body.job_variables))
    tags = tags_text(body.tags) if "tags" in given else run.tags
    name = body.name if "name" in given and body.name is not None else run.name
    changed = replace(run, name=name, tags=tags, facet=json_text(facet), updated=now)
    return Change(run=changed, properties=run_properties(tags, facet))


def _check_job_variables(run: Run) -> None:
    if run.state_type is None:
        raise detail(400, "Flow run state is required to update job variables but none exists")
    if run.state_type != SCHEDULED:
        raise detail(400, f"Job variables for a flow run in state {run.state_type} cannot be updated")
    if run.deployment_id is None:
        raise detail(400, "A deployment for the flow run could not be found")


def _enter(run: Run, phase: Phase, at: Instant, new_id: NewId, *, counts: bool = True) -> Change:
    if run.role == RUN:
        details = replace(phase.details, flow_run_id=run.id)
        if run.parent_id is not None:
            details = replace(details, task_run_id=run.parent_id)
    else:
        details = replace(phase.details, flow_run_id=run.parent_id, task_run_id=run.id)
    state = RunState(
        id=new_id(),
        run_id=run.id,
        type=phase.type,
        name=phase.name,
        message=phase.message,
        at=at,
        details=json_text(details),
        data=None,
        version_id=None,
        created=at,
    )
    changed = entered(run, state, scheduled_for(details), counts=counts)
    return Change(run=replace(changed, updated=at), state=state, result=_result(run, phase.data))


def _result(run: Run, data: Json | None) -> Result | None:
    """The version that a state's data becomes. What the data says of the artifact is taken out of it."""
    if data is None or not kept(data):
        return None
    slug = form = description = None
    if data.startswith("{"):
        members: dict[str, Any] = msgspec.json.decode(data)
        if _ABOUT.keys() & members.keys():
            slug, form, description = (_text(members.pop(name, None)) for name in _ABOUT)
            data = json_text(members)
    if slug is not None and names.SLUG.fits.fullmatch(slug) is None:
        slug = None
    run_id, step_id = (run.id, None) if run.role == RUN else (run.parent_id, run.id)
    draft = VersionDraft(
        dialect=DIALECT,
        form=form,
        internal=slug is None,
        data=data,
        description=description,
        producer_run=run_id,
        producer_step=step_id,
    )
    return Result(version=draft, slug=slug)


_ABOUT = dict.fromkeys(("artifact_key", "artifact_type", "artifact_description"))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value and "\0" not in value else None
