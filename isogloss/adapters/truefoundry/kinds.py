"""The kinds of artifacts that TrueFoundry tells apart, and every name that it has for each."""

from msgspec import Struct

DIALECT = "truefoundry"

DIRECTORY = "data-directory"
"""The records that are data directories."""


class Kind(Struct, frozen=True, kw_only=True):
    """One kind. ``name`` is the core's, ``fqn_type`` begins an FQN, ``manifest_type`` is a manifest's ``type``.

    ``noun`` is what members and parameters are called by, ``path`` what paths are. ``keeps_data`` tells that the
    manifest is the content, and no bytes lie anywhere; ``of_runs`` that it says which run, and step, made the version.
    """

    name: str
    fqn_type: str
    manifest_type: str
    noun: str
    path: str
    keeps_data: bool = False
    of_runs: bool = False

    @property
    def id_field(self) -> str:
        """The member of a version, and the parameter of a list, that names the artifact."""
        return f"{self.noun}_id"

    @property
    def version_id_field(self) -> str:
        """The member of a request that names a version."""
        return f"{self.noun}_version_id"

    @property
    def empty_parameter(self) -> str:
        """The parameter that tells whether artifacts without versions are listed."""
        return f"include_empty_{self.noun}s"


ARTIFACT = Kind(
    name="artifact",
    fqn_type="artifact",
    manifest_type="artifact-version",
    noun="artifact",
    path="artifact",
    of_runs=True,
)
MODEL = Kind(name="model", fqn_type="model", manifest_type="model-version", noun="model", path="model", of_runs=True)
PROMPT = Kind(
    name="prompt", fqn_type="chat_prompt", manifest_type="chat_prompt", noun="prompt", path="prompt", keeps_data=True
)
SKILL = Kind(name="skill", fqn_type="agent-skill", manifest_type="agent-skill", noun="agent_skill", path="agent-skill")

PLOT = Kind(
    name="plot", fqn_type="plot", manifest_type="artifact-version", noun="artifact", path="artifact", of_runs=True
)
IMAGE = Kind(
    name="image", fqn_type="image", manifest_type="artifact-version", noun="artifact", path="artifact", of_runs=True
)

KINDS = (ARTIFACT, MODEL, PROMPT, SKILL)
PICTURES = (PLOT, IMAGE)
"""What the older clients draw for runs, which only the MLflow-shaped family makes and lists."""

EVERY_KIND = (*KINDS, *PICTURES)
BY_NAME = {kind.name: kind for kind in EVERY_KIND}
BY_FQN_TYPE = {kind.fqn_type: kind for kind in EVERY_KIND}
BY_MANIFEST_TYPE = {kind.manifest_type: kind for kind in KINDS}
