"""A gateway and its place for files: what it makes at the start, and how it tells that the place is away."""

import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from isogloss.core.registry import Registry
from isogloss.gateway.assembly import open_gateway
from isogloss.gateway.problems import Problem
from isogloss.gateway.settings import Auth, read_settings
from tests.support.gateways import Gateway
from tests.support.s3 import S3Server, s3_server

AWAY = {"ready": False, "reason": "The place for files does not answer."}


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


async def registry_of(settings: dict[str, str], environment: dict[str, str]) -> Registry:
    """The registry of a gateway that was opened and closed with these variables."""
    async with open_gateway(read_settings(settings), Auth.OPEN, environment=environment) as gateway:
        return gateway.registry


def test_a_home_without_its_files_is_not_ready(serve: Callable[..., Gateway], tmp_path: Path) -> None:
    gateway = serve(f"sqlite:///{tmp_path}/isogloss.db")
    files = Path(gateway.environment["ISOGLOSS_HOME"]) / "objects"
    assert stat.S_IMODE((files / "shared").stat().st_mode) == 0o700
    shutil.rmtree(files)
    answer = gateway.request("GET", "/ready")
    assert (answer.status, answer.json()) == (503, AWAY)
    assert gateway.request("GET", "/health").status == 200


def test_a_bucket_makes_ready_and_an_absent_one_does_not(
    serve: Callable[..., Gateway], tmp_path: Path, s3: S3Server
) -> None:
    url = f"sqlite:///{tmp_path}/isogloss.db"
    bucket = s3.make_bucket()
    # Waits until it is ready.
    gateway = serve(url, settings={"ISOGLOSS_STORAGE_URL": f"s3://{bucket}/below", **s3.environment})
    s3.request("DELETE", f"/{bucket}")
    answer = gateway.request("GET", "/ready")
    assert (answer.status, answer.json()) == (503, AWAY)
    assert "NoSuchBucket" in gateway.printed()


async def test_use_cases_know_the_files_and_what_clients_are_told(tmp_path: Path, s3: S3Server) -> None:
    home = {"ISOGLOSS_HOME": str(tmp_path / "my home")}
    files = (await registry_of(home, {})).files
    assert files is not None
    assert (files.shared.scheme, files.shared.root) == ("file", f"{tmp_path}/my home/objects/shared/")
    in_a_bucket = {**home, "ISOGLOSS_STORAGE_URL": "s3://bucket"}
    files = (await registry_of(in_a_bucket, dict(s3.environment))).files
    assert files is not None
    assert (files.shared.root, files.shared.endpoint) == ("s3://bucket/shared/", s3.endpoint)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///dev/null/objects", "Not a directory"),
        ("s3://bucket/a/../b", "none of them '.' or '..'"),
    ],
)
async def test_a_place_that_cannot_be_opened_is_one_line(tmp_path: Path, url: str, reason: str) -> None:
    settings = {"ISOGLOSS_HOME": str(tmp_path), "ISOGLOSS_STORAGE_URL": url}
    with pytest.raises(Problem) as caught:
        await registry_of(settings, {})
    line = str(caught.value)
    assert line.startswith(f"The place for files {url} cannot be used: ")
    assert reason in line
    assert "\n" not in line
