"""ZenML's routes in this process, and what its client sends there."""

from isogloss.adapters.zenml.dialect import ZENML
from isogloss.adapters.zenml.routes import PREFIX
from isogloss.core.access import ANYBODY, Gate, Principal
from isogloss.core.registry import Registry
from tests.support.in_process import Answer, Asked, InProcess, open_gate

__all__ = ["Answer", "Asked", "Served", "open_gate", "version_body"]


class Served(InProcess):
    """The dialect over a registry."""

    def __init__(
        self, registry: Registry, gate: Gate = open_gate, caller: Principal = ANYBODY, *, is_open: bool = True
    ) -> None:
        super().__init__(ZENML, PREFIX, registry, gate, caller, is_open=is_open)


def version_body(registry: Registry, name: str = "numbers", **given: object) -> dict[str, object]:
    """What a client sends to make a version of the artifact of a name in the default project."""
    return {
        "project": registry.default_project.id,
        "artifact_name": name,
        "has_custom_name": True,
        "type": "DataArtifact",
        "uri": f"/data/{name}",
        "materializer": "zenml.materializers.built_in_materializer.BuiltInMaterializer",
        "data_type": {"module": "builtins", "attribute": "int", "type": "builtin"},
        "save_type": "manual",
    } | given
