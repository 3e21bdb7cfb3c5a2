"""Versions of one key, and the row of the newest: it follows creates, updates and deletes, and ends with the last."""

from itertools import pairwise

from checks import expect, holds, http, raises, unique
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate
from prefect.client.schemas.filters import (
    ArtifactCollectionFilter,
    ArtifactCollectionFilterKey,
    ArtifactFilter,
    ArtifactFilterKey,
)
from prefect.client.schemas.sorting import ArtifactCollectionSort, ArtifactSort
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError

key = unique("versions")
client = get_client(sync_client=True)
every = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
newest = ArtifactCollectionFilter(key=ArtifactCollectionFilterKey(any_=[key]))


def head():
    """The row of the newest version."""
    rows = client.read_latest_artifacts(artifact_filter=newest, sort=ArtifactCollectionSort.KEY_DESC)
    holds(len(rows) <= 1, "one row for a key")
    return rows[0] if rows else None


expect(head(), None, "no row before the first version")
made = [
    client.create_artifact(
        ArtifactCreate(key=key, type=f"type-{n}", data={"n": n}, description=f"no {n}", metadata_={"n": str(n)})
    )
    for n in range(4)
]
listed = client.read_artifacts(artifact_filter=every, sort=ArtifactSort.CREATED_DESC)
expect([row.id for row in listed], [row.id for row in reversed(made)], "newest first")
holds(all(a.created < b.created for a, b in pairwise(made)), "each is created after the one before")
row = head()
holds(row.id not in {each.id for each in made}, "the row has an id of its own")
expect(
    (row.latest_id, row.data, row.description, row.type, row.metadata_),
    (made[3].id, {"n": 3}, "no 3", "type-3", {"n": "3"}),
    "the row shows the newest version",
)
expect((row.created, row.updated), (made[0].created, made[3].created), "times of the row")
direct = http("GET", f"/artifacts/{key}/latest").json()
expect((direct["id"], direct["data"]), (str(row.id), {"n": 3}), "the newest by its key")

# Updates.
client.update_artifact(made[0].id, ArtifactUpdate(data="old but edited"))
expect((head().latest_id, head().data), (made[3].id, {"n": 3}), "an old version's update is its own")
(touched,) = client.read_artifacts(artifact_filter=every, sort=ArtifactSort.UPDATED_DESC, limit=1)
expect((touched.id, touched.data), (made[0].id, "old but edited"), "it was updated last")
client.update_artifact(made[3].id, ArtifactUpdate(description="edited", metadata_={"only": "this"}))
expect(
    (head().description, head().data, head().metadata_),
    ("edited", {"n": 3}, {"only": "this"}),
    "the newest version's update shows in the row; metadata are replaced",
)

# A version with fewer members leaves nothing of the one before.
bare = client.create_artifact(ArtifactCreate(key=key))
expect(
    (head().latest_id, head().data, head().description, head().type, head().metadata_),
    (bare.id, None, None, None, None),
    "nothing is carried over",
)

# Deletes, from the newest to the oldest.
client.delete_artifact(bare.id)
expect((head().id, head().latest_id, head().description), (row.id, made[3].id, "edited"), "back to the one before")
expect(head().created, made[3].created, "the row takes that version's time")
client.delete_artifact(made[1].id)
expect(head().latest_id, made[3].id, "an old version goes without a trace")
client.delete_artifact(made[3].id)
expect((head().latest_id, head().data), (made[2].id, {"n": 2}), "back to the next")
client.delete_artifact(made[2].id)
expect((head().latest_id, head().data), (made[0].id, "old but edited"), "back to the first")
client.delete_artifact(made[0].id)
expect(head(), None, "the row goes with the last version")
expect(client.read_artifacts(artifact_filter=every), [], "and nothing is left")
expect(http("GET", f"/artifacts/{key}/latest").status_code, 404, "nor found by the key")
raises(ObjectNotFound, lambda: client.delete_artifact(made[0].id), "deleted twice")
gone = raises(PrefectHTTPStatusError, lambda: client.update_artifact(made[0].id, ArtifactUpdate(data=1)), "updated")
expect(gone.response.status_code, 404, "an update after the end")

client.create_artifact(ArtifactCreate(key=key, data="again"))
holds(head().id != row.id, "a key that begins anew has a new row")
print("done")
