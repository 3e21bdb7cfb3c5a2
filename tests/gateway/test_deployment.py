"""The image and the composition, read as far as that goes without building them: they agree with the program."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from isogloss.gateway import cli, server
from isogloss.gateway.settings import VARIABLES, Auth, read_settings

ROOT = Path(__file__).resolve().parents[2]
VALUES = {"POSTGRES_PASSWORD": "one", "ISOGLOSS_ADMIN_PASSWORD": "two"}


def filled_in(text: str) -> str:
    """A value with its variables put in, as compose does it."""

    def value(found: re.Match[str]) -> str:
        name, _, rest = found.group(1).partition(":")
        return VALUES.get(name, rest[1:] if rest.startswith("-") else "")

    return re.sub(r"\$\{([^}]*)\}", value, text)


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    composition: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    assert set(composition["volumes"]) == {"database", "files"}
    found: dict[str, Any] = composition["services"]
    return found


@pytest.fixture(scope="module")
def dockerfile() -> list[str]:
    """The instructions of the image itself, the last stage, each on one line."""
    text = (ROOT / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return joined[joined.rindex("FROM ") :].splitlines()


def instruction(dockerfile: list[str], name: str) -> str:
    [line] = [line for line in dockerfile if line.startswith(f"{name} ")]
    return line.removeprefix(f"{name} ")


def environment_of(dockerfile: list[str]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in shlex.split(instruction(dockerfile, "ENV")))


def test_the_settings_of_the_services_are_good(services: dict[str, Any], dockerfile: list[str]) -> None:
    for name in ("schema", "gateway"):
        given = {key: filled_in(value) for key, value in services[name]["environment"].items()}
        settings = read_settings(environment_of(dockerfile) | given)
        assert settings.database_url == "postgresql://isogloss:one@database:5432/isogloss"
        assert settings.auth is Auth.REQUIRED
        assert set(given) <= set(VARIABLES)
    assert settings.admin_password == "two"


def test_the_image_keeps_to_itself(dockerfile: list[str]) -> None:
    environment = environment_of(dockerfile)
    settings = read_settings(environment)
    assert settings.auth is Auth.REQUIRED
    assert settings.embedded
    assert str(settings.home) == instruction(dockerfile, "VOLUME") == "/data"
    assert instruction(dockerfile, "USER") == "isogloss"


def test_commands_are_ones_that_exist(services: dict[str, Any], dockerfile: list[str]) -> None:
    parser = cli.make_parser()
    served = yaml.safe_load(instruction(dockerfile, "CMD"))
    assert yaml.safe_load(instruction(dockerfile, "ENTRYPOINT")) == ["isogloss"]
    options = parser.parse_args(served)
    assert (options.host, str(options.port)) == ("0.0.0.0", instruction(dockerfile, "EXPOSE"))
    parser.parse_args(services["schema"]["command"])
    assert "command" not in services["gateway"]
    assert f"127.0.0.1:{options.port}/health" in instruction(dockerfile, "HEALTHCHECK")
    compile(yaml.safe_load(instruction(dockerfile, "HEALTHCHECK").partition("CMD ")[2])[2], "HEALTHCHECK", "exec")


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    kept = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            sources = line.split()[1:-1]
            assert set(sources) <= kept
            assert all((ROOT / source).exists() for source in sources)


def test_the_order_of_starts_and_stops(services: dict[str, Any]) -> None:
    assert services["schema"]["depends_on"]["database"]["condition"] == "service_healthy"
    assert services["gateway"]["depends_on"]["schema"]["condition"] == "service_completed_successfully"
    assert services["schema"]["restart"] == "no"
    assert int(services["gateway"]["stop_grace_period"].removesuffix("s")) > server.GRACE_SECONDS
    assert services["gateway"]["ports"] == ["${ISOGLOSS_PORT:-8000}:8000"]
    assert services["database"]["healthcheck"]["test"][1] == "pg_isready"
