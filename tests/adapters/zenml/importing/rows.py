"""What a ZenML server might say of what it holds, and a source that says it."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from msgspec import json

from isogloss.adapters.source import SourceError
from isogloss.adapters.zenml.importing.reader import pages
from isogloss.core.registry.incoming import Aliases, Batch

MADE = "2026-03-01T10:00:00.000001"
CHANGED = "2026-03-02T10:00:00"

Row = dict[str, Any]


def number(digits: str) -> str:
    """An id."""
    return f"0f000000-0000-4000-8000-{digits:>012}"


PROJECT, USER, STORE = number("01"), number("02"), number("03")
ARTIFACT, VERSION, OTHER_VERSION = number("a1"), number("a2"), number("a3")
PIPELINE, SNAPSHOT, RUN, STEP, OTHER_STEP = number("b1"), number("b2"), number("b3"), number("b4"), number("b5")
PARENT, ROOT, STACK, COMPONENT, FLAVOR = number("b6"), number("b7"), number("c1"), number("c2"), number("c3")
MODEL, MODEL_VERSION, REPOSITORY, TAG = number("d1"), number("d2"), number("d3"), number("d4")
LOGS, REFERENCE, HOOK, LINK, ACCOUNT = number("e1"), number("e2"), number("e3"), number("e4"), number("e5")


def thing(row_id: str, body: Row, metadata: Row | None, resources: Row | None, name: str | None = None) -> Row:
    """The envelope around everything."""
    times = {"created": MADE, "updated": CHANGED}
    parts = {"body": times | body, "metadata": metadata, "resources": resources}
    return {"id": row_id, "permission_denied": False} | ({} if name is None else {"name": name}) | parts


def with_(row: Row, part: str, **odd: Any) -> Row:
    """A row with other members in one of its parts."""
    return row | {part: row[part] | odd}


def of_project(**body: Any) -> Row:
    """A body of something in a project."""
    return {"user_id": USER, "project_id": PROJECT} | body


def lean(row: Row) -> Row:
    """A row as it stands within another thing."""
    return row | {"metadata": None, "resources": None}


def user() -> Row:
    """A user."""
    body = {
        "active": True,
        "activation_token": None,
        "full_name": "Ann O.",
        "email_opted_in": True,
        "is_service_account": False,
        "is_admin": False,
        "default_project_id": PROJECT,
        "avatar_url": "https://example.com/ann.png",
    }
    unsaid: Row = {"password_changed_at": None, "email": None, "external_user_id": None, "oidc_claims": {}}
    return thing(USER, body, unsaid | {"user_metadata": {"tour": 2}}, None, "ann")


def service_account() -> Row:
    """A service account."""
    body = {"full_name": "R. Obot", "active": False, "avatar_url": None}
    return thing(ACCOUNT, body, {"description": "at night", "external_user_id": None}, None, "robot")


def project(**odd: Any) -> Row:
    """A project."""
    metadata = {"description": "all of it", "project_metadata": {"tour": 1}}
    return thing(PROJECT, {"display_name": "The default"}, metadata, None, "default") | odd


def tag() -> Row:
    """A tag."""
    body = {"user_id": USER, "color": "green", "exclusive": True}
    return thing(TAG, body, {"tagged_count": 3}, {"user": None}, "gold")


def flavor(is_custom: bool = True) -> Row:
    """A flavor that somebody registered."""
    body = {
        "user_id": USER,
        "type": "orchestrator",
        "display_name": "Night",
        "integration": "custom",
        "source": "own.NightFlavor",
        "logo_url": "https://example.com/night.png",
        "is_custom": is_custom,
    }
    metadata = {
        "config_schema": {"type": "object"},
        "connector_type": "aws",
        "connector_resource_type": "s3",
        "connector_resource_id_attr": "path",
        "docs_url": "https://example.com/docs",
        "sdk_docs_url": None,
    }
    return thing(FLAVOR, body, metadata, {"user": None}, "night")


def component() -> Row:
    """A component of that flavor."""
    body = {
        "user_id": USER,
        "type": "orchestrator",
        "flavor_name": "night",
        "integration": "custom",
        "logo_url": "https://example.com/night.png",
    }
    metadata = {
        "configuration": {"hours": [22, 6]},
        "environment": {"A": "b"},
        "labels": {"team": "owls"},
        "secrets": [],
        "connector_resource_id": None,
        "connector": None,
    }
    return thing(COMPONENT, body, metadata, {"user": None, "flavor": lean(flavor())}, "at-night")


def stack() -> Row:
    """A stack of that component."""
    metadata = {
        "components": {"orchestrator": [lean(component())]},
        "description": "works at night",
        "stack_spec_path": "stack.yaml",
        "environment": {"C": "d"},
        "secrets": [],
        "labels": {"team": "owls"},
    }
    return thing(STACK, {"user_id": USER}, metadata, {"user": None}, "nightly")


def code_repository() -> Row:
    """A code repository."""
    source = {"module": "own", "attribute": "Shelf", "type": "user"}
    body = of_project(source=source, logo_url="https://example.com/shelf.png")
    metadata = {"config": {"owner": "ann"}, "description": "where it lies"}
    return thing(REPOSITORY, body, metadata, {"user": None}, "shelf")


def artifact() -> Row:
    """An artifact."""
    resources = {"user": None, "tags": [{"id": TAG}], "latest_version_name": "7", "latest_version_id": VERSION}
    return thing(ARTIFACT, of_project(), {"has_custom_name": True}, resources, "numbers")


def visualization() -> Row:
    """A file that shows a version."""
    return thing(OTHER_STEP, {"type": "html", "uri": "/data/7.html"}, None, None)


def version(row_id: str = VERSION) -> Row:
    """A version of that artifact."""
    body = of_project(
        artifact=lean(artifact()),
        version="7",
        uri="/data/7",
        type="ModelArtifact",
        materializer={"module": "own", "attribute": "Materializer", "type": "user"},
        data_type={"module": "builtins", "attribute": "dict", "type": "builtin"},
        save_type="step_output",
        artifact_store_id=STORE,
        content_hash="ab",
        item_count=3,
    )
    metadata = {"visualizations": [visualization()], "run_metadata": {"rows": 3, "nested": {"ü": [1, 2.5]}}}
    resources = {
        "user": None,
        "tags": [{"id": TAG}],
        "producer_step_run_id": STEP,
        "producer_pipeline_run_id": RUN,
    }
    return thing(row_id, body, metadata, resources)


def pipeline() -> Row:
    """A pipeline."""
    resources = {"user": None, "tags": [{"id": TAG}], "latest_run_id": RUN}
    return thing(PIPELINE, of_project(), {"description": "trains"}, resources, "training")


def code_reference() -> Row:
    """A state of the code repository."""
    body = {"commit": "c0ffee", "subdirectory": "src", "code_repository": lean(code_repository())}
    return thing(REFERENCE, body, None, None)


STEP_CONFIGURATION = {
    "spec": {"source": "own.load", "upstream_steps": [], "inputs": {}, "invocation_id": "load"},
    "config": {"name": "load", "parameters": {"count": 4}, "substitutions": {"date": "today"}},
}
PIPELINE_CONFIGURATION = {"name": "training", "execution_mode": "fail_fast", "substitutions": {"date": "today"}}


def snapshot(**odd: Any) -> Row:
    """A snapshot of that pipeline."""
    body = of_project(runnable=False, deployable=False, is_dynamic=False, pipeline_id=PIPELINE)
    metadata: Row = {
        "description": "as it was",
        "source_code": "def training(): ...",
        "run_name_template": "training-{date}",
        "pipeline_configuration": PIPELINE_CONFIGURATION,
        "step_configurations": {"load": STEP_CONFIGURATION, "train": STEP_CONFIGURATION},
        "client_environment": {"os": "linux"},
        "client_version": "0.98.0",
        "server_version": "0.98.0",
        "pipeline_version_hash": "ab",
        "pipeline_spec": {"steps": []},
        "code_path": "src",
        "template_id": None,
        "source_snapshot_id": None,
        "config_template": None,
        "config_schema": None,
    }
    resources = {
        "user": None,
        "pipeline": lean(pipeline()),
        "stack": lean(stack()),
        "build": None,
        "schedule": None,
        "code_reference": code_reference(),
        "tags": [{"id": TAG}],
    }
    return thing(SNAPSHOT, body, metadata | odd, resources, "weekly")


def logs(**owner: str) -> Row:
    """Where what a run or step wrote out lies."""
    unknown = {"step_run_id": None, "pipeline_run_id": None, "hook_invocation_id": None}
    body = of_project(uri="/logs/1", source="step", artifact_store_id=STORE, log_store_id=None) | unknown | owner
    return thing(LOGS, body, None, None)


def run(status: str = "completed") -> Row:
    """A run of that snapshot, which another run called."""
    body = of_project(
        status=status,
        in_progress=False,
        status_reason="for a reason",
        index=3,
        pipeline_id=PIPELINE,
        child_key="training-0",
        root_run_id=ROOT,
    )
    metadata = {
        "run_metadata": {"whole": True},
        "config": PIPELINE_CONFIGURATION | {"substitutions": {"date": "today", "time": "10_00_00_000001"}},
        "start_time": MADE,
        "end_time": CHANGED,
        "client_environment": {"os": "linux"},
        "orchestrator_environment": {"os": "nightos"},
        "orchestrator_run_id": "run-1",
        "code_path": "src",
        "template_id": None,
        "is_templatable": False,
        "trigger_info": {"step_run_id": STEP, "deployment_id": None},
        "enable_heartbeat": True,
        "exception_info": {"traceback": "on purpose"},
        "trigger_execution_info": None,
    }
    resources = {
        "user": None,
        "snapshot": lean(snapshot()),
        "source_snapshot": None,
        "stack": lean(stack()),
        "pipeline": lean(pipeline()),
        "build": None,
        "schedule": None,
        "code_reference": code_reference(),
        "model_version": {"id": MODEL_VERSION},
        "tags": [{"id": TAG}],
        "log_collection": [logs(pipeline_run_id=RUN)],
        "original_run": None,
        "parent_run": {"id": PARENT},
        "outputs": {"result": {"id": VERSION}},
    }
    return thing(RUN, body, metadata, resources, "training-3")


def step_input(row_id: str = VERSION, **odd: Any) -> Row:
    """A version that a step uses."""
    return (
        lean(version(row_id)) | {"input_type": "step_output", "index": 0, "chunk_index": None, "chunk_size": None} | odd
    )


def step(status: str = "cached", **odd: Any) -> Row:
    """A step of that run, whose output was there already."""
    body = of_project(
        type="step",
        status=status,
        version=2,
        is_retriable=True,
        start_time=MADE,
        end_time=CHANGED,
        latest_heartbeat=MADE,
        model_version_id=MODEL_VERSION,
        resource_request_id=None,
        substitutions={"date": "today"},
        heartbeat_threshold=5,
    )
    metadata = {
        "config": STEP_CONFIGURATION["config"],
        "spec": STEP_CONFIGURATION["spec"],
        "cache_key": "k",
        "cache_expires_at": CHANGED,
        "code_hash": "h",
        "docstring": "Loads.",
        "source_code": "def load(): ...",
        "exception_info": None,
        "snapshot_id": SNAPSHOT,
        "pipeline_run_id": RUN,
        "original_step_run_id": OTHER_STEP,
        "parent_step_ids": [OTHER_STEP],
        "run_metadata": {"rows": 3},
    }
    resources = {
        "user": None,
        "log_collection": [logs(step_run_id=STEP)],
        "model_version": {"id": MODEL_VERSION},
        "inputs": {"numbers": [step_input(), step_input(OTHER_VERSION, index=1, chunk_index=0, chunk_size=2)]},
        "outputs": {"weights": [lean(version())]},
    }
    return thing(STEP, body, metadata, resources, "load") | odd


def hook_invocation() -> Row:
    """A hook that was called after that step."""
    body = of_project(
        hook_type="step_success",
        status="completed",
        start_time=MADE,
        end_time=CHANGED,
        pipeline_run_id=RUN,
        step_run_id=STEP,
    )
    metadata = {"source": "own.afterwards", "exception_info": {"traceback": "on purpose"}}
    resources = {
        "user": None,
        "outputs": {"output": [lean(version()), lean(version(OTHER_VERSION))]},
        "log_collection": [logs(hook_invocation_id=HOOK)],
    }
    return thing(HOOK, body, metadata, resources, "afterwards")


def model() -> Row:
    """A model."""
    metadata = {
        "license": "MIT",
        "description": "who leaves",
        "audience": "all",
        "use_cases": None,
        "limitations": "many",
        "trade_offs": None,
        "ethics": None,
        "save_models_to_registry": False,
    }
    return thing(MODEL, of_project(), metadata, {"user": None, "tags": [{"id": TAG}]}, "churn")


def model_version(version_number: int = 2, row_id: str = MODEL_VERSION) -> Row:
    """A version of that model."""
    body = of_project(stage="staging", number=version_number, model=lean(model()))
    metadata = {"description": "the best", "run_metadata": {"accuracy": 0.9}}
    return thing(row_id, body, metadata, {"user": None, "services": [], "tags": [{"id": TAG}]}, f"v{version_number}")


def artifact_link() -> Row:
    """What a model version gathers of artifacts."""
    return thing(LINK, {"model_version": MODEL_VERSION, "artifact_version": lean(version())}, {}, None)


def run_link() -> Row:
    """What a model version gathers of runs."""
    return thing(LINK, {"model_version": MODEL_VERSION, "pipeline_run": lean(run())}, {}, None)


HELD: dict[str, Row] = {
    "/users": user(),
    "/service_accounts": service_account(),
    "/projects": project(),
    "/flavors": flavor(),
    "/components": component(),
    "/stacks": stack(),
    "/tags": tag(),
    "/code_repositories": code_repository(),
    "/artifacts": artifact(),
    "/artifact_versions": version(),
    "/pipelines": pipeline(),
    "/pipeline_snapshots": snapshot(),
    "/models": model(),
    "/model_versions": model_version(),
    "/runs": run(),
    "/steps": step(),
    "/hook_invocations": hook_invocation(),
    "/model_version_artifacts": artifact_link(),
    "/model_version_pipeline_runs": run_link(),
}
"""One row of each kind, by the path of its list."""

NOUNS = {
    "/users": "users",
    "/service_accounts": "service accounts",
    "/projects": "projects",
    "/flavors": "flavors",
    "/components": "stack components",
    "/stacks": "stacks",
    "/tags": "tags",
    "/code_repositories": "code repositories",
    "/artifacts": "artifacts",
    "/artifact_versions": "artifact versions",
    "/pipelines": "pipelines",
    "/pipeline_snapshots": "snapshots",
    "/models": "models",
    "/model_versions": "model versions",
    "/runs": "runs",
    "/steps": "steps",
    "/hook_invocations": "hook invocations",
    "/model_version_artifacts": "model artifact links",
    "/model_version_pipeline_runs": "model run links",
}


class Source:
    """A server that holds these rows, by the paths of their lists; of other lists it says that it has none."""

    def __init__(self, rows: Mapping[str, Sequence[Any]]) -> None:
        self._rows = rows

    async def __call__(self, method: str, path: str, body: Any = None) -> bytes:
        url = urlsplit(path)
        if url.path not in self._rows:
            raise SourceError(f"{method} {path} is answered 404", 404)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        rows, size, page = self._rows[url.path], int(asked["size"]), int(asked.get("page", 1))
        found = rows[(page - 1) * size : page * size]
        return json.encode({"total": len(rows), "total_pages": -(-len(rows) // size) or 1, "items": found})


def holding(**rows: Any) -> Source:
    """A source with one row of each kind but for those lists that are given, by the words of their paths."""
    given = {f"/{name}": found for name, found in rows.items()}
    return Source({path: given.get(path, [row]) for path, row in HELD.items()})


async def told(source: Source, aliases: Aliases | None = None) -> dict[str, Batch]:
    """All that an import makes of a source which has one page of each list at most, by noun."""
    batches = [read(aliases or {}) async for page in pages(source) for read in page]
    return {batch.noun: batch for batch in batches}
