"""``isogloss export`` and ``isogloss import FILE``, as processes: from files of a machine into a bucket."""

import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from isogloss.core.registry.archive import UNFINISHED
from tests.support.commands import isogloss
from tests.support.gateways import served
from tests.support.s3 import S3Server, s3_server


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive of a registry with a key and a file."""
    isogloss(tmp_path / "first", "token", "create", "ana")
    place = tmp_path / "first" / "objects" / "shared" / "some where"
    place.mkdir(parents=True)
    (place / "ü.txt").write_text("content")
    path = tmp_path / "registry.tar.gz"
    done = isogloss(tmp_path / "first", "export", str(path))
    assert (done.returncode, done.stderr) == (0, ""), done
    assert ["Token", "1"] in [line.split() for line in done.stdout.splitlines()]
    assert "as secret as the database" in done.stdout
    return path


def refusal(done: "subprocess.CompletedProcess[str]") -> str:
    """The single line that a failed command printed."""
    assert (done.returncode, done.stdout) == (1, ""), done
    [line] = done.stderr.splitlines()
    return line.removeprefix("isogloss: error: ")


def test_a_registry_moves_from_a_disk_to_a_bucket(tmp_path: Path, archive: Path, s3: S3Server) -> None:
    assert archive.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.glob("registry*")] == [archive.name]
    bucket, home = s3.make_bucket(), tmp_path / "second"
    variables = {"ISOGLOSS_STORAGE_URL": f"s3://{bucket}/pre", **s3.environment}
    done = isogloss(home, "import", str(archive), **variables)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert ["files", "1", "7", "B"] in [line.split() for line in done.stdout.splitlines()]
    assert s3.request("GET", f"/{bucket}/pre/shared/some%20where/%C3%BC.txt") == b"content"
    assert isogloss(home, "token", "list").stdout == isogloss(tmp_path / "first", "token", "list").stdout
    with served(f"sqlite:///{home}/isogloss.db", home, settings=variables) as gateway:
        assert gateway.request("GET", "/ready").status == 200
    assert "holds something already" in refusal(isogloss(home, "import", str(archive), **variables))


def test_nobody_serves_a_registry_whose_import_is_not_finished(tmp_path: Path, archive: Path) -> None:
    home = tmp_path / "second"
    isogloss(home, "db", "upgrade")
    with sqlite3.connect(home / "isogloss.db") as database:
        database.execute("INSERT INTO settings VALUES (?, 'an-id 3')", [UNFINISHED])
    for command in (["serve", "--port", "0"], ["token", "list"], ["export", str(tmp_path / "another")]):
        assert "was not finished; give the same `isogloss import FILE` again" in refusal(isogloss(home, *command))
    assert "another archive was not finished" in refusal(isogloss(home, "import", str(archive)))


def test_what_cannot_be_read_or_written_is_one_line_and_leaves_nothing(tmp_path: Path, archive: Path) -> None:
    home = tmp_path / "second"
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(archive.read_bytes()[:-20])
    assert refusal(isogloss(home, "import", str(cut))) == "The archive is cut off."
    assert "No such file" in refusal(isogloss(home, "import", "nowhere.tar.gz"))
    assert not home.exists()
    assert "is there already" in refusal(isogloss(tmp_path / "first", "export", str(archive)))
    assert "No such file" in refusal(isogloss(tmp_path / "first", "export", str(tmp_path / "no" / "where")))
    unusable = {"ISOGLOSS_STORAGE_URL": f"file://{cut}/objects"}
    line = refusal(isogloss(tmp_path / "first", "export", str(tmp_path / "new"), **unusable))
    assert "cannot be used" in line
    assert not list(tmp_path.glob("new*"))


def test_what_is_imported_is_said_first(tmp_path: Path) -> None:
    for arguments in (["import"], ["import", "prefect"], ["import", "zenml"], ["import", "a", "b"]):
        done = isogloss(tmp_path, *arguments)
        assert done.returncode == 2
        assert "usage: isogloss import" in done.stderr
    assert "--auth-string" in isogloss(tmp_path, "import", "prefect", "--help").stdout
    assert "FILE" in isogloss(tmp_path, "import", "--help").stdout
