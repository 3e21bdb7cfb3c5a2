"""The probes of TrueFoundry's three families."""

from typing import Any

from tests.gateway.every_route.probes import Probe, alike, own, public, reads, writes
from tests.support.secret_project import directory_of, manifest_of, repo_named

_KINDS = ("artifact", "model", "prompt", "agent-skill")
_REPO = "$repo"
_DIRECTORY = directory_of(_REPO)


def _manifest(kind: str) -> dict[str, Any]:
    return {"manifest": manifest_of(kind, _REPO, "x")}


_STAGED = {"manifest": manifest_of("artifact", _REPO, "x") | {"source": {"type": "truefoundry"}}}
_VERSION_TAGS = {
    "artifact": {"artifact_version_id": "$tf_artifact_version"},
    "model": {"model_version_id": "$tf_model_version"},
    "prompt": {"prompt_version_id": "$tf_prompt_version"},
}
_WRITING, _READING = {"paths": ["x"], "operation": "WRITE"}, {"paths": ["x"], "operation": "READ"}

_BOTH: dict[str, Probe] = {
    "GET /ml-repos": reads(),
    "GET /ml-repos/{id}": reads("/ml-repos/$repo_id"),
    "DELETE /ml-repos/{id}": writes("/ml-repos/$repo_id"),
    "POST /artifact-versions/stage": writes(body=_STAGED),
    "POST /artifact-versions/mark-stage-failure": writes(body={"id": "$stage"}),
    "POST /artifact-versions/signed-urls": writes(body={"id": "$stage", **_WRITING}),
    "POST /artifact-versions/signed-urls/multipart": writes(body={"id": "$stage", "path": "x", "num_parts": 2}),
    "POST /artifact-versions/files": reads(body={"id": "$tf_files"}),
    **{f"PUT /{kind}-versions": writes(body=_manifest(kind)) for kind in _KINDS},
    **{
        f"PUT /{kind}-versions/tags": writes(body={**version, "tags": ["common"]})
        for kind, version in _VERSION_TAGS.items()
    },
    **{f"GET /{kind}s": reads() for kind in _KINDS},
    **{f"GET /{kind}s/{{id}}": reads(f"/{kind}s/$tf_{kind}") for kind in _KINDS},
    **{f"DELETE /{kind}s/{{id}}": writes(f"/{kind}s/$tf_{kind}") for kind in _KINDS},
    **{f"GET /{kind}-versions": reads() for kind in _KINDS},
    **{f"GET /{kind}-versions/{{id}}": reads(f"/{kind}-versions/$tf_{kind}_version") for kind in _KINDS},
    **{f"DELETE /{kind}-versions/{{id}}": writes(f"/{kind}-versions/$tf_{kind}_version") for kind in _KINDS},
    "GET /data-directories": reads(),
    "PUT /data-directories": writes(body={"manifest": _DIRECTORY}),
    "POST /data-directories/files": reads(body={"id": "$directory"}),
    "DELETE /data-directories/files": writes(body={"id": "$directory", "paths": ["x"]}),
    "POST /data-directories/signed-urls": writes(body={"id": "$directory", **_WRITING}),
    "POST /data-directories/signed-urls/multipart": writes(body={"id": "$directory", "path": "x", "num_parts": 2}),
    "GET /data-directories/{id}": reads("/data-directories/$directory"),
    "DELETE /data-directories/{id}": writes("/data-directories/$directory"),
    "GET /x/artifact-versions": reads(),
}

SVC_PROBES: dict[str, Probe] = _BOTH | {
    "GET /min-cli-version": public("clients look here before they sign in"),
    "GET /tenant-id": public("clients look here before they sign in"),
    "GET /session": own(),
    "POST /oauth2/device-authorize": public("a device begins to sign in, of which it has no key yet", body={}),
    "POST /oauth2/token": public("a device fetches its key here, or renews it", body={}),
    "PUT /ml-repos": writes(body={"manifest": repo_named("x-repo")}),
    "POST /runs": writes(body={"experiment_id": "$repo_id", "name": "x"}),
    "POST /runs/search": reads(body={"experiment_ids": ["$repo_id"]}),
    "GET /runs/{id}": reads("/runs/$tf_run"),
    "PUT /runs/{id}": writes("/runs/$tf_run", {"status": "FINISHED"}),
    "DELETE /runs/{id}": writes("/runs/$tf_run"),
    "POST /runs/{id}/batch": writes("/runs/$tf_run/batch", {"params": [{"key": "x", "value": "x"}]}),
    "POST /runs/{id}/metrics": writes("/runs/$tf_run/metrics", {"key": "x", "value": 1.0, "timestamp": 1}),
    "GET /runs/{id}/metrics/history": reads("/runs/$tf_run/metrics/history?metric_key=zyxomma-loss"),
    "POST /runs/{id}/metrics/list": reads("/runs/$tf_run/metrics/list", {}),
    "POST /runs/{id}/parameters": writes("/runs/$tf_run/parameters", {"key": "x", "value": "x"}),
    "PUT /runs/{id}/tags": writes("/runs/$tf_run/tags", {"key": "x", "value": "x"}),
    "POST /runs/{id}/tags/delete": writes("/runs/$tf_run/tags/delete", {"key": "zyxomma-mark"}),
    "PUT /apply": writes(body=_manifest("artifact")),
    "POST /delete": writes(body={"manifest": manifest_of("artifact", _REPO, "zyxomma-artifact") | {"version": 1}}),
    "GET /fqn/{type}": reads("/fqn/artifact-version?fqn=$tf_artifact_fqn"),
}

ML_PROBES: dict[str, Probe] = _BOTH | {
    "POST /artifact-versions": writes(
        body={"manifest": manifest_of("artifact", _REPO, "zyxomma-artifact") | {"version": 1}}
    ),
}

_VERSIONS, _DATASETS = "/mlfoundry-artifacts/artifact-versions", "/mlfoundry-artifacts/datasets"
_OF_RUN = {"run_id": "$tf_run"}
_NAMED = "experiment_id=$repo_id&name="

FLOW_PROBES: dict[str, Probe] = {
    "GET /tenant-id": public("clients look here before they sign in"),
    "POST /experiments/create": writes(body={"name": "x-repo"}),
    "GET /experiments/get": reads("/experiments/get?experiment_id=$repo_id"),
    "GET /experiments/get-by-name": reads("/experiments/get-by-name?experiment_name=$repo"),
    "GET /experiments/list": reads(),
    "POST /experiments/update": writes(body={"experiment_id": "$repo_id", "description": "x"}),
    "POST /experiments/set-experiment-tag": writes(body={"experiment_id": "$repo_id", "key": "x", "value": "x"}),
    "POST /experiments/hard-delete": writes(body={"experiment_id": "$repo_id"}),
    "GET /experiments/columns": reads("/experiments/columns?experiment_id=$repo_id"),
    "POST /mlfoundry-artifacts/artifacts/create": writes(
        body={"experiment_id": "$repo_id", "name": "x", "artifact_type": "artifact"}
    ),
    "GET /mlfoundry-artifacts/artifacts/get": reads("/mlfoundry-artifacts/artifacts/get?id=$tf_artifact"),
    "GET /mlfoundry-artifacts/artifacts/get-by-fqn": reads(
        "/mlfoundry-artifacts/artifacts/get-by-fqn?fqn=artifact:default/$repo/zyxomma-artifact"
    ),
    "GET /mlfoundry-artifacts/artifacts/get-version-aliases": reads(
        "/mlfoundry-artifacts/artifacts/get-version-aliases?artifact_id=$tf_artifact"
    ),
    "POST /mlfoundry-artifacts/artifacts/list": reads(body={"experiment_id": "$repo_id"}),
    "POST /mlfoundry-artifacts/artifact/delete": writes(body={"id": "$tf_artifact"}),
    "GET /mlfoundry-artifacts/models/get": reads("/mlfoundry-artifacts/models/get?id=$tf_model"),
    "GET /mlfoundry-artifacts/models/get-by-fqn": reads(
        "/mlfoundry-artifacts/models/get-by-fqn?fqn=model:default/$repo/zyxomma-model"
    ),
    "GET /mlfoundry-artifacts/models/get-by-name": reads(
        f"/mlfoundry-artifacts/models/get-by-name?{_NAMED}zyxomma-model"
    ),
    "POST /mlfoundry-artifacts/models/list": reads(body={}),
    "POST /mlfoundry-artifacts/models/authorize": reads(body={"id": "$tf_model"}),
    f"GET {_VERSIONS}/get": reads(f"{_VERSIONS}/get?id=$tf_artifact_version"),
    f"GET {_VERSIONS}/get-by-fqn": reads(f"{_VERSIONS}/get-by-fqn?fqn=$tf_artifact_fqn"),
    f"GET {_VERSIONS}/get-by-name": reads(
        f"{_VERSIONS}/get-by-name?experiment_id=$repo_id&artifact_name=zyxomma-artifact&version=1&artifact_type=artifact"
    ),
    f"POST {_VERSIONS}/list": reads(body={}),
    f"POST {_VERSIONS}/delete": writes(body={"id": "$tf_artifact_version"}),
    "GET /mlfoundry-artifacts/model-versions/get": reads(
        "/mlfoundry-artifacts/model-versions/get?id=$tf_model_version"
    ),
    "GET /mlfoundry-artifacts/model-versions/get-by-fqn": reads(
        "/mlfoundry-artifacts/model-versions/get-by-fqn?fqn=$tf_model_fqn"
    ),
    "GET /mlfoundry-artifacts/model-versions/get-by-name": reads(
        f"/mlfoundry-artifacts/model-versions/get-by-name?{_NAMED}zyxomma-model&version=1"
    ),
    "POST /mlfoundry-artifacts/model-versions/list": reads(body={}),
    "POST /mlfoundry-artifacts/model-versions/authorize": reads(body={"id": "$tf_model_version"}),
    "POST /mlfoundry-artifacts/model-versions/delete": writes(body={"id": "$tf_model_version"}),
    "PUT /mlfoundry-artifacts/apply": writes(body=_manifest("artifact")),
    f"POST {_VERSIONS}/create": writes(body={"experiment_id": "$number", "name": "x", "artifact_type": "artifact"}),
    f"POST {_VERSIONS}/finalize": writes(body={"id": "$stage"}),
    f"POST {_VERSIONS}/update": writes(body={"id": "$tf_artifact_version", "description": "x"}),
    "POST /mlfoundry-artifacts/model-versions/create": writes(body={"artifact_version_id": "$stage"}),
    "POST /mlfoundry-artifacts/model-versions/update": writes(body={"id": "$tf_model_version", "description": "x"}),
    "POST /mlfoundry-artifacts/model-versions/export-deployment-files-by-fqn": alike(
        "nothing is deployed here",
        body={"model_version_fqn": "$tf_model_fqn", "workspace_fqn": "a:b", "service_name": "x"},
    ),
    f"POST {_VERSIONS}/get-signed-urls-for-read": reads(body={"id": "$tf_files", "paths": ["zyxomma.txt"]}),
    f"POST {_VERSIONS}/get-signed-urls-for-write": writes(body={"id": "$stage", "paths": ["x"]}),
    f"POST {_VERSIONS}/multi-part-upload/create": writes(
        body={"artifact_version_id": "$stage", "path": "x", "num_parts": 2}
    ),
    f"POST {_VERSIONS}/files/list": reads(body={"id": "$tf_files"}),
    f"POST {_VERSIONS}/notify-failure": writes(body={"id": "$stage"}),
    f"POST {_VERSIONS}/validate-storage-root": reads(
        body={"experiment_id": "$repo_id", "storage_root_uri": "s3://x/y"}
    ),
    "POST /runs/create": writes(body={"experiment_id": "$repo_id", "name": "x"}),
    "GET /runs/get": reads("/runs/get?run_id=$tf_run"),
    "GET /runs/get-by-fqn": reads("/runs/get-by-fqn?run_fqn=$tf_run_fqn"),
    "GET /runs/get-by-name": reads("/runs/get-by-name?experiment_id=$repo_id&run_name=zyxomma-run"),
    "POST /runs/update": writes(body={**_OF_RUN, "status": "FINISHED"}),
    "POST /runs/search": reads(body={"experiment_ids": ["$repo_id"]}),
    "POST /runs/delete": writes(body=_OF_RUN),
    "POST /runs/restore": writes(body=_OF_RUN),
    "POST /runs/hard-delete": writes(body=_OF_RUN),
    "POST /runs/log-batch": writes(body={**_OF_RUN, "params": [{"key": "x", "value": "x"}]}),
    "POST /runs/log-metric": writes(body={**_OF_RUN, "key": "x", "value": 1.0, "timestamp": 1}),
    "POST /runs/log-parameter": writes(body={**_OF_RUN, "key": "x", "value": "x"}),
    "POST /runs/set-tag": writes(body={**_OF_RUN, "key": "x", "value": "x"}),
    "POST /runs/delete-tag": writes(body={**_OF_RUN, "key": "zyxomma-mark"}),
    "POST /runs/run-logs": alike("no logs of such runs are kept", body={}),
    "GET /runs/run-logs/latest-run-log": alike("no logs of such runs are kept"),
    "GET /runs/run-logs/list": alike("no logs of such runs are kept"),
    "GET /runs/run-logs/list-latest": alike("no logs of such runs are kept"),
    "GET /metrics/get-history": reads("/metrics/get-history?run_id=$tf_run&metric_key=zyxomma-loss"),
    "POST /metrics/list-history": reads(body=_OF_RUN),
    "GET /artifacts/list": reads("/artifacts/list?run_id=$tf_run"),
    f"POST {_DATASETS}/create": writes(body={"manifest": _DIRECTORY}),
    f"POST {_DATASETS}/update": writes(body={"fqn": "$directory_fqn", "description": "x"}),
    f"POST {_DATASETS}/delete": writes(body={"id": "$directory"}),
    f"GET {_DATASETS}/get": reads(f"{_DATASETS}/get?id=$directory"),
    f"GET {_DATASETS}/get-by-fqn": reads(f"{_DATASETS}/get-by-fqn?fqn=$directory_fqn"),
    f"POST {_DATASETS}/list": reads(body={}),
    f"POST {_DATASETS}/get-signed-urls-for-read": reads(
        body={"dataset_fqn": "$directory_fqn", "paths": ["zyxomma.txt"]}
    ),
    f"POST {_DATASETS}/get-signed-urls-for-write": writes(body={"dataset_fqn": "$directory_fqn", "paths": ["x"]}),
    f"POST {_DATASETS}/multi-part-upload/create": writes(
        body={"dataset_fqn": "$directory_fqn", "path": "x", "num_parts": 2}
    ),
    f"POST {_DATASETS}/files/list": reads(body={"dataset_fqn": "$directory_fqn"}),
    f"DELETE {_DATASETS}/files/": writes(body={"dataset_fqn": "$directory_fqn", "paths": ["x"]}),
}
