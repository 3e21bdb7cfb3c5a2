"""What the pages show: runs with artifacts of every kind, one that failed, one that is to come. Prints their ids.

PICTURE is the address of a picture.
"""

import json
import os
from datetime import UTC, datetime, timedelta
from uuid import UUID

from expecting import eventually
from prefect import flow, get_run_logger, task
from prefect.artifacts import (
    Artifact,
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId, TaskRunFilter, TaskRunFilterFlowRunId
from prefect.events import emit_event
from prefect.runtime import flow_run, task_run
from prefect.states import Scheduled

PICTURE = os.environ["PICTURE"]
ids: dict[str, str] = {}


@task(tags=["measured"])
def measure() -> float:
    """A task that leaves two artifacts and a line in the log."""
    ids["task_run"] = task_run.id
    rows = [{"city": "Łódź", "celsius": 21.5}, {"city": "Reykjavík", "celsius": 9.0}]
    create_table_artifact(rows, key="temperatures", description="Measured at noon")
    bar = create_progress_artifact(12.0, key="stations-read", description="Stations that answered")
    update_progress_artifact(bar, 87.5)
    get_run_logger().warning("one station did not answer")
    return 21.5


@flow(name="forecast", flow_run_name="forecast-for-monday")
def forecast(celsius: float) -> float:
    """A flow that another one calls."""
    ids["subflow_run"] = flow_run.id
    return celsius + 1


@flow(name="weather", flow_run_name="weather-in-lodz")
def weather() -> None:
    """A flow that leaves artifacts of every other kind."""
    ids["flow_run"] = flow_run.id
    get_run_logger().info("the day begins")
    forecast(measure())
    for title in ("First draft", "Second draft", "Weather in Łódź"):
        create_markdown_artifact(f"# {title}\n\nIt was **{title.lower()}**.", key="daily-report", description=title)
    create_link_artifact("https://example.org/stations", key="station-map", link_text="Map of stations")
    create_image_artifact(PICTURE, key="radar-picture", description="Seen from above")
    emit_event("weather.storm.sighted", resource={"prefect.resource.id": "weather.station.lodz"}, payload={"wind": 11})


@flow(name="unreliable", flow_run_name="unreliable-on-tuesday")
def unreliable() -> None:
    """A flow that fails."""
    ids["failed_run"] = flow_run.id
    raise ValueError("the station burned down")


weather()
unreliable(return_state=True)
create_markdown_artifact("# On its own", key="loose-note")
client = get_client(sync_client=True)
run = client.read_flow_run(UUID(ids["flow_run"]))
ids["flow"] = str(run.flow_id)
deployment = client.create_deployment(
    flow_id=run.flow_id,
    name="nightly",
    tags=["night"],
    description="Every night",
    path="/srv/flows",
    entrypoint="weather.py:weather",
)
ids["deployment"] = str(deployment)
tomorrow = Scheduled(scheduled_time=datetime.now(UTC) + timedelta(days=1))
ids["scheduled_run"] = str(
    client.create_flow_run_from_deployment(deployment, name="weather-of-tomorrow", state=tomorrow).id
)
for key in ("daily-report", "temperatures", "station-map", "stations-read", "radar-picture", "loose-note"):
    ids[key] = str(Artifact.get(key).id)


def recorded() -> bool:
    """Whether task runs and lines of the log, which come after the fact, are all there."""
    mine = TaskRunFilter(flow_run_id=TaskRunFilterFlowRunId(any_=[run.id]))
    states = [row.state_type.value for row in client.read_task_runs(task_run_filter=mine)]
    lines = client.read_logs(LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id])))
    return states == ["COMPLETED"] * 2 and any("Finished in state" in line.message for line in lines)


eventually(recorded, "the run's task runs and log")
for day, moment in (("yesterday", -1), ("tomorrow", 1)):
    ids[day] = (datetime.now(UTC) + timedelta(days=moment)).strftime("%Y-%m-%dT%H:%M:%SZ")
print(json.dumps(ids))
print("done")
