"""The command line, as processes: what it prints where, how it ends, and that it never shows a traceback."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest

from tests.support.commands import isogloss
from tests.support.databases import Databases
from tests.support.gateways import free_port


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def one_line(done: "subprocess.CompletedProcess[str]", code: int) -> str:
    """The single line that a failed command printed."""
    assert (done.returncode, done.stdout) == (code, ""), done
    [line] = done.stderr.splitlines()
    assert line.startswith("isogloss: error: ")
    return line


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_bad_setting(home: Path) -> None:
    line = one_line(isogloss(home, "serve", ISOGLOSS_MAX_BODY_BYTES="lots"), 2)
    assert "ISOGLOSS_MAX_BODY_BYTES is 'lots'" in line
    assert "whole number of bytes" in line


def test_a_busy_port(home: Path, busy_port: int) -> None:
    line = one_line(isogloss(home, "serve", "--port", str(busy_port)), 1)
    assert f"Port {busy_port} on 127.0.0.1 is taken" in line
    assert not home.exists()


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine(home: Path, host: str) -> None:
    done = isogloss(home, "serve", "--host", host, "--port", "0", ISOGLOSS_AUTH="required")
    assert f"{host} is not an address of this machine" in one_line(done, 1)


def test_an_address_that_others_reach_needs_a_word(home: Path) -> None:
    line = one_line(isogloss(home, "serve", "--host", "0.0.0.0", "--port", "0"), 2)
    assert "ISOGLOSS_AUTH=required" in line
    assert "ISOGLOSS_AUTH=open" in line


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    line = one_line(isogloss(tmp_path / "file" / "home", "serve", "--port", "0"), 1)
    assert "cannot be written" in line


def test_a_file_that_is_no_database(home: Path) -> None:
    home.mkdir()
    (home / "isogloss.db").write_text("something else entirely\n" * 100)
    line = one_line(isogloss(home, "serve", "--port", "0"), 1)
    assert f"The database sqlite:///{home}/isogloss.db cannot be used" in line
    assert "sqlalche.me" not in line


def test_a_database_server_that_is_away(home: Path) -> None:
    url = f"postgresql://user:hush@127.0.0.1:{free_port()}/isogloss"
    line = one_line(isogloss(home, "serve", "--port", "0", ISOGLOSS_DATABASE_URL=url), 1)
    assert "user:***@127.0.0.1" in line
    assert "hush" not in line


def test_a_shared_database_is_upgraded_by_command_only(databases: Databases, home: Path) -> None:
    with databases.fresh("postgresql") as url:
        for arguments in (["serve", "--port", "0"], ["token", "create", "ana"]):
            line = one_line(isogloss(home, *arguments, ISOGLOSS_DATABASE_URL=url), 1)
            assert "run `isogloss db upgrade` first" in line
        for _ in range(2):
            done = isogloss(home, "db", "upgrade", ISOGLOSS_DATABASE_URL=url)
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert isogloss(home, "token", "create", "ana", ISOGLOSS_DATABASE_URL=url).returncode == 0


def test_an_unknown_variable_is_a_warning(home: Path) -> None:
    done = isogloss(home, "connect", "prefect", ISOGLOSS_TENNANT="acme")
    assert done.returncode == 0
    assert done.stderr == (
        "isogloss: warning: ISOGLOSS_TENNANT is not a setting and has no effect; the nearest one is ISOGLOSS_TENANT.\n"
    )


def test_keys(home: Path) -> None:
    made = isogloss(home, "token", "create", "ana", "--role", "viewer", ISOGLOSS_TENANT="acme")
    assert (made.returncode, made.stderr) == (0, "")
    [key] = made.stdout.splitlines()
    claims = jwt.decode(key, options={"verify_signature": False})
    assert (claims["tenantName"], claims["username"], claims["role"]) == ("acme", "ana", "viewer")
    personal = isogloss(home, "token", "create", "ana", "--pat")
    assert personal.stdout.startswith("tfy_")
    assert len(personal.stdout.splitlines()) == 1
    raised = isogloss(home, "token", "create", "ana", "--role", "admin")
    assert raised.returncode == 0
    assert raised.stderr == "isogloss: note: the user ana is admin from now on.\n"
    listed = isogloss(home, "token", "list").stdout.splitlines()
    assert [line.split()[1:] for line in listed] == [
        ["viewer", "good", "ana"],
        ["viewer", "good", "ana"],
        ["admin", "good", "ana"],
    ]
    token_id = listed[0].split()[0]
    assert token_id == claims["jti"]
    assert isogloss(home, "token", "revoke", token_id).returncode == 0
    assert isogloss(home, "token", "list").stdout.splitlines()[0].split()[2] == "revoked"
    assert "was revoked before" in one_line(isogloss(home, "token", "revoke", token_id), 1)
    assert "No token" in one_line(isogloss(home, "token", "revoke", "x"), 1)
    assert "name" in one_line(isogloss(home, "token", "create", "a:b"), 1)


def test_the_files_are_their_owners_alone(home: Path) -> None:
    isogloss(home, "db", "upgrade")
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "isogloss.db").stat().st_mode & 0o777 == 0o600


def variables(printed: str) -> dict[str, str]:
    """What a shell would set that is given the lines."""
    return dict(line.removeprefix("export ").split("=", 1) for line in printed.splitlines())


def test_connect(home: Path) -> None:
    plain = isogloss(home, "connect", "prefect")
    assert variables(plain.stdout) == {"PREFECT_API_URL": "http://127.0.0.1:8000/api"}
    required = isogloss(
        home, "connect", "prefect", ISOGLOSS_AUTH="required", ISOGLOSS_PUBLIC_URL="https://registry.example.org"
    )
    assert variables(required.stdout) == {
        "PREFECT_API_URL": "https://registry.example.org/api",
        "PREFECT_API_AUTH_STRING": "NAME:TOKEN",
    }
    given = isogloss(home, "connect", "prefect", "--url", "http://127.0.0.1:4000", "--name", "ana", "--token", "tfy_x")
    assert variables(given.stdout) == {
        "PREFECT_API_URL": "http://127.0.0.1:4000/api",
        "PREFECT_API_AUTH_STRING": "ana:tfy_x",
    }
    third = isogloss(home, "connect", "truefoundry", "--name", "ana")
    assert variables(third.stdout) == {
        "TFY_HOST": "http://127.0.0.1:8000",
        "TFY_API_KEY": "$(isogloss token create ana)",
    }
    required = isogloss(home, "connect", "truefoundry", "--name", "ana", "--token", "a b", ISOGLOSS_AUTH="required")
    assert variables(required.stdout) == {"TFY_HOST": "http://127.0.0.1:8000", "TFY_API_KEY": "'a b'"}
    assert not home.exists()


@pytest.mark.parametrize("name", ["isogloss", "mlflow"])
def test_connect_to_a_dialect_that_is_not_served(home: Path, name: str) -> None:
    line = one_line(isogloss(home, "connect", name), 2)
    assert line.endswith(f"{name!r} is not served here; known are: prefect, zenml, truefoundry.")


def test_connect_with_half_a_credential(home: Path) -> None:
    assert "--token needs --name" in one_line(isogloss(home, "connect", "prefect", "--token", "x"), 2)
    assert "--url is 'host'" in one_line(isogloss(home, "connect", "prefect", "--url", "host"), 2)


def test_the_version_and_the_usage(home: Path) -> None:
    assert isogloss(home, "--version").stdout.startswith("isogloss ")
    for arguments in ([], ["serve", "--port", "99999"], ["token", "create"], ["nonsense"]):
        done = isogloss(home, *arguments)
        assert done.returncode == 2
        assert "usage: isogloss" in done.stderr
        assert "Traceback" not in done.stderr
