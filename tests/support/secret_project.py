"""A project in which every dialect has left of everything that it has, under names that nobody else would use."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from isogloss.adapters.transfers import PREFIX as NATIVE
from isogloss.adapters.truefoundry.dialect import FLOW, SVC
from isogloss.adapters.zenml.routes import PREFIX
from tests.support.whole_app import WholeApp

PREFECT = "/api"

WORD = "zyxomma"
"""Begins every name, and is in every value, of the project."""


class SecretProject:
    """Makes the rows as an editor; ``at`` tells their ids and names.

    Prefect's clients name no project, so theirs are in the default one.
    """

    def __init__(self, app: WholeApp, key: str) -> None:
        self._app = app
        self._key = key
        self.at: dict[str, str] = {}

    async def fill(self) -> None:
        """Make all rows."""
        await self._prefect()
        await self._zenml()
        await self._truefoundry()
        linked = {"made": self.at["artifact_version"], "source": self.at["tf_artifact_version"]}
        self.at["derivation"] = await self._made(f"{NATIVE}/links", linked)

    async def _prefect(self) -> None:
        at = self.at
        at["flow"] = await self._made(f"{PREFECT}/flows/", {"name": f"{WORD}-flow"})
        body: dict[str, Any] = {"flow_id": at["flow"], "name": f"{WORD}-flow-run", "state": {"type": "RUNNING"}}
        at["flow_run"] = await self._made(f"{PREFECT}/flow_runs/", body)
        body = {"flow_run_id": at["flow_run"], "task_key": f"{WORD}-task", "dynamic_key": "0"}
        at["task_run"] = await self._made(f"{PREFECT}/task_runs/", body)
        body = {"key": f"{WORD}-report", "type": "markdown", "data": f"# {WORD}", "flow_run_id": at["flow_run"]}
        at["report"] = await self._made(f"{PREFECT}/artifacts/", body)
        at["report_key"] = f"{WORD}-report"
        body = {"flow_id": at["flow"], "name": f"{WORD}-deployment"}
        at["deployment"] = await self._made(f"{PREFECT}/deployments/", body)
        line = {"name": WORD, "level": 20, "message": WORD, "timestamp": "2026-11-22T10:46:00Z"}
        await self._asked("POST", f"{PREFECT}/logs/", [line | {"flow_run_id": at["flow_run"]}])
        await self._asked("POST", f"{PREFECT}/events", [event_about(at["flow_run"])])

    async def _zenml(self) -> None:
        at = self.at
        at["project_name"] = f"{WORD}-project"
        at["project"] = project = await self._created("/projects", {"name": at["project_name"]})
        stack = (await self._asked("GET", f"{PREFIX}/stacks?name=default&hydrate=true"))["items"][0]
        at["stack"], at["store"] = stack["id"], stack["metadata"]["components"]["artifact_store"][0]["id"]
        at["tag"] = await self._created("/tags", {"name": "common"})
        at["artifact_version"] = await self._created("/artifact_versions", version_of(self._app, at))
        version = await self._asked("GET", f"{PREFIX}/artifact_versions/{at['artifact_version']}")
        at["artifact"] = version["body"]["artifact"]["id"]
        body: dict[str, Any] = {"project": project, "name": f"{WORD}-model", "tags": ["common"]}
        at["model"] = await self._created("/models", body)
        body = {"project": project, "model": at["model"], "name": f"{WORD}-edition"}
        at["model_version"] = await self._created("/model_versions", body)
        body = {"project": project, "name": f"{WORD}-pipeline", "tags": ["common"]}
        at["pipeline"] = await self._created("/pipelines", body)
        at["snapshot"] = await self._created("/pipeline_snapshots", snapshot_of(at))
        at["run"] = (await self._asked("POST", f"{PREFIX}/runs", run_of(at, f"{WORD}-run")))[0]["id"]
        at["step"] = await self._created("/steps", step_of(at))
        body = {"model_version": at["model_version"], "artifact_version": at["artifact_version"]}
        at["artifact_link"] = await self._created("/model_version_artifacts", body)
        body = {"model_version": at["model_version"], "pipeline_run": at["run"]}
        at["run_link"] = await self._created("/model_version_pipeline_runs", body)
        at["logs"] = await self._created("/logs", logs_of(at))
        body = {"project": project, "name": f"{WORD}-code", "config": {"path": WORD}, "source": SOURCE}
        at["repository"] = await self._created("/code_repositories", body)
        at["hook"] = await self._created("/hook_invocations", hook_of(at))
        await self._asked("POST", f"{PREFIX}/run-metadata", metadata_of(at))
        at["flavor"] = await self._created("/flavors", flavor_named("common"))
        at["component"] = await self._created("/components", component_named("common"))
        at["service_account"] = await self._created("/service_accounts", {"name": "robot", "active": True})
        at["api_key"] = await self._created(f"/service_accounts/{at['service_account']}/api_keys", {"name": "key"})
        at["user"] = await self._created("/users", {"name": "una", "is_admin": False, "active": False})

    async def _truefoundry(self) -> None:
        at = self.at
        at["repo"] = f"{WORD}-repo"
        at["repo_id"] = (await self._applied("/ml-repos", repo_named(at["repo"])))["id"]
        for kind in ("artifact", "model", "prompt", "agent-skill"):
            made = await self._applied(f"/{kind}-versions", manifest_of(kind, at["repo"], f"{WORD}-{kind}"))
            at[f"tf_{kind}_version"], at[f"tf_{kind}_fqn"] = made["id"], made["fqn"]
            at[f"tf_{kind}"] = made[f"{kind.replace('-', '_')}_id"]
        staged = manifest_of("artifact", at["repo"], f"{WORD}-staged") | {"source": {"type": "truefoundry"}}
        at["stage"] = (await self._asked("POST", f"{SVC}/artifact-versions/stage", {"manifest": staged}))["id"]
        await self._sent("artifact-versions", at["stage"])
        kept = staged | {"name": f"{WORD}-kept"}
        place = await self._asked("POST", f"{SVC}/artifact-versions/stage", {"manifest": kept})
        await self._sent("artifact-versions", place["id"])
        kept = kept | {"source": {"type": "truefoundry", "uri": place["storage_root"]}}
        at["tf_files"] = (await self._applied("/artifact-versions", kept))["id"]
        at["directory"] = (await self._applied("/data-directories", directory_of(at["repo"])))["id"]
        at["directory_fqn"] = f"data-dir:default/{at['repo']}/{WORD}-directory"
        await self._sent("data-directories", at["directory"])
        body = {"experiment_id": at["repo_id"], "name": f"{WORD}-run"}
        made = await self._asked("POST", f"{SVC}/runs", body)
        at["tf_run"], at["tf_run_fqn"] = made["run"]["info"]["run_id"], made["run"]["info"]["fqn"]
        logged = {
            "metrics": [{"key": f"{WORD}-loss", "value": 0.5, "timestamp": 1, "step": 1}],
            "params": [{"key": f"{WORD}-rate", "value": WORD}],
            "tags": [{"key": f"{WORD}-mark", "value": WORD}],
        }
        await self._asked("POST", f"{SVC}/runs/{at['tf_run']}/batch", logged)
        body = {"experiment_id": at["repo_id"], "key": f"{WORD}-key", "value": WORD}
        await self._asked("POST", f"{FLOW}/experiments/set-experiment-tag", body)

    async def _sent(self, noun: str, owner: str) -> None:
        """A file in the place of a stage, a version or a directory."""
        body = {"id": owner, "paths": [f"{WORD}.txt"], "operation": "WRITE"}
        signed = await self._asked("POST", f"{SVC}/{noun}/signed-urls", body)
        target = "/" + signed["data"][0]["signed_url"].split("/", 3)[3]
        assert (await self._app.ask("PUT", target, raw=WORD.encode())).status == 200

    async def _applied(self, path: str, manifest: dict[str, Any]) -> Any:
        return (await self._asked("PUT", f"{SVC}{path}", {"manifest": manifest}))["data"]

    async def _created(self, path: str, body: object) -> str:
        return await self._made(f"{PREFIX}{path}", body)

    async def _made(self, path: str, body: object) -> str:
        return str((await self._asked("POST", path, body))["id"])

    async def _asked(self, method: str, target: str, body: object = None) -> Any:
        answer = await self._app.ask(method, target, body, key=self._key)
        assert answer.status in (200, 201, 204), (method, target, answer)
        return answer.json if answer.body else None


def event_about(flow_run: str) -> dict[str, Any]:
    return {
        "occurred": datetime.now(UTC).isoformat(),
        "event": f"{WORD}.happened",
        "resource": {"prefect.resource.id": f"prefect.flow-run.{flow_run}", "prefect.resource.name": WORD},
        "payload": {WORD: WORD},
        "id": str(uuid4()),
    }


SOURCE = {"module": "a", "attribute": "B", "type": "user"}


def version_of(app: WholeApp, at: dict[str, str]) -> dict[str, Any]:
    """A version of ZenML's, with a file."""
    place = app.objects / "shared" / WORD
    place.mkdir(parents=True, exist_ok=True)
    (place / "data.txt").write_text(WORD)
    return {
        "project": at["project"],
        "artifact_name": f"{WORD}-data",
        "artifact_store_id": at["store"],
        "type": "DataArtifact",
        "uri": str(place),
        "materializer": SOURCE,
        "data_type": SOURCE,
        "save_type": "manual",
        "metadata": {WORD: WORD},
        "tags": ["common"],
        "visualizations": [{"type": "markdown", "uri": str(place / "data.txt")}],
    }


def snapshot_of(at: dict[str, str]) -> dict[str, Any]:
    """A snapshot of the pipeline, with one step."""
    configured = {"name": "make", "substitutions": {"word": WORD}}
    source = {"module": "a", "attribute": "make", "type": "user"}
    step = {
        "spec": {"source": source, "upstream_steps": [], "inputs": {}, "invocation_id": "make"},
        "config": configured,
        "step_config_overrides": configured,
    }
    return {
        "project": at["project"],
        "name": f"{WORD}-snapshot",
        "run_name_template": WORD,
        "pipeline_configuration": {"name": f"{WORD}-pipeline"},
        "step_configurations": {"make": step},
        "stack": at["stack"],
        "pipeline": at["pipeline"],
    }


def run_of(at: dict[str, str], name: str) -> dict[str, Any]:
    """A run of the snapshot."""
    return {
        "project": at["project"],
        "name": name,
        "snapshot": at["snapshot"],
        "orchestrator_run_id": str(uuid4()),
        "status": "running",
    }


def step_of(at: dict[str, str]) -> dict[str, Any]:
    """The step of the run."""
    return {
        "project": at["project"],
        "name": "make",
        "start_time": "2026-11-22T10:46:00",
        "status": "running",
        "pipeline_run_id": at["run"],
        "outputs": {"output": [at["artifact_version"]]},
    }


def logs_of(at: dict[str, str]) -> dict[str, Any]:
    """Where logs lie."""
    return {"project": at["project"], "source": "runner", "uri": f"/{WORD}", "artifact_store_id": at["store"]}


def hook_of(at: dict[str, str]) -> dict[str, Any]:
    """A hook that ran with the run."""
    body = {"project": at["project"], "hook_type": "custom", "status": "completed", "pipeline_run_id": at["run"]}
    return body | {"start_time": "2026-11-22T10:46:30"}


def metadata_of(at: dict[str, str]) -> dict[str, Any]:
    """Metadata of the run."""
    body: dict[str, Any] = {"project": at["project"], "resources": [{"id": at["run"], "type": "pipeline_run"}]}
    return body | {"values": {WORD: WORD}, "types": {WORD: "str"}}


def flavor_named(name: str) -> dict[str, Any]:
    """A flavor of the server's."""
    body: dict[str, Any] = {"name": name, "type": "orchestrator", "source": "a.B", "integration": None}
    return body | {"config_schema": {}}


def component_named(name: str) -> dict[str, Any]:
    """A component of the server's."""
    return {"name": name, "type": "orchestrator", "flavor": "local", "configuration": {}}


def repo_named(name: str) -> dict[str, Any]:
    """The manifest of a repo."""
    return {"type": "ml-repo", "name": name, "storage_integration_fqn": "a:b", "collaborators": []}


def manifest_of(kind: str, repo: str, name: str) -> dict[str, Any]:
    """The manifest of a version whose bytes lie elsewhere, or in it."""
    manifest: dict[str, Any] = {"name": name, "ml_repo": repo, "metadata": {WORD: WORD}, "type": f"{kind}-version"}
    match kind:
        case "prompt":
            return manifest | {"type": "chat_prompt", "messages": [{"role": "user", "content": WORD}]}
        case "agent-skill":
            return manifest | {"type": "agent-skill", "source": {"type": "inline", "skill_md": f"# {WORD}"}}
    return manifest | {"source": {"type": "external", "uri": f"s3://{WORD}/data"}}


def directory_of(repo: str) -> dict[str, Any]:
    """The manifest of a data directory."""
    source = {"type": "truefoundry"}
    return {"type": "data-dir", "name": f"{WORD}-directory", "ml_repo": repo, "metadata": {}, "source": source}
