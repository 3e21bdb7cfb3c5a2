"""Prints all that ZenML's client sees of a server, as JSON: by kind and id."""

import json
from typing import Any

from zenml.client import Client

client = Client()


def every(read: Any, **given: Any) -> dict[str, Any]:
    """All pages of a list."""
    found: dict[str, Any] = {}
    page = 1
    while True:
        answer = read(page=page, size=200, **given)
        found |= {str(item.id): item.model_dump(mode="json") for item in answer.items}
        if page >= answer.total_pages:
            return found
        page += 1


kinds: dict[str, Any] = {
    "users": every(client.list_users, hydrate=True),
    "projects": every(client.list_projects, hydrate=True),
    "stacks": every(client.list_stacks, hydrate=True),
    "components": every(client.list_stack_components, hydrate=True),
    "flavors": {
        flavor_id: flavor
        for flavor_id, flavor in every(client.list_flavors, hydrate=True).items()
        if flavor["body"]["is_custom"]
    },
    "tags": every(client.list_tags, hydrate=True),
    "service accounts": every(client.list_service_accounts, hydrate=True),
}
for project in list(kinds["projects"].values()):
    client.set_active_project(project["id"])
    scoped = {
        "artifacts": client.list_artifacts,
        "artifact versions": client.list_artifact_versions,
        "pipelines": client.list_pipelines,
        "snapshots": client.list_snapshots,
        "runs": client.list_pipeline_runs,
        "hook invocations": client.list_hook_invocations,
        "models": client.list_models,
        "model versions": client.list_model_versions,
        "code repositories": client.list_code_repositories,
    }
    for kind, read in scoped.items():
        given = {"named_only": False} if kind == "snapshots" else {}
        kinds.setdefault(kind, {}).update(every(read, hydrate=True, **given))
    # Attempts that another one followed are in no list unless they are asked for.
    steps = every(client.list_run_steps, hydrate=True, exclude_retried=False)
    kinds.setdefault("steps", {}).update(steps)
for version_id in kinds["model versions"]:
    links = client.list_model_version_artifact_links
    kinds.setdefault("model artifact links", {}).update(every(links, model_version_id=version_id))
    runs = client.list_model_version_pipeline_run_links
    kinds.setdefault("model run links", {}).update(every(runs, model_version_id=version_id))
for run in kinds["runs"]:
    kinds["runs"][run]["whole"] = client.get_pipeline_run(run).model_dump(mode="json")
# It is remembered, and the next program begins in the project that every server has.
client.set_active_project("default")
print(json.dumps(kinds, sort_keys=True, default=str))
