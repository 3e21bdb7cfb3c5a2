"""Rows for generated requests to hit, made through the ZenML API."""

import itertools
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tests.support.gateways import Gateway

PREFIX = "/api/v1"


class ZenMLSeeds:
    """Makes rows, and tells what stands for each parameter of a path and for each member that refers to something."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._numbers = itertools.count()
        self.project: str = self._read("/projects/default")["id"]
        self._makers: dict[str, Callable[[], str]] = {
            "artifact_versions": self._artifact_version,
            "artifact_stores": lambda: self._default_components()["artifact_store"][0],
            "artifacts": lambda: self._create("/artifacts", {"project": self.project, "name": self._name()}),
            "code_repositories": self._code_repository,
            "components": self._component,
            # Where everybody is let in, there is nobody to approve a device.
            "devices": lambda: str(uuid4()),
            "flavors": self._flavor,
            "model_versions": self._model_version,
            "hook_invocations": self._hook_invocation,
            "logs": self._logs,
            "models": self._model,
            "pipeline_snapshots": self._snapshot,
            "pipelines": lambda: self._pipeline()[0],
            "runs": self._run,
            "projects": lambda: self._create("/projects", {"name": self._name()}),
            "service_accounts": self._service_account,
            # There are none but those that the client brings along.
            "service_connector_types": lambda: "aws",
            "stacks": self._stack,
            "steps": self._step,
            "tags": lambda: self._create("/tags", {"name": self._name()}),
            "users": self._user,
        }
        self._kept: dict[str, str] = {}

    def place(self, path: str) -> dict[str, str]:
        """What stands for the parameters of ``path``: a new row, which the request may delete."""
        match path.removeprefix(PREFIX).strip("/").split("/"):
            case ["service_accounts", account, "api_keys", key, *_]:
                made = self._service_account()
                return {account.strip("{}"): made, key.strip("{}"): self._api_key(made)}
            case ["model_versions", version, "artifacts", link]:
                made, linked = self._model_version(), self._artifact_version()
                body = {"model_version": made, "artifact_version": linked}
                return {version.strip("{}"): made, link.strip("{}"): self._create("/model_version_artifacts", body)}
            case ["model_versions", version, "runs", link]:
                made = self._model_version()
                body = {"model_version": made, "pipeline_run": self._run()}
                linked = self._create("/model_version_pipeline_runs", body)
                return {version.strip("{}"): made, link.strip("{}"): linked}
            case [noun, parameter, *_]:
                return {parameter.strip("{}"): self._makers[noun]()}
        raise ValueError(path)

    def for_member(self, name: str) -> str | None:
        """The id of an existing row for a member or parameter that refers to one; None for any other."""
        if name in ("project", "project_id", "project_name_or_id", "default_project_id"):
            return self.project
        noun = {
            "artifact_id": "artifacts",
            "artifact_store_id": "artifact_stores",
            "artifact_version": "artifact_versions",
            "model": "models",
            "model_version": "model_versions",
            "model_version_id": "model_versions",
            "pipeline": "pipelines",
            "pipeline_run": "runs",
            "pipeline_run_id": "runs",
            "snapshot": "pipeline_snapshots",
            "stack": "stacks",
            "step_run_id": "steps",
            "tag_id": "tags",
        }.get(name)
        if noun is None:
            return None
        if noun not in self._kept:
            self._kept[noun] = self._makers[noun]()
        return self._kept[noun]

    def _artifact_version(self) -> str:
        source = {"module": "builtins", "attribute": "int", "type": "builtin"}
        body = {
            "project": self.project,
            "artifact_name": self._name(),
            "type": "DataArtifact",
            "uri": "/data",
            "materializer": source,
            "data_type": source,
            "save_type": "manual",
            "metadata": {"rows": 5},
            "tags": ["seed"],
        }
        return self._create("/artifact_versions", body)

    def _code_repository(self) -> str:
        source = {"module": "a", "attribute": "B", "type": "user"}
        body: dict[str, Any] = {"project": self.project, "name": self._name(), "config": {}, "source": source}
        return self._create("/code_repositories", body)

    def _component(self) -> str:
        body = {"name": self._name(), "type": "orchestrator", "flavor": "local", "configuration": {}}
        return self._create("/components", body)

    def _flavor(self) -> str:
        body: dict[str, Any] = {"name": self._name(), "type": "orchestrator", "source": "a.B", "integration": None}
        body["config_schema"] = {}
        return self._create("/flavors", body)

    def _model(self) -> str:
        return self._create("/models", {"project": self.project, "name": self._name(), "tags": ["seed"]})

    def _model_version(self) -> str:
        return self._create("/model_versions", {"project": self.project, "model": self._model()})

    def _hook_invocation(self) -> str:
        body = {"project": self.project, "hook_type": "custom", "status": "completed", "pipeline_run_id": self._run()}
        return self._create("/hook_invocations", body | {"start_time": "2026-11-22T10:46:30"})

    def _service_account(self) -> str:
        return self._create("/service_accounts", {"name": self._name(), "active": True})

    def _api_key(self, account: str) -> str:
        return self._create(f"/service_accounts/{account}/api_keys", {"name": self._name()})

    def _default_components(self) -> dict[str, list[str]]:
        default: dict[str, Any] = self._read("/stacks?name=default&hydrate=true")["items"][0]["metadata"]["components"]
        return {kind: [each["id"] for each in members] for kind, members in default.items()}

    def _stack(self) -> str:
        return self._create("/stacks", {"name": self._name(), "components": self._default_components()})

    def _pipeline(self) -> tuple[str, str]:
        name = self._name()
        return self._create("/pipelines", {"project": self.project, "name": name, "tags": ["seed"]}), name

    def _snapshot(self) -> str:
        pipeline, name = self._pipeline()
        configured = {"name": "make", "substitutions": {"date": "today"}}
        source = {"module": "a", "attribute": "make", "type": "user"}
        step = {
            "spec": {"source": source, "upstream_steps": [], "inputs": {}, "invocation_id": "make"},
            "config": configured,
            "step_config_overrides": configured,
        }
        body = {
            "project": self.project,
            "run_name_template": "seed",
            "pipeline_configuration": {"name": name},
            "step_configurations": {"make": step},
            "stack": self._read("/stacks?name=default")["items"][0]["id"],
            "pipeline": pipeline,
        }
        return self._create("/pipeline_snapshots", body)

    def _run(self) -> str:
        body = {
            "project": self.project,
            "name": self._name(),
            "snapshot": self._snapshot(),
            "orchestrator_run_id": str(uuid4()),
            "status": "running",
        }
        answer = self._gateway.request("POST", f"{PREFIX}/runs", body)
        assert answer.status == 200, answer
        identifier: str = answer.json()[0]["id"]
        return identifier

    def _step(self) -> str:
        body = {
            "project": self.project,
            "name": "make",
            "start_time": "2026-11-22T10:46:00",
            "status": "running",
            "pipeline_run_id": self._run(),
        }
        return self._create("/steps", body)

    def _logs(self) -> str:
        return self._create("/logs", {"project": self.project, "source": "runner", "uri": "/logs"})

    def _user(self) -> str:
        return self._create("/users", {"name": self._name(), "is_admin": False, "active": False})

    def _name(self) -> str:
        return f"seed-{next(self._numbers)}"

    def _read(self, path: str) -> Any:
        answer = self._gateway.request("GET", f"{PREFIX}{path}")
        assert answer.status == 200, answer
        return answer.json()

    def _create(self, path: str, body: dict[str, Any]) -> str:
        answer = self._gateway.request("POST", f"{PREFIX}{path}", body)
        assert answer.status == 200, answer
        identifier: str = answer.json()["id"]
        return identifier
