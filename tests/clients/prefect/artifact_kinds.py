"""The public helpers outside of any run: what each kind keeps, read back by helper and on the wire."""

import json
from math import inf, nan

from checks import expect, holds, http, unique
from prefect.artifacts import (
    Artifact,
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

name = unique("kinds")


def stored(key: str) -> Artifact:
    found = Artifact.get(key)
    holds(found is not None, f"{key} is found by its key")
    return found


# Markdown, with characters of every width.
text = "## Résultat ∑ 🎉\n\n| a | b |\n|---|---|\n"
identifier = create_markdown_artifact(text, key=f"{name}-markdown", description="*über* alles")
found = stored(f"{name}-markdown")
expect(found.id, identifier, "the helper gives the version's id")
expect((found.type, found.data, found.description), ("markdown", text, "*über* alles"), "markdown")
expect((found.flow_run_id, found.task_run_id, found.metadata_), (None, None, None), "made outside a run")
holds(found.created == found.updated, "a new version was never updated")
holds(found.created.utcoffset().total_seconds() == 0, "times are in UTC")

# Links become markdown in the client.
create_link_artifact("https://example.org/?q=a%20b&r=1", key=f"{name}-link", link_text="results")
expect(stored(f"{name}-link").data, "[results](https://example.org/?q=a%20b&r=1)", "a link with a text")
create_link_artifact("https://example.org/plain", key=f"{name}-link")
expect(stored(f"{name}-link").data, "[https://example.org/plain](https://example.org/plain)", "one without")

# Tables become JSON text in the client, without what JSON lacks.
rows = [{"city": "Łódź", "score": nan}, {"city": None, "score": inf}, {"city": "x", "score": 2.5}]
create_table_artifact(rows, key=f"{name}-table")
table = stored(f"{name}-table")
expect(table.type, "table", "type of a table")
expect([row["city"] for row in json.loads(table.data)], ["Łódź", None, "x"], "rows of a table")
expect(json.loads(table.data)[0]["score"], None, "a number that is none")
create_table_artifact({"left": [1, 2, 3], "right": ["a", None, "c"]}, key=f"{name}-columns")
expect(
    json.loads(stored(f"{name}-columns").data),
    {"left": [1, 2, 3], "right": ["a", None, "c"]},
    "a table by columns",
)

picture = create_image_artifact("https://example.org/plot.png", key=f"{name}-image", description="plot")
expect(
    (stored(f"{name}-image").id, stored(f"{name}-image").type, stored(f"{name}-image").data),
    (picture, "image", "https://example.org/plot.png"),
    "an image",
)

# Progress: the one kind that the client updates in place.
bar = create_progress_artifact(0.0, key=f"{name}-progress", description="at the start")
expect(stored(f"{name}-progress").data, 0.0, "progress at the start")
for percent, kept in ((12.25, 12.25), (250.0, 100.0), (-1.0, 0.0)):
    update_progress_artifact(bar, percent)
    expect(float(stored(f"{name}-progress").data), kept, f"progress after {percent}")
update_progress_artifact(bar, 50.0, description="half way")
after = stored(f"{name}-progress")
expect((after.id, float(after.data), after.description), (bar, 50.0, "half way"), "progress with a description")
holds(after.updated > after.created, "an update moves updated and leaves created")
first = http("GET", f"/artifacts/{bar}").json()
expect(first["created"], after.created.isoformat().replace("+00:00", "Z"), "times keep their microseconds")

# Without a key there is no collection, but a version all the same.
loose = create_markdown_artifact("loose")
row = http("GET", f"/artifacts/{loose}").json()
expect((row["key"], row["data"], row["type"]), (None, "loose", "markdown"), "an artifact without a key")
expect(Artifact.get(f"{name}-nobody"), None, "a key that nothing has")
print("done")
