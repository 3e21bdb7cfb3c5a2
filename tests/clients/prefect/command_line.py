"""The vendor's command line: artifact ls, inspect and delete, and runs by their id."""

import json

from checks import command, expect, holds, unique
from prefect import flow
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.runtime import flow_run

# The listing shows 200 rows at most, sorted by key: ours shall be among the first.
name = unique("00-shell")
first = str(create_markdown_artifact("one", key=name, description="the first"))
second = str(create_markdown_artifact("two", key=name, description="the second"))
table = str(create_table_artifact([{"n": 1}], key=f"{name}-table"))

listed = {row["key"]: row for row in json.loads(command("artifact", "ls", "--limit", "200", "-o", "json"))}
expect((listed[name]["latest_id"], listed[name]["description"]), (second, "the second"), "ls knows the newest")
expect((listed[f"{name}-table"]["type"], listed[f"{name}-table"]["latest_id"]), ("table", table), "ls knows types")
shown = command("artifact", "ls", "--limit", "200")
holds(name in shown and second in shown and first not in shown, "ls as a table")

versions = json.loads(command("artifact", "inspect", name, "-o", "json"))
expect([row["id"] for row in versions], [second, first], "inspect lists versions, newest first")
expect((versions[1]["data"], versions[1]["description"]), ("one", "the first"), "with their content")

holds("Deleted artifact" in command("artifact", "delete", "--id", second), "delete a version")
newest = json.loads(command("artifact", "inspect", name, "--limit", "1", "-o", "json"))
expect([row["id"] for row in newest], [first], "the older one is the newest now")
create_markdown_artifact("three", key=name)
holds("Deleted 2 artifact(s)" in command("artifact", "delete", name), "delete all of a key")
holds("not found" in command("artifact", "inspect", name, fails=True), "inspect of nothing")
holds("not found" in command("artifact", "delete", "--id", first, fails=True), "delete what is gone")


@flow(name=name, log_prints=True)
def speaks() -> str:
    print("spoken")
    return flow_run.id


run = speaks()
holds(run in command("flow-run", "inspect", run), "a run by its id")
holds("spoken" in command("flow-run", "logs", run), "and its logs")
holds("Successfully deleted" in command("flow-run", "delete", run), "and its end")
print("done")
