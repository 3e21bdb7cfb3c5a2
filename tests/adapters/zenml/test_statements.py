"""How many statements each of ZenML's operations issues: at most six for a read, the same whatever the size of its
page, and one transaction for a write.

The tables cover every route that the dialect lists, so that a new one cannot be forgotten: a new operation is a new
row in ``CREATIONS``, ``READS`` or ``WRITES``. Paths and bodies refer by ``{name}`` to what was created under that
name.
"""

import re
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import pytest
from msgspec import Struct

from isogloss.adapters.zenml.default_stack import ensure_default_stack
from isogloss.adapters.zenml.dialect import ROUTES
from isogloss.core.access import Role
from isogloss.core.model import User
from isogloss.core.registry import Registry
from isogloss.storage.sql.sqlite import SqliteStore
from tests.adapters.zenml.serving import Answer, Served, version_body
from tests.support.accounts import add_user, as_user
from tests.support.counting import Count, counting

READ_STATEMENTS = 6
OF_A_RUN = 9
"""A run, or what it runs, stands in the answer with its pipeline, stack, snapshot, code and latest steps."""
MANY = 30
VERSIONS = 1000

Made = dict[str, str]


class Row(Struct, frozen=True):
    """A request of one route. ``answer`` is the status that is expected, where it is not 200.

    ``most`` is how many statements a read may issue.
    """

    method: str
    path: str
    asked: str
    body: Any = None
    answer: int = 200
    most: int = READ_STATEMENTS


def read(path: str, asked: str | None = None, **more: Any) -> Row:
    return Row("GET", path, asked or path, **more)


def write(method: str, path: str, asked: str | None = None, body: Any = None, **more: Any) -> Row:
    return Row(method, path, asked or path, body, **more)


ACCOUNT, KEYS = "/service_accounts/{account}", "/service_accounts/{service_account_id:str}/api_keys"
KEY = "/{api_key_name_or_id:str}"

SOURCE = {"module": "flows", "attribute": "step", "type": "user"}
STEP = {
    "spec": {"source": SOURCE, "upstream_steps": [], "inputs": {}, "invocation_id": "make"},
    "config": {"name": "make"},
    "step_config_overrides": {"name": "make"},
}
STARTED = "2026-11-22T10:46:30.551964"

CREATIONS = (
    ("account", write("POST", "/service_accounts", body={"name": "robot", "active": True})),
    ("key", write("POST", KEYS, f"{ACCOUNT}/api_keys", {"name": "key"})),
    (
        "flavor",
        write(
            "POST",
            "/flavors",
            body={"name": "mine", "type": "orchestrator", "config_schema": {}, "source": "a.B", "integration": None},
        ),
    ),
    (
        "component",
        write(
            "POST",
            "/components",
            body={"name": "mine", "type": "orchestrator", "flavor": "mine", "configuration": {}},
        ),
    ),
    (
        "stack",
        write(
            "POST",
            "/stacks",
            body={"name": "mine", "components": {"orchestrator": ["{component}"], "artifact_store": ["{store}"]}},
        ),
    ),
    (
        "code",
        write("POST", "/code_repositories", body={"project": "{project}", "name": "c", "config": {}, "source": SOURCE}),
    ),
    ("tag", write("POST", "/tags", body={"name": "gold"})),
    ("artifact", write("POST", "/artifacts", body={"project": "{project}", "name": "a", "tags": ["gold"]})),
    ("version", write("POST", "/artifact_versions", body="version")),
    ("model", write("POST", "/models", body={"project": "{project}", "name": "m", "tags": ["gold"]})),
    ("model_version", write("POST", "/model_versions", body={"project": "{project}", "model": "{model}"})),
    (
        "gathered",
        write(
            "POST",
            "/model_version_artifacts",
            body={"model_version": "{model_version}", "artifact_version": "{version}"},
        ),
    ),
    ("pipeline", write("POST", "/pipelines", body={"project": "{project}", "name": "p", "tags": ["gold"]})),
    (
        "snapshot",
        write(
            "POST",
            "/pipeline_snapshots",
            body={
                "project": "{project}",
                "run_name_template": "x",
                "pipeline_configuration": {"name": "p"},
                "step_configurations": {"make": STEP},
                "pipeline_spec": {"steps": [STEP["spec"]]},
                "stack": "{stack}",
                "pipeline": "{pipeline}",
            },
        ),
    ),
    (
        "run",
        write(
            "POST",
            "/runs",
            body={"project": "{project}", "name": "r", "snapshot": "{snapshot}", "status": "running"},
        ),
    ),
    (
        "step",
        write(
            "POST",
            "/steps",
            body={
                "project": "{project}",
                "name": "make",
                "start_time": STARTED,
                "status": "running",
                "pipeline_run_id": "{run}",
            },
        ),
    ),
    (
        "logs",
        write(
            "POST",
            "/logs",
            body={"project": "{project}", "source": "runner"},
        ),
    ),
    (
        "hook",
        write(
            "POST",
            "/hook_invocations",
            body={
                "project": "{project}",
                "hook_type": "step_success",
                "status": "completed",
                "start_time": STARTED,
                "pipeline_run_id": "{run}",
                "outputs": {"out": ["{version}"]},
            },
        ),
    ),
    (
        "ran",
        write(
            "POST",
            "/model_version_pipeline_runs",
            body={"model_version": "{model_version}", "pipeline_run": "{run}"},
        ),
    ),
)
"""What the other tables refer to, in an order in which each can be made of those before."""

READS = (
    read("/info"),
    read("/version"),
    read("/logout"),
    read("/api_token", "/api_token?token_type=generic"),
    read("/current-user"),
    read("/settings"),
    read("/users"),
    read("/users/{user_name_or_id:str}", "/users/{user}"),
    read("/service_accounts"),
    read("/service_accounts/{service_account_name_or_id:str}", ACCOUNT),
    read(KEYS, f"{ACCOUNT}/api_keys"),
    read(KEYS + KEY, f"{ACCOUNT}/api_keys/key"),
    read("/devices"),
    read("/devices/{device_id:str}", "/devices/{absent}", answer=404),
    write("PUT", "/activate", body={}, answer=403),
    write("PUT", "/settings", body={}, answer=501),
    write("PATCH", "/flavors/sync"),
    write("POST", "/secrets", body={}, answer=501),
    write("POST", "/service_connectors", body={}, answer=501),
    write("POST", "/service_connectors/verify", body={}, answer=501),
    read("/projects"),
    read("/projects", "/projects?name=contains:o&sort_by=display_name"),
    read("/projects/{project_name_or_id:str}", "/projects/{project}"),
    read("/projects/{project_name_or_id:str}/statistics", "/projects/{project}/statistics"),
    read("/artifacts"),
    read("/artifacts", "/artifacts?tags=gold&project={project}"),
    read("/artifacts", "/artifacts?tags=contains:o&name=startswith:a&user=ann&sort_by=desc:tags"),
    read("/artifacts/{id:str}", "/artifacts/{artifact}"),
    read("/artifact_versions"),
    read("/artifact_versions", "/artifact_versions?project={project}&sort_by=desc:created"),
    read("/artifact_versions", "/artifact_versions?artifact=many&project={project}"),
    read("/artifact_versions", "/artifact_versions?tags=contains:ol&run_metadata=a:1&user=ann&only_unused=true"),
    read(
        "/artifact_versions", "/artifact_versions?model=notequals:x&pipeline_run=y&uri=contains:a&logical_operator=or"
    ),
    read("/artifact_versions/{id:str}", "/artifact_versions/{version}"),
    read("/artifact_versions/{id:str}/visualize", "/artifact_versions/{version}/visualize", answer=404),
    read("/artifact_versions/{id:str}/download-token", "/artifact_versions/{version}/download-token", answer=404),
    read("/artifact_versions/{id:str}/data", "/artifact_versions/{version}/data?token=x", answer=401),
    read("/tags"),
    read("/tags", "/tags?resource_type=artifact&name=startswith:g&exclusive=false&sort_by=user"),
    read("/tags/{id:str}", "/tags/gold"),
    read("/flavors"),
    read("/flavors/{id:str}", "/flavors/{flavor}"),
    read("/components"),
    read("/components/{id:str}", "/components/{component}"),
    read("/stacks"),
    read("/stacks/{id:str}", "/stacks/{stack}"),
    read("/code_repositories"),
    read("/code_repositories/{id:str}", "/code_repositories/{code}"),
    read("/hook_invocations"),
    read("/hook_invocations/{id:str}", "/hook_invocations/{hook}"),
    read("/schedules"),
    read("/services"),
    read("/secrets"),
    read("/service_connectors"),
    read("/service_connector_types"),
    read("/service_connector_types/{connector_type:str}", "/service_connector_types/aws", answer=404),
    read("/models"),
    read("/models/{id:str}", "/models/{model}"),
    read("/model_versions"),
    read("/model_versions/{id:str}", "/model_versions/{model_version}"),
    read("/model_version_artifacts", "/model_version_artifacts?model_version_id={model_version}"),
    read("/model_version_pipeline_runs", "/model_version_pipeline_runs?model_version_id={model_version}"),
    read("/pipelines"),
    read("/pipelines/{id:str}", "/pipelines/{pipeline}"),
    read("/pipeline_snapshots", most=OF_A_RUN),
    read("/pipeline_snapshots/{id:str}", "/pipeline_snapshots/{snapshot}", most=OF_A_RUN),
    read("/logs/{id:str}", "/logs/{logs}"),
    read("/runs", most=OF_A_RUN),
    read("/runs/{id:str}", "/runs/{run}", most=OF_A_RUN),
    read("/runs/{id:str}/status", "/runs/{run}/status"),
    read("/runs/{id:str}/pipeline-configuration", "/runs/{run}/pipeline-configuration", most=OF_A_RUN),
    read("/runs/{id:str}/steps", "/runs/{run}/steps", most=OF_A_RUN),
    read("/steps", "/steps?project={project}"),
    read("/steps/{id:str}", "/steps/{step}"),
    read("/steps/{id:str}/status", "/steps/{step}/status"),
    read("/steps/{id:str}/step-configuration", "/steps/{step}/step-configuration"),
)
"""Each reading operation, as requests whose answers are large."""


ON_VERSION = {"tag_id": "{tag}", "resource_id": "{version}", "resource_type": "artifact_version"}
WRITES = (
    write("POST", "/projects", body={"name": "other"}),
    write("PUT", "/projects/{project_name_or_id:str}", "/projects/other", {"description": "x"}),
    write("POST", "/artifacts", body={"project": "{project}", "name": "new", "tags": ["gold", "new"]}),
    write(
        "PUT", "/artifacts/{id:str}", "/artifacts/{artifact}", {"name": "b", "add_tags": ["x"], "remove_tags": ["y"]}
    ),
    write("POST", "/artifact_versions", body="version"),
    write("POST", "/artifact_versions/batch", body=["version", "version"]),
    write("PUT", "/artifact_versions/{id:str}", "/artifact_versions/{version}", {"add_tags": ["x"]}),
    write("POST", "/tags", body={"name": "silver"}),
    write("PUT", "/tags/{id:str}", "/tags/silver", {"exclusive": True}),
    write("POST", "/tag_resources", body=ON_VERSION),
    write("POST", "/tag_resources/batch", body=[ON_VERSION]),
    write(
        "POST",
        "/run-metadata",
        body={
            "project": "{project}",
            "resources": [{"id": "{version}", "type": "artifact_version"}, {"id": "{run}", "type": "pipeline_run"}],
            "values": {"a": {"b": 1}, "c": 2},
            "types": {"a": "dict", "c": "int"},
        },
    ),
    write("PUT", "/models/{id:str}", "/models/{model}", {"description": "x"}),
    write("PUT", "/model_versions/{id:str}", "/model_versions/{model_version}", {"description": "x"}),
    write("PUT", "/pipelines/{id:str}", "/pipelines/{pipeline}", {"description": "x"}),
    write("PUT", "/pipeline_snapshots/{id:str}", "/pipeline_snapshots/{snapshot}", {"description": "x"}),
    write("PUT", "/code_repositories/{id:str}", "/code_repositories/{code}", {"description": "x"}),
    write("PUT", "/service_accounts/{service_account_name_or_id:str}", ACCOUNT, {"description": "x"}),
    write("PUT", KEYS + KEY, f"{ACCOUNT}/api_keys/key", {"description": "x"}),
    write("PUT", KEYS + KEY + "/rotate", f"{ACCOUNT}/api_keys/key/rotate", {"retain_period_minutes": 0}),
    write("PUT", "/components/{id:str}", "/components/{component}", {"labels": {"a": "b"}}),
    write("PUT", "/stacks/{id:str}", "/stacks/{stack}", {"labels": {"a": "b"}}),
    write("PUT", "/flavors/{id:str}", "/flavors/{flavor}", {"config_schema": {"a": 1}}),
    write("PUT", "/logs/{id:str}", "/logs/{logs}", {"pipeline_run_id": "{run}"}),
    write("PUT", "/runs/{id:str}", "/runs/{run}", {"add_tags": ["gold"]}),
    write("POST", "/runs/{id:str}/refresh", "/runs/{run}/refresh"),
    write("PUT", "/steps/{id:str}/heartbeat", "/steps/{step}/heartbeat", {}),
    write("PUT", "/steps/{id:str}", "/steps/{step}", {"status": "completed", "outputs": {"out": ["{version}"]}}),
    write("PUT", "/runs/{id:str}/disable_heartbeat", "/runs/{run}/disable_heartbeat"),
    write("DELETE", "/tag_resources/batch", body=[ON_VERSION]),
    write("DELETE", "/tag_resources", body=ON_VERSION),
    write("DELETE", "/tags/{id:str}", "/tags/gold"),
    write(
        "DELETE",
        "/model_versions/{id:str}/artifacts/{link:str}",
        "/model_versions/{model_version}/artifacts/{gathered}",
    ),
    write("DELETE", "/model_versions/{id:str}/runs/{link:str}", "/model_versions/{model_version}/runs/{ran}"),
    write("DELETE", "/model_versions/{id:str}/artifacts", "/model_versions/{model_version}/artifacts"),
    write("DELETE", "/model_versions/{id:str}", "/model_versions/{model_version}"),
    write("DELETE", "/models/{id:str}", "/models/{model}"),
    write("DELETE", "/code_repositories/{id:str}", "/code_repositories/{code}"),
    write("DELETE", "/hook_invocations/{id:str}", "/hook_invocations/{hook}"),
    write("DELETE", "/runs/{id:str}", "/runs/{run}"),
    write("DELETE", "/artifact_versions/{id:str}", "/artifact_versions/{version}"),
    write("DELETE", "/artifacts/{id:str}", "/artifacts/{artifact}"),
    write("DELETE", "/pipeline_snapshots/{id:str}", "/pipeline_snapshots/{snapshot}"),
    write("DELETE", "/pipelines/{id:str}", "/pipelines/{pipeline}"),
    write("DELETE", "/stacks/{id:str}", "/stacks/{stack}"),
    write("DELETE", "/components/{id:str}", "/components/{component}"),
    write("DELETE", "/flavors/{id:str}", "/flavors/{flavor}"),
    write("DELETE", KEYS + KEY, f"{ACCOUNT}/api_keys/key"),
    write("DELETE", "/service_accounts/{service_account_name_or_id:str}", ACCOUNT),
    write("DELETE", "/projects/{project_name_or_id:str}", "/projects/other"),
)
"""Each writing operation, with a body that makes it write all it can; deletions last."""

ELSEWHERE = {
    # One transaction for each chunk, which its own tests show.
    ("DELETE", "/artifact_versions"),
    # Passwords are checked and hashed outside of transactions, and devices come in by several requests.
    ("POST", "/login"),
    ("POST", "/device_authorization"),
    ("PUT", "/devices/{device_id:str}"),
    ("DELETE", "/devices/{device_id:str}"),
    ("PUT", "/devices/{device_id:str}/verify"),
    ("PUT", "/current-user"),
    ("POST", "/users"),
    ("PUT", "/users/{user_name_or_id:str}"),
    ("DELETE", "/users/{user_name_or_id:str}"),
    ("PUT", "/users/{user_name_or_id:str}/activate"),
    ("PUT", "/users/{user_name_or_id:str}/deactivate"),
    ("PUT", "/users/{user_name_or_id:str}/email-opt-in"),
}
"""Operations that other tests hold to what they cost."""


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Count:
    """Counts what the stores do."""
    return counting(monkeypatch)


class Asking:
    """Somebody who asks for rows of the tables, and knows what was made."""

    def __init__(self, registry: Registry, user: User) -> None:
        self.served = Served(registry, caller=as_user(user))
        self.made: Made = {"project": registry.default_project.id, "user": user.id, "absent": registry.new_id()}

    async def ask(self, row: Row, **query: object) -> Answer:
        """The answer to a row of a table, which must have the status that the row expects."""
        path, _, given = self._filled(row.asked).partition("?")
        pairs: list[tuple[str, object]] = [*parse_qsl(given)]
        answer = await self.served(row.method, path, self._filled(row.body), [*pairs, *query.items()])
        assert answer.status == row.answer, (row.method, path, answer)
        return answer

    def _filled(self, value: Any) -> Any:
        match value:
            case "version":
                return version_body(self.served.registry, "many", tags=["gold", str(uuid4())[:8]], metadata={"a": 1})
            case str():
                return re.sub(r"\{(\w+)\}", lambda found: self.made[found[1]], value)
            case list():
                return [self._filled(member) for member in value]
            case dict():
                return {name: self._filled(member) for name, member in value.items()}
        return value


async def fill(registry: Registry, count: Count) -> Asking:
    """Enough rows of each kind; everything that is made takes one transaction."""
    await ensure_default_stack(registry)
    if isinstance(registry.store, SqliteStore):
        # A page that takes long is read once more elsewhere, which would count twice.
        registry.store.limit_inline(60, 1_000_000)
    asking = Asking(registry, await add_user(registry, "ann", Role.ADMIN))
    stores = await asking.served.get("/components", {"type": "artifact_store"})
    asking.made["store"] = stores["items"][0]["id"]
    for name, row in CREATIONS:
        count.take()
        answered = (await asking.ask(row)).json
        assert count.take()[1] == 1, row
        asking.made[name] = (answered[0] if isinstance(answered, list) else answered)["id"]
    bodies = [asking._filled("version") | {"tags": ["gold"]} for _ in range(VERSIONS)]
    await asking.served.post("/artifact_versions/batch", bodies)
    for number in range(MANY):
        body = {"project": registry.default_project.id, "name": f"a{number}", "tags": ["gold", f"t{number}"]}
        await asking.served.post("/artifacts", body)
        await asking.served.post("/projects", {"name": f"p{number}"})
    return asking


def test_every_route_is_in_a_table() -> None:
    rows = (*(row for _, row in CREATIONS), *READS, *WRITES)
    covered = {(row.method, row.path) for row in rows} | ELSEWHERE

    assert {(str(route.method), route.path) for route in ROUTES} ^ covered == set()


async def test_reads_issue_the_same_few_statements_at_any_page_size(registry: Registry, count: Count) -> None:
    asking = await fill(registry, count)
    dear = []
    for row in READS:
        counts = {}
        for size in (20, VERSIONS):
            paged = {"size": size, "hydrate": True} if row.method == "GET" else {}
            count.take()
            await asking.ask(row, **paged)
            counts[size] = count.take()
        if counts[20] != counts[VERSIONS] or counts[20][0] > row.most or counts[20][1]:
            dear.append((row.method, row.asked, counts))
    assert dear == []


async def test_writes_take_one_transaction(registry: Registry, count: Count) -> None:
    asking = await fill(registry, count)
    for row in WRITES:
        count.take()
        await asking.ask(row)
        assert count.take()[1] == 1, row
