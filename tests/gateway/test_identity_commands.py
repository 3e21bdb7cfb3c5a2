"""The commands that give roles in projects, and the one that shows who wrote what."""

import json
from pathlib import Path

import pytest

from tests.gateway.test_commands import one_line
from tests.support.commands import isogloss


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def lines(home: Path, *arguments: str) -> list[str]:
    done = isogloss(home, *arguments)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout.splitlines()


def test_roles_in_projects(home: Path) -> None:
    assert len(lines(home, "token", "create", "ana", "--project", "default", "--role", "viewer")) == 1
    assert lines(home, "grants") == ["default  viewer  ana"]
    assert lines(home, "grant", "ana", "--project", "default", "--role", "editor") == []
    assert lines(home, "grants", "--project", "default") == ["default  editor  ana"]
    assert lines(home, "grant", "ana", "--project", "default", "--remove") == []
    assert lines(home, "grants") == []
    assert "No grant" in one_line(isogloss(home, "grant", "ana", "--project", "default", "--remove"), 1)
    assert "No project" in one_line(isogloss(home, "grants", "--project", "absent"), 1)
    assert "No user" in one_line(isogloss(home, "grant", "bob", "--project", "default", "--role", "viewer"), 1)
    assert "either --role or --remove" in one_line(isogloss(home, "grant", "ana", "--project", "default"), 2)


def test_who_wrote_what(home: Path) -> None:
    assert lines(home, "audit") == []
    lines(home, "token", "create", "ana")
    lines(home, "grant", "ana", "--project", "default", "--role", "admin")
    newest, oldest = lines(home, "audit")
    assert newest.split()[1:6] == ["operator", "command", "line", "grant_role", "added"]
    assert oldest.split()[1:7] == ["operator", "command", "line", "issue_token", "added", "user"]
    [line] = lines(home, "audit", "--json", "--project", "default", "--since", "2026-01-01", "--limit", "1")
    entry = json.loads(line)
    assert (entry["user"], entry["action"], entry["touched"]) == ("operator", "grant_role", 1)
    assert [subject["deed"] for subject in entry["subjects"]] == ["added"]
    assert lines(home, "audit", "--user", "ana") == []
    assert "is not a time" in one_line(isogloss(home, "audit", "--since", "yesterday"), 1)
