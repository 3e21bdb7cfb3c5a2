"""The probes of ZenML's routes."""

from typing import Any

from tests.gateway.every_route.probes import Probe, admins, alike, own, public, reads, writes
from tests.support.secret_project import SOURCE, component_named, flavor_named

_OF = {"project": "$project"}
_ABSENT = "there is no such thing here"
_ABOUT = "tells of the program"
_SERVER = "belongs to the server, whose stacks and tags everybody sees"


def _rows(noun: str, row: str, **update: Any) -> dict[str, Probe]:
    """The routes that most nouns have."""
    return {
        f"GET /{noun}": reads(f"/{noun}?hydrate=true"),
        f"GET /{noun}/{{id}}": reads(f"/{noun}/${row}?hydrate=true"),
        f"PUT /{noun}/{{id}}": writes(f"/{noun}/${row}", update),
        f"DELETE /{noun}/{{id}}": writes(f"/{noun}/${row}"),
    }


_VERSION = {
    **_OF,
    "artifact_name": "x",
    "type": "DataArtifact",
    "uri": "/x",
    "materializer": SOURCE,
    "data_type": SOURCE,
    "save_type": "manual",
}
_RESOURCE = {"tag_id": "$tag", "resource_id": "$artifact_version", "resource_type": "artifact_version"}
_STEP = {
    "spec": {"source": SOURCE, "upstream_steps": [], "inputs": {}, "invocation_id": "make"},
    "config": {"name": "make"},
    "step_config_overrides": {"name": "make"},
}
_SNAPSHOT = {
    **_OF,
    "run_name_template": "x",
    "pipeline_configuration": {"name": "x"},
    "step_configurations": {"make": _STEP},
    "stack": "$stack",
    "pipeline": "$pipeline",
}
_ACCOUNT, _KEY = "/service_accounts/$service_account", "/service_accounts/$service_account/api_keys/$api_key"
_KEYS = "/service_accounts/{service_account_id}/api_keys"
_VERSION_LINKS = "/model_versions/$model_version"

_ACCOUNTS: dict[str, Probe] = {
    "GET /info": public("clients look here for how to sign in"),
    "GET /version": public("clients look here for what they talk to"),
    "POST /login": public("here one signs in", body={}),
    "GET /logout": public("there is nothing to end"),
    "POST /device_authorization": public("a device begins to sign in, of which it has no key yet", body={}),
    "GET /api_token": own(),
    "PUT /activate": public("the server is active already", body={}),
    "GET /current-user": own(),
    "PUT /current-user": own(body={"full_name": "x"}),
    "GET /users": own(),
    "POST /users": admins(body={"name": "x", "is_admin": False, "active": False}),
    "GET /users/{user_name_or_id}": admins("/users/$user"),
    "PUT /users/{user_name_or_id}": admins("/users/$user", {"full_name": "x"}),
    "DELETE /users/{user_name_or_id}": admins("/users/$user"),
    "PUT /users/{user_name_or_id}/activate": public(
        "an invitation in the body is the credential", "/users/$user/activate", {}
    ),
    "PUT /users/{user_name_or_id}/deactivate": admins("/users/$user/deactivate"),
    "PUT /users/{user_name_or_id}/email-opt-in": own("/users/$caller/email-opt-in", {"email_opted_in": False}),
    "GET /service_accounts": own(),
    "POST /service_accounts": admins(body={"name": "x", "active": True}),
    "GET /service_accounts/{service_account_name_or_id}": admins(_ACCOUNT),
    "PUT /service_accounts/{service_account_name_or_id}": admins(_ACCOUNT, {"description": "x"}),
    "DELETE /service_accounts/{service_account_name_or_id}": admins(_ACCOUNT),
    f"GET {_KEYS}": admins(f"{_ACCOUNT}/api_keys"),
    f"POST {_KEYS}": admins(f"{_ACCOUNT}/api_keys", {"name": "x"}),
    f"GET {_KEYS}/{{api_key_name_or_id}}": admins(_KEY),
    f"PUT {_KEYS}/{{api_key_name_or_id}}": admins(_KEY, {"description": "x"}),
    f"DELETE {_KEYS}/{{api_key_name_or_id}}": admins(_KEY),
    f"PUT {_KEYS}/{{api_key_name_or_id}}/rotate": admins(f"{_KEY}/rotate", {}),
    "GET /devices": own(),
    "GET /devices/{device_id}": own("/devices/$user"),
    "PUT /devices/{device_id}": own("/devices/$user", {"locked": True}),
    "DELETE /devices/{device_id}": own("/devices/$user"),
    "PUT /devices/{device_id}/verify": own("/devices/$user/verify", {"user_code": "x", "trusted_device": False}),
    "GET /settings": alike(_ABOUT),
    "PUT /settings": alike("nobody changes them by a request", body={}),
}

_PROJECTS: dict[str, Probe] = {
    "POST /projects": writes(body={"name": "x"}),
    "GET /projects": reads("/projects?hydrate=true"),
    "GET /projects/{project_name_or_id}": reads("/projects/$project"),
    "PUT /projects/{project_name_or_id}": writes("/projects/$project", {"description": "x"}),
    "DELETE /projects/{project_name_or_id}": writes("/projects/$project"),
    "GET /projects/{project_name_or_id}/statistics": reads("/projects/$project/statistics"),
}

_ARTIFACTS: dict[str, Probe] = {
    **_rows("artifacts", "artifact", name="x"),
    "POST /artifacts": writes(body={**_OF, "name": "x"}),
    **_rows("artifact_versions", "artifact_version", add_tags=["common"]),
    "POST /artifact_versions": writes(body=_VERSION),
    "POST /artifact_versions/batch": writes(body=[_VERSION]),
    "DELETE /artifact_versions": writes("/artifact_versions?project_name_or_id=$project"),
    "GET /artifact_versions/{id}/visualize": reads("/artifact_versions/$artifact_version/visualize"),
    "GET /artifact_versions/{id}/download-token": reads("/artifact_versions/$artifact_version/download-token"),
    "GET /artifact_versions/{id}/data": public(
        "a token in the query is the credential", "/artifact_versions/$artifact_version/data?token=x"
    ),
    "POST /run-metadata": writes(
        body={
            **_OF,
            "resources": [{"id": "$artifact_version", "type": "artifact_version"}],
            "values": {"x": 1},
            "types": {"x": "int"},
        }
    ),
    **_rows("tags", "tag", name="x"),
    "GET /tags": alike(_SERVER),
    "GET /tags/{id}": alike(_SERVER, "/tags/$tag"),
    "POST /tags": writes(body={"name": "x"}),
    "POST /tag_resources": writes(body=_RESOURCE),
    "DELETE /tag_resources": writes(body=_RESOURCE),
    "POST /tag_resources/batch": writes(body=[_RESOURCE]),
    "DELETE /tag_resources/batch": writes(body=[_RESOURCE]),
}

_STACKS: dict[str, Probe] = {
    **_rows("flavors", "flavor", name="x"),
    "GET /flavors": alike(_SERVER),
    "GET /flavors/{id}": alike(_SERVER, "/flavors/$flavor"),
    "POST /flavors": writes(body=flavor_named("x")),
    "PATCH /flavors/sync": alike("those that come along are in the program"),
    **_rows("components", "component", name="x"),
    "GET /components": alike(_SERVER),
    "GET /components/{id}": alike(_SERVER, "/components/$component"),
    "POST /components": writes(body=component_named("x")),
    **_rows("stacks", "stack", description="x"),
    "GET /stacks": alike(_SERVER),
    "GET /stacks/{id}": alike(_SERVER, "/stacks/$stack"),
    "POST /stacks": writes(
        body={"name": "x", "components": {"orchestrator": ["$component"], "artifact_store": ["$store"]}}
    ),
    **_rows("code_repositories", "repository", name="x"),
    "POST /code_repositories": writes(body={**_OF, "name": "x", "config": {}, "source": SOURCE}),
    "GET /secrets": alike(_ABSENT),
    "POST /secrets": alike(_ABSENT, body={"name": "x", "values": {}}),
    "GET /services": alike(_ABSENT),
    "GET /schedules": alike(_ABSENT),
    "GET /service_connectors": alike(_ABSENT),
    "POST /service_connectors": alike(_ABSENT, body={}),
    "POST /service_connectors/verify": alike(_ABSENT, body={}),
    "GET /service_connector_types": alike(_ABSENT),
    "GET /service_connector_types/{connector_type}": alike(_ABSENT, "/service_connector_types/aws"),
}

_MODELS: dict[str, Probe] = {
    **_rows("models", "model", description="x"),
    "POST /models": writes(body={**_OF, "name": "x"}),
    **_rows("model_versions", "model_version", description="x"),
    "POST /model_versions": writes(body={**_OF, "model": "$model"}),
    "POST /model_version_artifacts": writes(
        body={"model_version": "$model_version", "artifact_version": "$artifact_version"}
    ),
    "GET /model_version_artifacts": reads("/model_version_artifacts?hydrate=true"),
    "DELETE /model_versions/{id}/artifacts": writes(f"{_VERSION_LINKS}/artifacts"),
    "DELETE /model_versions/{id}/artifacts/{link}": writes(f"{_VERSION_LINKS}/artifacts/$artifact_link"),
    "POST /model_version_pipeline_runs": writes(body={"model_version": "$model_version", "pipeline_run": "$run"}),
    "GET /model_version_pipeline_runs": reads("/model_version_pipeline_runs?hydrate=true"),
    "DELETE /model_versions/{id}/runs/{link}": writes(f"{_VERSION_LINKS}/runs/$run_link"),
}

_RUNS: dict[str, Probe] = {
    **_rows("pipelines", "pipeline", description="x"),
    "POST /pipelines": writes(body={**_OF, "name": "x"}),
    **_rows("pipeline_snapshots", "snapshot", description="x"),
    "POST /pipeline_snapshots": writes(body=_SNAPSHOT),
    "POST /logs": writes(body={**_OF, "source": "x", "uri": "/x", "artifact_store_id": "$store"}),
    "GET /logs/{id}": reads("/logs/$logs"),
    "PUT /logs/{id}": writes("/logs/$logs", {"pipeline_run_id": "$run"}),
    **_rows("runs", "run", status="completed"),
    "POST /runs": writes(
        body={**_OF, "name": "x", "snapshot": "$snapshot", "orchestrator_run_id": "x", "status": "running"}
    ),
    "GET /runs/{id}/status": reads("/runs/$run/status"),
    "GET /runs/{id}/pipeline-configuration": reads("/runs/$run/pipeline-configuration"),
    "POST /runs/{id}/refresh": writes("/runs/$run/refresh"),
    "PUT /runs/{id}/disable_heartbeat": writes("/runs/$run/disable_heartbeat"),
    "GET /runs/{id}/steps": reads("/runs/$run/steps"),
    "POST /steps": writes(
        body={
            **_OF,
            "name": "make",
            "start_time": "2026-11-22T10:46:00",
            "status": "running",
            "pipeline_run_id": "$run",
        }
    ),
    "GET /steps": reads("/steps?hydrate=true"),
    "GET /steps/{id}": reads("/steps/$step"),
    "PUT /steps/{id}": writes("/steps/$step", {"status": "completed"}),
    "GET /steps/{id}/status": reads("/steps/$step/status"),
    "GET /steps/{id}/step-configuration": reads("/steps/$step/step-configuration"),
    "PUT /steps/{id}/heartbeat": writes("/steps/$step/heartbeat"),
    "POST /hook_invocations": writes(
        body={
            **_OF,
            "hook_type": "custom",
            "status": "completed",
            "pipeline_run_id": "$run",
            "start_time": "2026-11-22T10:46:30",
        }
    ),
    "GET /hook_invocations": reads("/hook_invocations?hydrate=true"),
    "GET /hook_invocations/{id}": reads("/hook_invocations/$hook"),
    "DELETE /hook_invocations/{id}": writes("/hook_invocations/$hook"),
}

ZENML: dict[str, Probe] = _ACCOUNTS | _PROJECTS | _ARTIFACTS | _STACKS | _MODELS | _RUNS
