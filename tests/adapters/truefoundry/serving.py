"""TrueFoundry's routes in this process, and what its clients send there."""

from typing import Any

from isogloss.adapters.truefoundry.dialect import TRUEFOUNDRY
from isogloss.core.access import ANYBODY, Gate, Principal
from isogloss.core.registry import Registry
from tests.support.in_process import Answer, InProcess, open_gate

__all__ = ["Answer", "Served", "make_repo", "manifest", "open_gate"]

SVC, ML, FLOW = "/api/svc/v1", "/api/ml/v1", "/api/ml/api/2.0/mlflow"


class Served(InProcess):
    """The dialect over a registry, in one of its families."""

    def __init__(
        self,
        registry: Registry,
        gate: Gate = open_gate,
        caller: Principal = ANYBODY,
        *,
        is_open: bool = True,
        prefix: str = SVC,
    ) -> None:
        super().__init__(TRUEFOUNDRY, prefix, registry, gate, caller, is_open=is_open)


def manifest(name: str = "numbers", repo: str = "default", **given: Any) -> dict[str, Any]:
    """A manifest of an artifact version whose bytes lie elsewhere."""
    return {
        "type": "artifact-version",
        "name": name,
        "ml_repo": repo,
        "metadata": {},
        "source": {"type": "external", "uri": f"s3://elsewhere/{name}"},
    } | given


async def make_repo(served: InProcess, name: str = "lab") -> dict[str, Any]:
    """A new repo."""
    storage = "default:isogloss:default:blob-storage:default"
    body = {"manifest": {"type": "ml-repo", "name": name, "storage_integration_fqn": storage, "collaborators": []}}
    made = await InProcess(TRUEFOUNDRY, SVC, served.registry, caller=served.caller).put("/ml-repos", body)
    data: dict[str, Any] = made["data"]
    return data
