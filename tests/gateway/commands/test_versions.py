"""ls, show, lineage, link, tag and rm on a registry that several dialects wrote."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from isogloss.core.access import ANYBODY
from isogloss.core.model import Run, Version
from isogloss.core.ports import Writer
from isogloss.core.registry.artifacts import ByName
from isogloss.core.registry.projects import create_project
from isogloss.core.registry.versions import VersionDraft, write_version
from isogloss.gateway.assembly import open_registry
from isogloss.gateway.cli import main
from isogloss.gateway.settings import read_settings
from tests.support.making import Maker


class Shell:
    """Runs commands in this process: what they print, and how they end."""

    def __init__(self, environment: dict[str, str], captured: pytest.CaptureFixture[str]) -> None:
        self.environment = environment
        self.captured = captured

    def __call__(self, *arguments: str) -> list[str]:
        """The lines of standard output of a command that succeeds."""
        code, out, err = self.ended(*arguments)
        assert (code, err) == (0, ""), err
        return out.splitlines()

    def error(self, *arguments: str) -> str:
        """The one line of a command that fails."""
        code, out, err = self.ended(*arguments)
        assert (code, out) == (1, "")
        [line] = err.splitlines()
        return line.removeprefix("isogloss: error: ")

    def ended(self, *arguments: str) -> tuple[int, str, str]:
        self.captured.readouterr()
        code = main(arguments, self.environment)
        return code, *self.captured.readouterr()

    def made(self, work: Callable[[Maker], Awaitable[Any]]) -> Any:
        """Make something in the registry that the commands work on."""

        async def run() -> Any:
            async with open_registry(read_settings(self.environment)) as (registry, _):
                return await work(Maker(registry))

        return asyncio.run(run())


@pytest.fixture
def isogloss(database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell({"ISOGLOSS_HOME": str(tmp_path), "ISOGLOSS_DATABASE_URL": database_url}, capsys)


async def three(make: Maker) -> tuple[Version, Run, Version]:
    """Data that one dialect wrote, a run that used it, and a model that another wrote, which names the data."""
    data = await make.version("data", dialect="zenml")
    run = await make.run("night")
    await make.uses(run, data)
    model = await make.version("churn", ["zenml:data:1"], dialect="truefoundry", producer_run=run.id)
    return data, run, model


def test_artifacts_are_listed_by_project_or_pattern(isogloss: Shell) -> None:
    async def more(make: Maker) -> None:
        await three(make)

        async def work(unit: Writer) -> None:
            project = await create_project(make.registry, unit, ANYBODY, "team")
            draft = VersionDraft(dialect="prefect")
            await write_version(make.registry, unit, ANYBODY, project, draft, ByName("churn", kind="model"))

        await make.write(work)

    isogloss.made(more)
    header, *rows = isogloss("ls")
    assert header.split() == ["PROJECT", "NAME", "VERSIONS", "NEWEST", "WRITTEN", "BY", "UPDATED"]
    assert sorted(row.split()[:5] for row in rows) == [
        ["default", "churn", "1", "1", "truefoundry"],
        ["default", "data", "1", "1", "zenml"],
        ["team", "model:churn", "1", "1", "prefect"],
    ]
    assert [row.split()[1] for row in isogloss("ls", "team")[1:]] == ["model:churn"]
    assert [row.split()[1] for row in isogloss("ls", "d*")[1:]] == ["data"]
    assert [row.split()[0] for row in isogloss("ls", "*churn", "--versions")[1:]] == [
        "team/model:churn@1",
        "default/churn@1",
    ]
    [only] = json.loads("\n".join(isogloss("ls", "team", "--versions", "--json")))
    assert (only["reference"], only["dialect"], only["project"]) == ("team/model:churn@1", "prefect", "team")
    code, out, err = isogloss.ended("ls", "--limit", "2")
    assert (code, len(out.splitlines())) == (0, 3)
    assert err == "isogloss: note: there are more than 2; say --limit.\n"
    assert len(isogloss("ls", "nothing")) == 1


def test_a_version_is_shown_by_any_dialects_name(isogloss: Shell) -> None:
    _, run, model = isogloss.made(three)
    shown = isogloss("show", "artifact:default/default/churn:1")
    assert shown[0].split() == ["reference", "default/churn@1"]
    assert ["id", model.id] in [line.split() for line in shown]
    assert ["producer", "run", run.id] in [line.split() for line in shown]
    assert '  isogloss.inputs = ["zenml:data:1"]' in shown
    assert ["zenml", "churn:1"] in [line.split() for line in shown]
    document = json.loads("\n".join(isogloss("show", "prefect:churn", "--json")))
    assert document["metadata"] == {"isogloss.inputs": ["zenml:data:1"]}
    assert document["names"]["truefoundry"] == "artifact:default/default/churn:1"
    assert isogloss("show", run.id)[2].split() == ["name", "night"]
    assert json.loads("\n".join(isogloss("show", run.id, "--json")))["state"] == "COMPLETED"


def test_lineage_is_a_tree_or_a_graph(isogloss: Shell) -> None:
    data, _, model = isogloss.made(three)
    assert isogloss("lineage", "churn") == [
        "default/churn@1 (truefoundry)",
        "└── made from",
        "    ├── default/data@1 (zenml)  [as its metadata says]",
        "    └── run night (test, completed)",
        "        └── default/data@1 (zenml)",
    ]
    assert isogloss("lineage", "churn", "--down")[1].startswith("└── nothing is known")
    assert isogloss("lineage", "data:1", "--down")[1] == "└── used for"
    assert isogloss("lineage", "data", "--dot")[0] == "digraph lineage {"
    assert isogloss("lineage", "data", "--mermaid")[0] == "flowchart LR"
    document = json.loads("\n".join(isogloss("lineage", "data", "--json")))
    assert document["root"] == data.id
    assert {node["reference"] for node in document["nodes"]} >= {"default/data@1", "default/churn@1"}
    assert model.id in {edge["target"] for edge in document["edges"]}
    code, _, err = isogloss.ended("lineage", "churn", "--depth", "1")
    assert code == 0
    assert err.startswith("isogloss: note: there is more than this")


def test_a_link_is_made_by_reference(isogloss: Shell) -> None:
    async def two(make: Maker) -> Run:
        await make.version("data")
        await make.version("report")
        return await make.run("notebook")

    run = isogloss.made(two)
    [first] = isogloss("link", "prefect:report", "--from", "zenml:data:1")
    assert isogloss("link", "report@1", "--from", "data") == [first]
    isogloss("link", "report", "--run", run.id)
    assert isogloss("lineage", "report", "--up")[2:] == [
        "    ├── default/data@1 (test)  [linked]",
        "    └── run notebook (test, completed)  [linked]",
    ]
    assert "takes the id of a run" in isogloss.error("link", "report", "--run", "data")
    assert "made from itself" in isogloss.error("link", "report", "--from", "report@1")


def test_tags_are_put_on_and_taken_off(isogloss: Shell) -> None:
    isogloss.made(three)
    assert isogloss("tag", "churn", "gold", "checked") == ["checked gold"]
    assert isogloss("tag", "churn:1", "gold", "--remove") == ["checked"]
    assert ["tags", "checked"] in [line.split() for line in isogloss("show", "churn")]
    assert "No tag with id or name 'silver'" in isogloss.error("tag", "churn", "silver", "--remove")


def test_a_version_is_deleted_once_somebody_says_yes(isogloss: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    data, *_ = isogloss.made(three)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    code, _, err = isogloss.ended("rm", "data")
    assert (code, err) == (2, "isogloss: error: default/data@1 is not deleted: say --yes where nobody can be asked.\n")
    assert isogloss("rm", "data", "--yes") == [f"deleted default/data@1 ({data.id})"]
    assert "'data'" in isogloss.error("rm", "data", "--yes")


def test_what_names_nothing_or_several_things_is_one_line(isogloss: Shell) -> None:
    async def two(make: Maker) -> tuple[Version, Version]:
        return await make.version("data", label="x"), await make.version("data:x")

    one, other = isogloss.made(two)
    for arguments in (["show"], ["lineage"], ["tag", "gold"], ["rm", "--yes"], ["link", "--from", "data"]):
        line = isogloss.error(arguments[0], "nothing", *arguments[1:])
        assert line == "No version or run with id or name 'nothing' exists."
    line = isogloss.error("show", "zenml:data:x")
    assert one.id in line
    assert other.id in line


@pytest.mark.parametrize(
    "arguments",
    [
        ["lineage", "x", "--up", "--down"],
        ["lineage", "x", "--depth", "-1"],
        ["lineage", "x", "--depth", "101"],
        ["link", "x"],
        ["ls", "--limit", "0"],
    ],
)
def test_the_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments, {})
    assert ended.value.code == 2
