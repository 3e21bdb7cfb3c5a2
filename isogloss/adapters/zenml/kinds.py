"""ZenML's words for what a version holds, and what versions that others wrote are to it.

Each of these is declared once: the filters look by it, and the translation prints it.
"""

import re
from uuid import UUID

from isogloss.core.model import Json

DIALECT = "zenml"

ROLES = {
    "DataArtifact": "data",
    "ModelArtifact": "model",
    "DataAnalysisArtifact": "analysis",
    "ServiceArtifact": "service",
    "SchemaArtifact": "schema",
    "StatisticsArtifact": "statistics",
    "BaseArtifact": "base",
}
"""What the core calls the vendor's types."""

TYPES = {role: kind for kind, role in ROLES.items()}

SAVE_TYPES = ("step_output", "manual", "preexisting", "external")
FOREIGN_SAVE_TYPE = "external"

FOREIGN_LOADER: Json = (
    '{"module":"zenml.artifacts.preexisting_data_materializer","attribute":"PreexistingDataMaterializer",'
    '"type":"internal"}'
)
FOREIGN_DATA_TYPE: Json = '{"module":"pathlib","attribute":"Path","type":"builtin"}'

COLOURS = (
    "grey",
    "purple",
    "red",
    "green",
    "yellow",
    "orange",
    "lime",
    "teal",
    "turquoise",
    "magenta",
    "blue",
)
"""What a tag's colour may be."""


def artifact_name(artifact_id: str, kind: str, name: str | None) -> str:
    """What an artifact is called here: other kinds than the ordinary show theirs, one without a name shows its id."""
    if name is None:
        return f"unnamed-{artifact_id}"
    return name if kind == "artifact" else f"{kind}:{name}"


_OTHER_NAME = re.compile("unnamed-|[a-z][a-z0-9]{0,31}:")


def is_ordinary_name(text: str) -> bool:
    """Whether only an artifact of the ordinary kind can be called so here."""
    return _OTHER_NAME.match(text) is None


_STAND_IN = 0x5A5A5A5A_5A5A_0000_0000_5A5A5A5A5A5A


def stand_in_id(run_id: str) -> str:
    """The id of the step that stands for a run itself, where the run made versions in none; and the other way round.

    The client finds the run of a version by its step only.
    """
    return str(UUID(int=UUID(run_id).int ^ _STAND_IN))


def version_uri(version_id: str, uri: str | None) -> str:
    """Where a version's content lies; what is kept inline has an address that no store knows."""
    return f"isogloss:{version_id}" if uri is None else uri
