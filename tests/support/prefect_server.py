"""Prefect's own server, as it comes with the client under test, on a port of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.servers import Launch, Server
from tests.clients.environments import client_python
from tests.support.gateways import free_port

NOTHING_BY_ITSELF = {
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
}
"""The settings of a server where nothing happens but what is asked for."""


@contextmanager
def prefect_server(home: Path, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """A server on an empty folder that shows its pages as well; its root without a slash, until the block ends.

    Left alone, its pages would ask an API on Prefect's usual port, and be unpacked in the client's environment.
    """
    home.mkdir(parents=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    launch = Launch(
        name="prefect",
        arguments=[
            *(str(client_python("prefect").parent / "prefect"), "server", "start"),
            *("--host", "127.0.0.1", "--port", str(port)),
        ],
        environment={
            "PREFECT_HOME": str(home),
            "PREFECT_UI_API_URL": f"{url}/api",
            "PREFECT_UI_STATIC_DIRECTORY": str(home / "pages"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            **(settings or {}),
        },
        port=port,
        health_path="/api/health",
        log=home / "server.log",
    )
    with Server(launch):
        yield url
