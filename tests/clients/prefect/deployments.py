"""Runs made from a deployment: created, found through it, and artifacts found through both."""

from uuid import UUID

from checks import expect, holds, http, raises, unique
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterKey,
    DeploymentFilter,
    DeploymentFilterId,
    DeploymentFilterName,
    FlowFilter,
    FlowFilterId,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterIdempotencyKey,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound
from prefect.states import Pending, Running, Scheduled

name = unique("deployed")
client = get_client(sync_client=True)


@flow(name=name)
def job(size: int = 1) -> None:
    """Never runs here."""


flow_id = client.create_flow(job)
expect(client.create_flow(job), flow_id, "a flow is made once")
expect(client.read_flow(flow_id).name, name, "a flow by its id")
deployment = client.create_deployment(
    flow_id=flow_id, name=f"{name}-nightly", tags=["night", "heavy"], parameters={"size": 2}
)

runs = [
    client.create_flow_run_from_deployment(
        deployment, tags=[f"n{n}"], name=f"{name}-{n}", idempotency_key=f"{name}-{n}"
    )
    for n in range(2)
]
repeated = client.create_flow_run_from_deployment(deployment, idempotency_key=f"{name}-1")
expect(repeated.id, runs[1].id, "the same key gives the same run")
expect(sorted(runs[0].tags), ["heavy", "n0", "night"], "a run takes the deployment's tags")
expect(
    (runs[0].deployment_id, runs[0].parameters, runs[0].flow_id),
    (deployment, {"size": 2}, flow_id),
    "and its parameters",
)
bare = client.create_flow_run(job, name=f"{name}-bare", tags=["loose"], state=Pending())
expect((bare.state_type.value, bare.deployment_id), ("PENDING", None), "a run without a deployment")

for word, run in (("zero", runs[0].id), ("one", runs[1].id), ("bare", bare.id)):
    client.create_artifact(ArtifactCreate(key=f"{name}-{word}", data=word, flow_run_id=run))
client.create_artifact(ArtifactCreate(key=f"{name}-none", data="none"))
ours = ArtifactFilter(key=ArtifactFilterKey(like_=name))


def through(**filters):
    """The data of the artifacts found with the filters."""
    body = {"artifacts": ours.model_dump(mode="json", exclude_unset=True), "sort": "KEY_ASC"}
    body |= {key: value.model_dump(mode="json", exclude_unset=True) for key, value in filters.items()}
    counted = http("POST", "/artifacts/count", body).json()
    found = [row["data"] for row in http("POST", "/artifacts/filter", body).json()]
    expect(counted, len(found), "the count of what is found")
    latest = http("POST", "/artifacts/latest/filter", body).json()
    expect([row["data"] for row in latest], found, "one version of each key")
    return found


expect(through(), ["bare", "none", "one", "zero"], "all of them")
expect(through(deployments=DeploymentFilter()), ["one", "zero"], "any deployment")
expect(through(flow_runs=FlowRunFilter()), ["bare", "one", "zero"], "any run")
expect(through(flows=FlowFilter()), ["bare", "one", "zero"], "any flow")
expect(
    through(deployments=DeploymentFilter(name=DeploymentFilterName(like_="NIGHTLY"))), ["one", "zero"], "by its name"
)
expect(through(deployments=DeploymentFilter(id=DeploymentFilterId(any_=[deployment]))), ["one", "zero"], "by its id")
expect(through(flows=FlowFilter(name=FlowFilterName(any_=[name]))), ["bare", "one", "zero"], "by the flow's name")
expect(
    through(
        flows=FlowFilter(id=FlowFilterId(any_=[flow_id])),
        flow_runs=FlowRunFilter(tags=FlowRunFilterTags(all_=["night", "n1"])),
    ),
    ["one"],
    "flow and tags",
)
expect(
    through(flow_runs=FlowRunFilter(tags=FlowRunFilterTags(any_=["n0", "loose"]))),
    ["bare", "zero"],
    "by any of two tags",
)
expect(
    through(flow_runs=FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(is_null_=True))),
    ["bare"],
    "without a deployment",
)
expect(
    through(flow_runs=FlowRunFilter(idempotency_key=FlowRunFilterIdempotencyKey(any_=[f"{name}-0"]))),
    ["zero"],
    "by the run's own key",
)

# States set by hand go by the vendor's rules.
client.set_flow_run_state(runs[0].id, Running())
expect(client.read_flow_run(runs[0].id).state_type.value, "RUNNING", "accepted")
again = client.set_flow_run_state(runs[0].id, Pending())
expect(again.status.value in ("REJECT", "ABORT"), True, "from running back to pending is refused")
client.set_flow_run_state(runs[1].id, Scheduled(), force=True)
states = {
    row.name: row.state_type.value
    for row in client.read_flow_runs(flow_filter=FlowFilter(id=FlowFilterId(any_=[flow_id])), sort=FlowRunSort.NAME_ASC)
}
expect(states, {f"{name}-0": "RUNNING", f"{name}-1": "SCHEDULED", f"{name}-bare": "PENDING"}, "the runs of the flow")
running = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING])))
expect(through(flow_runs=running), ["zero"], "by the state that was set")

client.update_flow_run(bare.id, name=f"{name}-renamed", tags=["first", "second"])
renamed = client.read_flow_run(bare.id)
expect((renamed.name, renamed.tags), (f"{name}-renamed", ["first", "second"]), "a run's name and tags, in their order")
client.delete_deployment(deployment)
raises(ObjectNotFound, lambda: client.delete_deployment(deployment), "a deployment that is gone")
expect(through(deployments=DeploymentFilter()), [], "its runs are found without it only")
expect(through(flow_runs=FlowRunFilter()), ["bare", "zero"], "and stay, but for the one that waited to be run")
raises(ObjectNotFound, lambda: client.read_flow_run(runs[1].id), "which went with the deployment")
holds(isinstance(flow_id, UUID), "ids are UUIDs")
print("done")
