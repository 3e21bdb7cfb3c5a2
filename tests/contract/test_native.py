"""The registry's own API holds to its own description: generated requests, right and wrong ones, against a gateway."""

import itertools
import json
import re
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from isogloss.adapters.native.dialect import ENDPOINTS
from isogloss.adapters.native.document import make_document
from isogloss.adapters.transfers import PREFIX
from tests.contract.subjects import ZENML
from tests.contract.test_conformance import CHECKS, modes
from tests.contract.test_storm import values_of
from tests.support.gateways import Gateway

EXAMPLES = 15
STORM = 40

DOCUMENT: dict[str, Any] = json.loads(msgspec.json.encode(make_document(ENDPOINTS)))


def load_operations() -> dict[str, Any]:
    found = {}
    for result in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        found[operation.label] = operation
    return found


OPERATIONS = load_operations()


class Seeds:
    """Rows for requests to hit; each that a request may delete is made for it."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.numbers = itertools.count()
        self.flow = self.post("/api/flows/", {"name": "seed"})["id"]
        self.run = self.post("/api/flow_runs/", {"flow_id": self.flow})["id"]

    def post(self, path: str, body: Any) -> Any:
        answer = self.gateway.request("POST", path, body)
        assert answer.status in (200, 201), answer
        return answer.json()

    def version(self) -> str:
        key = f"seed-{next(self.numbers)}"
        body = {"key": key, "type": "markdown", "data": "# T", "flow_run_id": self.run, "metadata_": {"a": "b"}}
        made: str = self.post("/api/artifacts/", body)["id"]
        answer = self.gateway.request("PUT", f"{PREFIX}/versions/{made}/tags/gold")
        assert answer.status == 200, answer
        return made

    def place(self, path: str) -> dict[str, str]:
        """What stands for the parameters of a path."""
        names = re.findall(r"{(\w+)}", path)
        made = {
            "project": lambda: "default",
            "version": self.version,
            "artifact": self.artifact,
            "run": lambda: self.run,
            "tag": lambda: "gold",
            "path": lambda: f"seed-{next(self.numbers) - 1}.md",
            "link": self.link,
        }
        return {name: made[name]() for name in names}

    def artifact(self) -> str:
        version = self.version()
        found: str = self.gateway.request("GET", f"{PREFIX}/versions/{version}").json()["version"]["artifact_id"]
        return found

    def link(self) -> str:
        made: str = self.post(f"{PREFIX}/links", {"made": self.version(), "source": self.version()})["id"]
        return made


@pytest.fixture(scope="module")
def seeds(running: Gateway) -> Seeds:
    return Seeds(running)


@pytest.mark.parametrize(
    ("label", "mode"),
    [
        pytest.param(label, mode, id=f"{label.replace(' ', ':')}-{mode.value}")
        for label, operation in OPERATIONS.items()
        for mode in modes(operation)
    ],
)
def test_answers_are_as_described(running: Gateway, seeds: Seeds, label: str, mode: GenerationMode) -> None:
    operation = OPERATIONS[label]
    taken = 0
    with requests.Session() as session:

        @settings(
            max_examples=EXAMPLES,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        )
        @given(case=operation.as_strategy(generation_mode=mode), choice=st.integers(0, 7))
        def exchange(case: Any, choice: int) -> None:
            nonlocal taken
            if choice:
                case.path_parameters = seeds.place(case.path)
                for name in ("cursor", "project", "artifact"):
                    if case.query and choice > 1:
                        case.query.pop(name, None)
                if case.query and "ref" in case.query and choice > 2:
                    case.query["ref"] = seeds.version()
                if isinstance(case.body, dict) and choice > 2:
                    case.body = {"made": seeds.version(), "source": seeds.run}
            response = case.call(base_url=f"{running.url}{PREFIX}", session=session)
            case.validate_response(response, checks=CHECKS)
            taken += response.status_code == 200

        exchange()
    assert taken or mode is GenerationMode.NEGATIVE or "/transfers" in label, "some of them are taken"


@pytest.mark.parametrize("label", OPERATIONS)
def test_nothing_makes_the_gateway_fail(running: Gateway, seeds: Seeds, label: str) -> None:
    method, _, path = label.partition(" ")
    names = [each["name"] for each in DOCUMENT["paths"][path][method.lower()]["parameters"] if each["in"] == "query"]
    places = seeds.place(path)
    values = values_of(ZENML)
    queries = st.dictionaries(st.sampled_from(names), values, max_size=3) if names else st.just({})
    with requests.Session() as session:

        @settings(max_examples=STORM, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(query=queries, body=values, strange=st.integers(0, 3), text=st.text(min_size=1, max_size=9))
        def exchange(query: dict[str, Any], body: Any, strange: int, text: str) -> None:
            target = path
            for name, value in places.items():
                shown = value if strange else quote(text.encode("utf-8", "replace"), safe="")
                target = target.replace(f"{{{name}}}", shown)
            pairs = {name: _text(value) for name, value in query.items()}
            content = json.dumps(body).encode()
            response = session.request(method, f"{running.url}{PREFIX}{target}", params=pairs, data=content)
            assert response.status_code < 500, (target, pairs, content[:300], response.text)

        exchange()
    assert running.request("GET", "/ready").status == 200


def _text(value: Any) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value)
    return text[:2000].encode("utf-8", "surrogatepass")
