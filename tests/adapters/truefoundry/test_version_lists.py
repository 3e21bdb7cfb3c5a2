"""The list of versions: every parameter, in any company, means what it says, on both engines and in both families."""

from collections.abc import Iterator
from itertools import count, product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isogloss.core.registry import Registry
from tests.adapters.truefoundry.serving import ML, SVC, Served, make_repo, manifest

NAMES, TAGS, RUNS = ("numbers", "words"), ("gold", "silver"), ("run-a", "run-b")


class Row:
    """A version as the test knows it: what was said, and what was answered."""

    def __init__(self, made: dict[str, Any], repo_id: str) -> None:
        self.id: str = made["id"]
        self.fqn: str = made["fqn"]
        self.artifact_id: str = made["artifact_id"]
        self.repo_id = repo_id
        self.manifest: dict[str, Any] = made["manifest"]
        self.tags: set[str] = set()

    @property
    def entity(self) -> str:
        return self.fqn.rpartition(":")[0]


@pytest.fixture
async def rows(registry: Registry) -> list[Row]:
    """Versions in the order of their making: of two repos and two names, with runs, steps, tags, aliases."""
    served = Served(registry)
    repos = {repo["manifest"]["name"]: repo["id"] for repo in [await make_repo(served), await make_repo(served, "den")]}
    found = []
    places: Iterator[int] = count()
    for (repo, repo_id), name, _ in product(repos.items(), NAMES, range(3)):
        place = next(places)
        more: dict[str, Any] = {"step": place % 3}
        if place % 2:
            more["run_id"] = RUNS[place % 4 // 2]
        if place % 3 == 0:
            more["version_alias"] = f"v{place}.0"
        made = (await served.put("/artifact-versions", {"manifest": manifest(name, repo, **more)}))["data"]
        found.append(Row(made, repo_id))
    for place, tag in ((0, "gold"), (1, "silver"), (4, "gold"), (7, "gold"), (7, "silver")):
        await served.put("/artifact-versions/tags", {"artifact_version_id": found[place].id, "tags": [tag]})
        found[place].tags.add(tag)
    model = {"type": "model-version"}
    await served.put("/model-versions", {"manifest": manifest("numbers", "lab", **model)})
    return found


def expected(rows: list[Row], query: list[tuple[str, str]]) -> list[str]:
    """The ids that a list has to answer, newest first, by the meaning of each parameter."""
    left = list(reversed(rows))
    runs = {value for name, value in query if name == "run_ids"}
    steps = {int(float(value)) for name, value in query if name == "run_steps"}
    if runs:
        left = [row for row in left if row.manifest.get("run_id") in runs]
    if steps:
        left = [row for row in left if row.manifest["step"] in steps]
    newest: dict[str, str] = {}
    for row in rows:
        newest[row.artifact_id] = row.id
    for name, value in query:
        match name:
            case "tag":
                left = [row for row in left if value in row.tags]
            case "artifact_id":
                left = [row for row in left if row.artifact_id == value]
            case "ml_repo_id":
                left = [row for row in left if row.repo_id == value]
            case "name":
                left = [row for row in left if row.manifest["name"] == value]
            case "version" if value == "latest":
                left = [row for row in left if newest[row.artifact_id] == row.id]
            case "version":
                left = [row for row in left if row.manifest["version"] == int(value)]
            case "fqn":
                entity, _, last = value.rpartition(":") if value.count(":") == 2 else (value, "", "")
                left = [row for row in left if row.entity == entity]
                if last == "latest":
                    left = [row for row in left if newest[row.artifact_id] == row.id]
                elif last:
                    called = ("version_alias",) if last.startswith("v") else ("version",)
                    left = [row for row in left if str(row.manifest.get(called[0])) == last]
    return [row.id for row in left]


def queries(rows: list[Row]) -> st.SearchStrategy[list[tuple[str, str]]]:
    """Any of the parameters, each with values that rows have and such that none has."""
    entities = sorted({row.entity for row in rows})
    fqns = [f"{entity}{end}" for entity in entities for end in ("", ":1", ":9", ":latest", ":v0.0", ":v3.0")]
    values = {
        "tag": [*TAGS, "brass"],
        "fqn": [*fqns, "artifact:default/lab/nothing", "model:default/lab/numbers"],
        "artifact_id": [*sorted({row.artifact_id for row in rows}), "nothing"],
        "ml_repo_id": [*sorted({row.repo_id for row in rows}), "99", "nothing"],
        "name": [*NAMES, "nothing"],
        "version": ["1", "2", "9", "latest"],
    }
    single = st.lists(st.sampled_from(sorted(values)), max_size=3, unique=True).flatmap(
        lambda names: st.tuples(*(st.tuples(st.just(name), st.sampled_from(values[name])) for name in names))
    )
    many = st.lists(
        st.one_of(
            st.tuples(st.just("run_ids"), st.sampled_from([*RUNS, "run-c"])),
            st.tuples(st.just("run_steps"), st.sampled_from(["0", "1", "2.0", "7"])),
        ),
        max_size=3,
    )
    return st.tuples(single, many).map(lambda both: [*both[0], *both[1]])


@pytest.mark.parametrize("prefix", [SVC, ML])
async def test_parameters_join_by_and(registry: Registry, rows: list[Row], prefix: str) -> None:
    served = Served(registry, prefix=prefix)
    asked: list[list[tuple[str, str]]] = []

    @settings(max_examples=120, suppress_health_check=list(HealthCheck), database=None)
    @given(query=queries(rows))
    def collect(query: list[tuple[str, str]]) -> None:
        asked.append(query)

    collect()
    for query in asked:
        answer = await served.get("/artifact-versions", [*query, ("include_internal_metadata", "true")])
        wanted = expected(rows, query)
        assert [row["id"] for row in answer["data"]] == wanted, query
        assert answer["pagination"] == {"total": len(wanted), "offset": 0, "limit": 100}


@pytest.mark.parametrize("size", [1, 2, 5])
async def test_pages_cover_a_list_and_end_with_an_empty_one(registry: Registry, rows: list[Row], size: int) -> None:
    served = Served(registry)
    seen: list[str] = []
    while page := (await served.get("/artifact-versions", {"limit": size, "offset": len(seen)}))["data"]:
        seen += [row["id"] for row in page]

    assert seen == [row.id for row in reversed(rows)]


async def test_wrong_parameters_are_refused_with_their_place(registry: Registry) -> None:
    for family, prefix in (("details", SVC), ("detail", ML)):
        served = Served(registry, prefix=prefix)
        for name, value in (("limit", "x"), ("offset", "-1"), ("version", "0"), ("run_steps", "1.5"), ("fqn", "a")):
            answer = await served("GET", "/artifact-versions", query={name: value})
            assert answer.status == 422
            assert answer.json[family][0]["loc"] == ["query", name]
