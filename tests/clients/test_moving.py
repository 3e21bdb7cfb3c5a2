"""Moving in: real servers, filled by their own clients, imported, and compared as those clients see them."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.servers import Launch, Server, clean_environment
from tests.clients.environments import client_python
from tests.support.databases import Databases
from tests.support.gateways import free_port, run_isogloss, served
from tests.support.prefect_server import NOTHING_BY_ITSELF, prefect_server

FOLDER = Path(__file__).parent / "moving"
PROGRAM_SECONDS = 200.0
COUNT = 500

Seen = dict[str, dict[str, Any]]
"""What a client sees, by kind and id."""

Difference = tuple[tuple[str, ...], Any, Any]
"""Where two servers are not alike, and what each of them shows there."""


def run(python: Path, program: str, *arguments: str, environment: Mapping[str, str], home: Path) -> str:
    """The standard output of a program of the folder, run with a client."""
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [str(python), str(FOLDER / f"{program}.py"), *arguments],
        env=clean_environment({"HOME": str(home), "DO_NOT_TRACK": "1", **environment}),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=PROGRAM_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{program}: {done.stdout}\n{done.stderr}"
    return done.stdout


@contextmanager
def zenml_server(python: Path, home: Path) -> Iterator[str]:
    """A real ZenML server on an empty folder, where one signs in; its address."""
    home.mkdir()
    port = free_port()
    launch = Launch(
        name="zenml",
        arguments=[
            *(str(python), "-m", "uvicorn", "zenml.zen_server.zen_server_api:app"),
            *("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"),
        ],
        environment={
            "ZENML_SERVER": "true",
            "ZENML_CONFIG_PATH": str(home / "config"),
            "ZENML_STORE_URL": f"sqlite:///{home / 'zenml.db'}",
            "ZENML_SERVER_AUTH_SCHEME": "OAUTH2_PASSWORD_BEARER",
            "ZENML_SERVER_AUTO_ACTIVATE": "true",
            "ZENML_SERVER_DEPLOYMENT_TYPE": "other",
            "ZENML_SERVER_JWT_SECRET_KEY": "only for a test on this machine, and long enough",
            "ZENML_ANALYTICS_OPT_IN": "false",
        },
        port=port,
        health_path="/ready",
        log=home / "server.log",
    )
    with Server(launch):
        yield f"http://127.0.0.1:{port}"


def test_a_prefect_server_moves_in_whole(databases: Databases, tmp_path: Path) -> None:
    python = client_python("prefect")

    def look(url: str) -> Seen:
        environment = {"PREFECT_API_URL": f"{url}/api", "PREFECT_HOME": str(tmp_path / "client")}
        found: Seen = json.loads(run(python, "prefect_dump", environment=environment, home=tmp_path / "home"))
        return found

    with (
        prefect_server(tmp_path / "source", NOTHING_BY_ITSELF) as source,
        databases.fresh("postgresql", migrated=True) as database,
    ):
        environment = {"PREFECT_API_URL": f"{source}/api", "PREFECT_HOME": str(tmp_path / "client")}
        command = ["import", "prefect", f"{source}/api"]
        for count, stage in ((COUNT, "first"), (20, "second")):
            fill = ("prefect_fill", str(count), stage)
            run(python, *fill, environment=environment, home=tmp_path / "home")
            before = look(source)
            assert len(before["artifacts"]) >= COUNT
            run_isogloss(command, {"ISOGLOSS_DATABASE_URL": database})
            with served(database, tmp_path / f"gateway-{stage}") as gateway:
                found = differences(before, look(gateway.url))
                assert [each for each in found if not is_of_pools(each)] == []
        assert nothing_is_new(run_isogloss(command, {"ISOGLOSS_DATABASE_URL": database}))


def test_a_zenml_server_moves_in_whole(databases: Databases, tmp_path: Path) -> None:
    python = client_python("zenml")

    def environment(url: str, name: str | None) -> dict[str, str]:
        signed_in = {} if name is None else {"ZENML_STORE_USERNAME": name, "ZENML_STORE_PASSWORD": ""}
        return {
            "ZENML_CONFIG_PATH": str(tmp_path / f"config-{url.rpartition(':')[2]}"),
            "ZENML_LOCAL_STORES_PATH": str(tmp_path / "stores"),
            "ZENML_STORE_URL": url,
            "ZENML_ANALYTICS_OPT_IN": "false",
            "ZENML_LOGGING_VERBOSITY": "ERROR",
            "ZENML_TRACK_LIFECYCLE_HOOK_OUTPUTS": "true",
            **signed_in,
        }

    def look(url: str, name: str | None) -> Seen:
        found: Seen = json.loads(run(python, "zenml_dump", environment=environment(url, name), home=tmp_path / "home"))
        return found

    with (
        zenml_server(client_python("zenml-server"), tmp_path / "source") as source,
        databases.fresh("sqlite", migrated=True) as database,
    ):
        command = ["import", "zenml", source, "--username", "default"]
        for count, stage in ((COUNT, "first"), (20, "second")):
            run(
                python,
                *("zenml_fill", str(count), stage),
                environment=environment(source, "default"),
                home=tmp_path / "home",
            )
            before = look(source, "default")
            assert len(before["artifact versions"]) >= COUNT
            run_isogloss(command, {"ISOGLOSS_DATABASE_URL": database})
            with served(database, tmp_path / f"gateway-{stage}") as gateway:
                found = differences(before, look(gateway.url, None))
                assert [each for each in found if not of_this_server(each, before)] == []
        assert nothing_is_new(run_isogloss(command, {"ISOGLOSS_DATABASE_URL": database}))


def nothing_is_new(report: str) -> bool:
    """Whether an import that ran again says that it brought nothing."""
    lines = [line.split() for line in report.splitlines() if line.endswith(" changed")]
    return bool(lines) and all(line[-4] == "0" and line[-2] == "0" for line in lines)


POOLS = (["work_queue_id"], ["work_pool_id"], ["work_pool_name"])


def is_of_pools(found: Difference) -> bool:
    """The pool and the queue that runs wait in: there are none here, and of a queue its name is said only."""
    (kind, *members), _, after = found
    return kind in ("deployments", "flow runs") and members[1:] in POOLS and after is None


FLAVORS = (
    ["body", "logo_url"],
    *(["resources", "flavor", *member] for member in (["id"], ["body", "created"], ["body", "updated"])),
    ["resources", "flavor", "body", "logo_url"],
)
STORE = (["body", "updated"], ["metadata", "configuration", "path"])


def of_this_server(found: Difference, source: Seen) -> bool:
    """What is this server's own, whatever it has taken in.

    - It has an administrator of its own, who is not at the source.
    - The default artifact store is the place that it shares with its clients, and is led there when it starts.
    - Of the flavors that come with the client it has its own ids and times, and no pictures.
    - A link of a model is made once and never changed, so that it has one time.
    - It says of a snapshot in a list which run was its last, where the vendor's says nothing.
    """
    (kind, row_id, *members), before, after = found
    if kind == "users":
        return not members and before is None and after["name"] == "admin"
    if kind in ("model artifact links", "model run links"):
        return members == ["body", "updated"]
    if kind == "snapshots":
        return members[-1].startswith("latest_run_") and before is None
    if kind == "stacks" and members[:2] == ["metadata", "components"]:
        of_type, place, *members = members[2:]
        row_id = source["stacks"][row_id]["metadata"]["components"][of_type][int(place)]["id"]
    elif kind != "components":
        return False
    component = source["components"][row_id]
    is_store = (component["name"], component["body"]["type"]) == ("default", "artifact_store")
    is_own = component["resources"]["flavor"]["body"]["is_custom"]
    return (is_store and members in STORE) or (not is_own and members in FLAVORS)


def differences(before: Any, after: Any, path: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Where two JSON values differ, and how."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            yield from differences(before.get(name), after.get(name), (*path, name))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, (*path, str(place)))
    elif before != after:
        yield path, before, after


@pytest.mark.parametrize("source", ["prefect", "zenml"])
def test_a_source_that_is_not_there_is_told(source: str, databases: Databases) -> None:
    with databases.fresh("sqlite", migrated=True) as database, pytest.raises(AssertionError, match="is not answered"):
        run_isogloss(["import", source, f"http://127.0.0.1:{free_port()}"], {"ISOGLOSS_DATABASE_URL": database})
