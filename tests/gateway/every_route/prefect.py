"""The probes of Prefect's routes, which all mean the default project."""

from base64 import urlsafe_b64encode
from json import dumps

from tests.gateway.every_route.probes import Probe, alike, public, reads, writes

RUN = {"flow_id": "$flow", "state": {"type": "SCHEDULED"}}

EVER = {"occurred": {"since": "2000-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}}
LATELY = {"filter": EVER, "time_unit": "week", "time_interval": 52.0}
NEXT_EVENTS = urlsafe_b64encode(dumps({"filter": EVER, "total": 1, "limit": 50, "offset": 0}).encode()).decode()
"""A token that anybody can make."""

DAY = {
    "history_start": "2026-11-22T00:00:00Z",
    "history_end": "2026-11-23T00:00:00Z",
    "history_interval_seconds": 3600,
}

PREFECT: dict[str, Probe] = {
    "GET /csrf-token": alike("tells that there are no such tokens", "/csrf-token?client=me"),
    "GET /admin/version": alike("tells of the program"),
    "GET /admin/settings": alike("tells of the program"),
    "GET /admin/storage": alike("tells of the program"),
    "GET /health": public("a probe of whoever runs it"),
    "GET /version": alike("tells of the program"),
    "GET /ready": public("a probe of whoever runs it"),
    "POST /artifacts/": writes(body={"key": "x", "data": "x"}),
    "GET /artifacts/{id}": reads("/artifacts/$report"),
    "GET /artifacts/{key}/latest": reads("/artifacts/$report_key/latest"),
    "POST /artifacts/filter": reads(body={}),
    "POST /artifacts/latest/filter": reads(body={}),
    "POST /artifacts/count": reads(body={}),
    "POST /artifacts/latest/count": reads(body={}),
    "PATCH /artifacts/{id}": writes("/artifacts/$report", {"description": "x"}),
    "DELETE /artifacts/{id}": writes("/artifacts/$report"),
    "POST /flows/": writes(body={"name": "x"}),
    "GET /flows/{id}": reads("/flows/$flow"),
    "POST /flows/filter": reads(body={}),
    "POST /flows/paginate": reads(body={}),
    "POST /flows/count": reads(body={}),
    "POST /flow_runs/": writes(body=RUN),
    "POST /flow_runs/filter": reads(body={}),
    "POST /flow_runs/paginate": reads(body={}),
    "POST /flow_runs/count": reads(body={}),
    "POST /flow_runs/history": reads(body=DAY),
    "GET /flow_runs/{id}/graph-v2": reads("/flow_runs/$flow_run/graph-v2"),
    "GET /flow_runs/{id}": reads("/flow_runs/$flow_run"),
    "PATCH /flow_runs/{id}": writes("/flow_runs/$flow_run", {"name": "x"}),
    "DELETE /flow_runs/{id}": writes("/flow_runs/$flow_run"),
    "POST /flow_runs/{id}/set_state": writes("/flow_runs/$flow_run/set_state", {"state": {"type": "COMPLETED"}}),
    "POST /task_runs/": writes(body={"flow_run_id": "$flow_run", "task_key": "x", "dynamic_key": "1"}),
    "POST /task_runs/filter": reads(body={}),
    "POST /task_runs/paginate": reads(body={}),
    "POST /task_runs/count": reads(body={}),
    "POST /task_runs/history": reads(body=DAY),
    "GET /task_runs/{id}": reads("/task_runs/$task_run"),
    "POST /logs/": writes(
        body=[
            {
                "name": "x",
                "level": 20,
                "message": "x",
                "timestamp": "2026-11-22T10:46:00Z",
                "flow_run_id": "$flow_run",
            }
        ]
    ),
    "POST /logs/filter": reads(body={}),
    "POST /events": writes(
        body=[
            {
                "occurred": "2100-01-01T00:00:00Z",
                "event": "x",
                "resource": {"prefect.resource.id": "x"},
                "id": "00000000-0000-4000-8000-000000000001",
            }
        ]
    ),
    "POST /events/filter": reads(body={"filter": EVER}),
    "POST /events/count-by/{countable}": reads("/events/count-by/resource", LATELY),
    "GET /events/filter/next": reads(f"/events/filter/next?page-token={NEXT_EVENTS}"),
    "POST /deployments/": writes(body={"flow_id": "$flow", "name": "x"}),
    "GET /deployments/{id}": reads("/deployments/$deployment"),
    "POST /deployments/filter": reads(body={}),
    "POST /deployments/paginate": reads(body={}),
    "POST /deployments/count": reads(body={}),
    "DELETE /deployments/{id}": writes("/deployments/$deployment"),
    "POST /deployments/{id}/create_flow_run": writes("/deployments/$deployment/create_flow_run", {}),
    "POST /v2/concurrency_limits/increment-with-lease": writes(body={"names": [], "slots": 1}),
    "POST /work_pools/filter": alike("tells that there are none", body={}),
    "POST /saved_searches/filter": alike("tells that there are none", body={}),
    "GET /automations/related-to/{resource_id}": alike(
        "tells that there are none", "/automations/related-to/prefect.deployment.$deployment"
    ),
    "POST /ui/flow_runs/history": reads(body={}),
    "POST /ui/flow_runs/count-task-runs": reads(body={"flow_run_ids": ["$flow_run"]}),
    "POST /ui/flows/count-deployments": reads(body={"flow_ids": ["$flow"]}),
    "POST /ui/flows/next-runs": reads(body={"flow_ids": ["$flow"]}),
    "POST /ui/task_runs/count": reads(body={}),
    "GET /ui/task_runs/{id}": reads("/ui/task_runs/$task_run"),
}
