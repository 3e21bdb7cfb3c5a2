"""What the dashboards of both bundles ask when they are opened, as seen in a browser."""

import random
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from bench.dashboard.rows import flow_ids, moment, window
from bench.suite import Address, Load, Size
from bench.wire import request

HEADERS = {"accept": "application/json, text/plain, */*", "user-agent": "Mozilla/5.0 (X11; Linux x86_64)"}

UNSUCCESSFUL = ("FAILED", "CRASHED")
GOING = ("RUNNING", "PENDING", "CANCELLING")


def questions() -> dict[str, tuple[str, Mapping[str, Any]]]:
    """The path and the body of each request, by a name for it; what both bundles ask alike is there once."""
    start, end = (moment(instant) for instant in window())
    day = {"after_": start, "before_": end}
    history = {"history_start": start, "history_end": end, "history_interval_seconds": 24 * 3600 // 20}
    by_id = {"id": {"any_": list(flow_ids())}}
    one_flow = {"id": {"any_": [flow_ids()[0]]}}

    def runs(*types: str) -> dict[str, Any]:
        state = {"state": {"type": {"any_": list(types)}}} if types else {}
        return {"flow_runs": {"expected_start_time": day, **state}}

    def tasks(*types: str) -> dict[str, Any]:
        state = {"state": {"type": {"any_": list(types)}}}
        return {"task_runs": {"start_time": day, "subflow_runs": {"exists_": False}, **state}}

    newest = {"sort": "EXPECTED_START_TIME_DESC"}
    return {
        "any run": ("/flow_runs/filter", {"sort": "ID_DESC", "offset": 0, "limit": 1}),
        "runs of the day": ("/flow_runs/filter", newest | runs()),
        "unsuccessful runs of the day": ("/flow_runs/filter", newest | runs(*UNSUCCESSFUL)),
        "unsuccessful run of a flow": (
            "/flow_runs/filter",
            newest | runs(*UNSUCCESSFUL) | {"flows": one_flow, "limit": 1},
        ),
        "bars": ("/flow_runs/filter", {"sort": "START_TIME_DESC", "limit": 42} | runs()),
        "page of runs": ("/flow_runs/paginate", {"page": 1, "limit": 100, "sort": "START_TIME_DESC"}),
        "count all": ("/flow_runs/count", {}),
        "count the day": ("/flow_runs/count", runs()),
        "count unsuccessful": ("/flow_runs/count", runs(*UNSUCCESSFUL)),
        "count unsuccessful of a flow": ("/flow_runs/count", runs(*UNSUCCESSFUL) | {"flows": one_flow}),
        "count going": ("/flow_runs/count", runs(*GOING)),
        "count completed": ("/flow_runs/count", runs("COMPLETED")),
        "count waiting": ("/flow_runs/count", runs("SCHEDULED", "PAUSED")),
        "count cancelled": ("/flow_runs/count", runs("CANCELLED")),
        "flows by id": ("/flows/filter", {"flows": by_id, "sort": "CREATED_DESC"}),
        "flows with unsuccessful runs": ("/flows/paginate", {"sort": "UPDATED_DESC"} | runs(*UNSUCCESSFUL)),
        "task history": (
            "/task_runs/history",
            history | {"flow_runs": {}, "task_runs": {"start_time": day}},
        ),
        "count tasks": ("/task_runs/count", tasks("COMPLETED", *UNSUCCESSFUL, "RUNNING")),
        "count completed tasks": ("/task_runs/count", tasks("COMPLETED")),
        "count unsuccessful tasks": ("/task_runs/count", tasks(*UNSUCCESSFUL)),
        "count running tasks": ("/task_runs/count", tasks("RUNNING")),
        "work pools": ("/work_pools/filter", {}),
    }


def loads(size: Size) -> Sequence[Load]:
    """A load for each request, and for the pages of artifacts that one may open from there."""
    asked = [
        *((title, path, body) for title, (path, body) in questions().items()),
        (
            "cards of artifacts",
            "/artifacts/latest/filter",
            {"artifacts": {"operator": "and_", "type": {}, "key": {"exists_": True, "like_": ""}}, "sort": "ID_DESC"},
        ),
        ("count cards", "/artifacts/latest/count", {"artifacts": {"key": {"exists_": True}}}),
    ]
    return [Load(title.replace(" ", "-"), title, partial(_build, path, body)) for title, path, body in asked]


def _build(path: str, body: Mapping[str, Any], address: Address, _: random.Random) -> bytes:
    return request("POST", address.prefix + path, address.port, headers=HEADERS, body=body)
