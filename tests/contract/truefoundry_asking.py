"""What the tests of TrueFoundry's deviations ask with."""

import itertools
from typing import Any
from urllib.parse import urlencode

from tests.contract.truefoundry_seeds import CREDENTIAL, REPO
from tests.support.gateways import Answer, Gateway

SVC, ML, FLOW = "/api/svc/v1", "/api/ml/v1", "/api/ml/api/2.0/mlflow"
FAMILIES = (SVC, ML)
TENANT = "default"

_numbers = itertools.count()


def ask(gateway: Gateway, method: str, path: str, body: object = None, key: str | None = CREDENTIAL) -> Answer:
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    return gateway.request(method, path, body, headers=headers)


def good(gateway: Gateway, method: str, path: str, body: object = None) -> Any:
    answer = ask(gateway, method, path, body)
    assert answer.status == 200, answer
    return answer.json()


def fresh(stem: str = "made") -> str:
    return f"{stem}-{next(_numbers)}"


def manifest(name: str, **given: Any) -> dict[str, Any]:
    return {
        "type": "artifact-version",
        "name": name,
        "ml_repo": REPO,
        "metadata": {},
        "source": {"type": "external", "uri": "s3://elsewhere/data"},
    } | given


def make(gateway: Gateway, name: str, family: str = SVC, **given: Any) -> Any:
    return good(gateway, "PUT", f"{family}/artifact-versions", {"manifest": manifest(name, **given)})["data"]


def versions(gateway: Gateway, family: str = SVC, **query: Any) -> list[int]:
    """The numbers of the versions that a list answers."""
    page = good(gateway, "GET", f"{family}/artifact-versions?{urlencode(query)}")
    return [row["manifest"]["version"] for row in page["data"]]


def refused_in_svc(answer: Answer, status: int) -> str:
    body = answer.json()
    assert (answer.status, body["statusCode"]) == (status, status)
    assert body["message"]
    return str(body["message"])
