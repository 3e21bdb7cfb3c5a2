"""Rows for generated requests to hit: with a random id, most of a route is never run."""

import itertools
import re
from typing import Any

from tests.support.gateways import Gateway


class PrefectSeeds:
    """Makes rows through the Prefect API, and tells the ids that stand for each path."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._numbers = itertools.count()
        self.flow = self._create("/flows/", {"name": "seed"})
        self.run = self._flow_run()
        self.step = self._task_run()
        self.deployment = self._deployment()

    def place(self, path: str) -> dict[str, str]:
        """What stands for the parameter of ``path``, by its name."""
        return dict.fromkeys(re.findall(r"\{(\w+)\}", path), self.for_path(path))

    def for_path(self, path: str) -> str:
        """A new row for the parameter of ``path``, which the request may delete: its id, or its key."""
        match path.strip("/").split("/"):
            case ["artifacts", "{key}", *_]:
                key = f"seed-{next(self._numbers)}"
                self._create("/artifacts/", {"key": key, "data": {"n": 1}})
                return key
            case ["artifacts", *_]:
                return self._create("/artifacts/", {"key": "seed", "data": [1, None], "metadata_": {"m": "v"}})
            case ["flows", *_]:
                return self.flow
            case ["flow_runs", *_]:
                return self._flow_run()
            case ["task_runs", *_] | ["ui", "task_runs", *_]:
                return self.step
            case ["events", "count-by", *_]:
                return "resource"
            case ["deployments", *_]:
                return self._deployment()
            case ["automations", *_]:
                return f"prefect.deployment.{self.deployment}"
        raise ValueError(path)

    def for_member(self, name: str) -> str | None:
        """The id of an existing row for a body's member that refers to one; None for any other member."""
        return {
            "flow_id": self.flow,
            "flow_run_id": self.run,
            "task_run_id": self.step,
            "parent_task_run_id": self.step,
        }.get(name)

    def _flow_run(self) -> str:
        return self._create("/flow_runs/", {"flow_id": self.flow, "tags": ["seed"], "state": {"type": "SCHEDULED"}})

    def _task_run(self) -> str:
        number = str(next(self._numbers))
        return self._create("/task_runs/", {"flow_run_id": self.run, "task_key": "seed", "dynamic_key": number})

    def _deployment(self) -> str:
        return self._create("/deployments/", {"flow_id": self.flow, "name": f"seed-{next(self._numbers)}"})

    def _create(self, path: str, body: dict[str, Any]) -> str:
        answer = self._gateway.request("POST", f"/api{path}", body)
        assert answer.status in (200, 201), answer
        identifier: str = answer.json()["id"]
        return identifier
