"""The filter language of artifacts: every member, the operators, sorts and pages."""

from uuid import uuid4

from checks import expect, unique
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.client.schemas.filters import (
    ArtifactCollectionFilter,
    ArtifactCollectionFilterFlowRunId,
    ArtifactCollectionFilterKey,
    ArtifactCollectionFilterLatestId,
    ArtifactCollectionFilterTaskRunId,
    ArtifactCollectionFilterType,
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    ArtifactFilterId,
    ArtifactFilterKey,
    ArtifactFilterTaskRunId,
    ArtifactFilterType,
)
from prefect.client.schemas.sorting import ArtifactCollectionSort, ArtifactSort

root = unique("filter")
client = get_client(sync_client=True)
run, other_run, step = uuid4(), uuid4(), uuid4()
rows = {
    word: client.create_artifact(ArtifactCreate(key=f"{root}-{word}", data=word, **more))
    for word, more in {
        "north": {"type": "map", "flow_run_id": run},
        "north-2": {"type": "map", "flow_run_id": run, "task_run_id": step},
        "north2": {"type": "plan", "flow_run_id": other_run},
        "south": {"type": "plan"},
        "west": {},
    }.items()
}
loose = client.create_artifact(ArtifactCreate(type=root, data="loose"))
ours = ArtifactFilterKey(like_=root)


def words(sort=ArtifactSort.KEY_ASC, limit=None, offset=0, **members):
    """What is found, as the ends of the keys."""
    found = client.read_artifacts(artifact_filter=ArtifactFilter(**members), sort=sort, limit=limit, offset=offset)
    return [row.key.removeprefix(f"{root}-") if row.key else None for row in found]


def heads(sort=ArtifactCollectionSort.KEY_ASC, **members):
    found = client.read_latest_artifacts(artifact_filter=ArtifactCollectionFilter(**members), sort=sort)
    return [row.key.removeprefix(f"{root}-") for row in found]


everything = ["north", "north-2", "north2", "south", "west"]
# Keys, sorts and pages.
expect(words(key=ours), everything, "a part of the key, sorted by its bytes")
expect(words(key=ours, sort=ArtifactSort.KEY_DESC), everything[::-1], "and the other way round")
expect(words(key=ours, sort=ArtifactSort.CREATED_DESC), everything[::-1], "newest first")
expect(words(key=ours, limit=2, offset=1), ["north-2", "north2"], "a page")
expect(words(key=ours, limit=0), [], "a page of nothing")
expect(words(key=ours, offset=5), [], "a page behind the end")
expect(words(key=ArtifactFilterKey(like_=f"{root}-NORTH".upper())), everything[:3], "case is ignored")
expect(words(key=ArtifactFilterKey(like_=f"{root}-north_2")), ["north-2"], "one character, whichever")
expect(words(key=ArtifactFilterKey(like_=f"{root}%th")), everything[:4], "any characters")
expect(words(key=ArtifactFilterKey(any_=[f"{root}-west", f"{root}-east", root])), ["west"], "whole keys")
expect(words(key=ArtifactFilterKey(any_=[])), [], "one of none")
expect(words(key=ArtifactFilterKey(like_=f"{root}-n", any_=[f"{root}-south", f"{root}-north"])), ["north"], "both")
expect(words(key=ArtifactFilterKey(exists_=False), type=ArtifactFilterType(any_=[root])), [None], "without a key")
expect(words(key=ArtifactFilterKey(exists_=True), type=ArtifactFilterType(any_=[root])), [], "with one")

# Types, ids and runs.
expect(words(key=ours, type=ArtifactFilterType(any_=["plan"])), ["north2", "south"], "of a type")
expect(
    words(key=ours, type=ArtifactFilterType(not_any_=["plan"])),
    ["north", "north-2"],
    "a row needs a type to be of another",
)
expect(words(id=ArtifactFilterId(any_=[rows["west"].id, loose.id, uuid4()]), key=ours), ["west"], "by id")
expect(words(flow_run_id=ArtifactFilterFlowRunId(any_=[run])), ["north", "north-2"], "of a run")
expect(words(flow_run_id=ArtifactFilterFlowRunId(any_=[run, other_run])), everything[:3], "of two runs")
expect(words(task_run_id=ArtifactFilterTaskRunId(any_=[step])), ["north-2"], "of a task")
either = {"key": ArtifactFilterKey(any_=[f"{root}-south"]), "id": ArtifactFilterId(any_=[rows["west"].id])}
expect(words(operator="or_", **either), ["south", "west"], "one or the other")
expect(words(operator="and_", **either), [], "one and the other")
identifiers = [
    row.id for row in client.read_artifacts(artifact_filter=ArtifactFilter(key=ours), sort=ArtifactSort.ID_DESC)
]
expect(identifiers, sorted(identifiers, reverse=True), "by id, downwards")

# The newest of each key: the members of its newest version count.
client.create_artifact(ArtifactCreate(key=f"{root}-south", type="map", flow_run_id=other_run, task_run_id=step))
prefix = ArtifactCollectionFilterKey(like_=root)
expect(heads(key=prefix), everything, "one row for a key")
expect(heads(key=prefix, sort=ArtifactCollectionSort.UPDATED_DESC)[0], "south", "the last one touched")
expect(heads(key=prefix, type=ArtifactCollectionFilterType(any_=["plan"])), ["north2"], "by the newest type")
expect(heads(key=prefix, type=ArtifactCollectionFilterType(not_any_=["plan"])), ["north", "north-2", "south"], "or not")
expect(heads(flow_run_id=ArtifactCollectionFilterFlowRunId(any_=[other_run])), ["north2", "south"], "by the newest run")
expect(heads(task_run_id=ArtifactCollectionFilterTaskRunId(any_=[step])), ["north-2", "south"], "by the newest task")
expect(
    heads(latest_id=ArtifactCollectionFilterLatestId(any_=[rows["west"].id, rows["south"].id])), ["west"], "by version"
)
expect(heads(key=ArtifactCollectionFilterKey(exists_=False)), [], "every row has a key")
print("done")
