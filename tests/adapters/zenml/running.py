"""Pipelines, runs and steps as ZenML's client reports them, one request after another."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from tests.adapters.zenml.serving import Answer, Served, version_body

STARTED = "2026-11-22T10:46:30.551964"
SOURCE = {"module": "flows", "attribute": "step", "type": "user"}


def step_configuration(name: str, upstream: Sequence[str] = (), **config: object) -> dict[str, Any]:
    """A step of a snapshot; it takes ``numbers`` of each step that it waits for."""
    inputs = {"numbers": [{"step_name": step, "output_name": "out"} for step in upstream]} if upstream else {}
    configured = {"name": name, "parameters": {}, "substitutions": {}} | config
    return {
        "spec": {"source": SOURCE, "upstream_steps": list(upstream), "inputs": inputs, "invocation_id": name},
        "config": configured,
        "step_config_overrides": configured,
    }


class Running:
    """A client that runs one pipeline."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.project = served.registry.default_project.id

    async def pipeline(self, name: str = "train", **given: object) -> Any:
        """The pipeline of a name, made."""
        return await self.served.post("/pipelines", {"project": self.project, "name": name} | given)

    async def snapshot(
        self,
        pipeline: Mapping[str, Any] | None = None,
        steps: Sequence[Mapping[str, Any]] | None = None,
        configuration: Mapping[str, object] | None = None,
        **given: object,
    ) -> Any:
        """A snapshot on the default stack: of two steps, the second of which waits for the first."""
        pipeline = pipeline or await self.pipeline(f"pipeline-{uuid4().hex[:8]}")
        steps = steps or [step_configuration("make"), step_configuration("use", ["make"])]
        stack = (await self.served.get("/stacks", {"name": "default"}))["items"][0]["id"]
        body = {
            "project": self.project,
            "run_name_template": "train-{date}-{time}",
            "pipeline_configuration": {"name": pipeline["name"], **(configuration or {})},
            "step_configurations": {step["spec"]["invocation_id"]: step for step in steps},
            "client_environment": {"os": "linux", "python_packages": "zenml==0.98.0"},
            "pipeline_spec": {"steps": [step["spec"] for step in steps]},
            "stack": stack,
            "pipeline": pipeline["id"],
        }
        return await self.served.post("/pipeline_snapshots", body | given)

    def run_body(self, snapshot: Mapping[str, Any], **given: object) -> dict[str, object]:
        """What a client sends of a run that begins."""
        return {
            "project": self.project,
            "name": f"run-{uuid4().hex[:8]}",
            "snapshot": snapshot["id"],
            "orchestrator_run_id": str(uuid4()),
            "start_time": STARTED,
            "status": "running",
        } | given

    async def run(self, snapshot: Mapping[str, Any] | None = None, **given: object) -> Any:
        """A run that has begun."""
        snapshot = snapshot or await self.snapshot()
        return (await self.served.post("/runs", self.run_body(snapshot, **given)))[0]

    def step_body(self, run: Mapping[str, Any], name: str = "make", **given: object) -> dict[str, object]:
        """What a client sends of a step that begins."""
        return {
            "project": self.project,
            "name": name,
            "start_time": STARTED,
            "status": "running",
            "pipeline_run_id": run["id"],
        } | given

    async def step(self, run: Mapping[str, Any], name: str = "make", **given: object) -> Any:
        """A step that begins."""
        return await self.served.post("/steps", self.step_body(run, name, **given))

    async def refused_step(self, run: Mapping[str, Any], name: str = "make", **given: object) -> Answer:
        """The answer to a step."""
        return await self.served("POST", "/steps", self.step_body(run, name, **given))

    async def finish(self, step: Mapping[str, Any], status: str = "completed", **given: object) -> Any:
        """A step that ends."""
        body = {"status": status, "end_time": "2026-11-22T10:47:00.000001"} | given
        return await self.served.put(f"/steps/{step['id']}", body)

    async def version(self, name: str = "numbers") -> Any:
        """A version that a step made."""
        return await self.served.post(
            "/artifact_versions", version_body(self.served.registry, name, save_type="step_output")
        )

    async def whole(self, snapshot: Mapping[str, Any] | None = None) -> tuple[Any, Any, Any, Any]:
        """A run of two steps to its end: (run, first step, second step, version that went between)."""
        run = await self.run(snapshot)
        made = await self.version(f"numbers-{uuid4().hex[:8]}")
        first = await self.finish(await self.step(run), outputs={"out": [made["id"]]})
        begun = await self.step(run, "use", inputs={"numbers": [made["id"]]})
        second = await self.finish(begun)
        return await self.served.get(f"/runs/{run['id']}"), first, second, made

    async def status(self, run: Mapping[str, Any]) -> tuple[str, bool]:
        """How a run stands: its status, and whether it is in progress."""
        body = (await self.served.get(f"/runs/{run['id']}"))["body"]
        return body["status"], body["in_progress"]
