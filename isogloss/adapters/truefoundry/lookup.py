"""Which project, artifact and version are meant by what TrueFoundry's clients name them."""

from collections.abc import Iterable

from isogloss.adapters.truefoundry.fqn import LATEST, Fqn
from isogloss.adapters.truefoundry.kinds import Kind
from isogloss.adapters.truefoundry.version_translate import unnamed_id
from isogloss.core.errors import NotFound
from isogloss.core.model import Artifact, Project
from isogloss.core.ports import Reader
from isogloss.core.query import NOTHING, Compare, Operator, Where

GREATEST_SERIAL = 2**31 - 1


async def project_of_id(unit: Reader, text: str) -> Project | None:
    """The project that a repo's id names: a decimal number; null for anything else."""
    serial = _serial(text)
    return None if serial is None else await unit.get(Project, serial=serial)


async def projects_of_ids(unit: Reader, texts: Iterable[str]) -> list[Project]:
    """The projects that repos' ids name, those that there are."""
    serials = {_serial(text) for text in texts} - {None}
    return await unit.find(Project, serial=list(serials)) if serials else []


def _serial(text: str) -> int | None:
    # Long digits are not even read: that takes time in proportion to the square of their number.
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(GREATEST_SERIAL)):
        return None
    return int(text) if int(text) <= GREATEST_SERIAL else None


async def project_of_word(unit: Reader, word: str) -> Project | None:
    """The project that a repo's name names."""
    return await unit.get(Project, word=word)


async def named_project(unit: Reader, word: str) -> Project:
    """As ``project_of_word``. Raises ``NotFound``."""
    found = await project_of_word(unit, word)
    if found is None:
        raise NotFound("ml_repo", word)
    return found


async def artifact_of(unit: Reader, project: Project, kind: Kind, word: str) -> Artifact | None:
    """The artifact of a kind that a name names in a project."""
    found = await unit.get(Artifact, project_id=project.id, kind=kind.name, word=word)
    if found is None and (artifact_id := unnamed_id(word)) is not None:
        found = await unit.get(Artifact, id=artifact_id, project_id=project.id, kind=kind.name, name=None)
    return None if found is None or found.internal else found


async def artifact_of_fqn(unit: Reader, fqn: Fqn, tenant: str) -> tuple[Project, Artifact] | None:
    """The artifact that an FQN names, with its project; another tenant has none here."""
    if fqn.tenant != tenant:
        return None
    project = await project_of_word(unit, fqn.repo)
    if project is None:
        return None
    artifact = await artifact_of(unit, project, fqn.kind, fqn.name)
    return None if artifact is None else (project, artifact)


def version_is(artifact: Artifact, version: int | str) -> Where:
    """What holds of the version of an artifact with this number or alias, or of the latest."""
    if version == LATEST:
        newest = artifact.head_version_id
        return NOTHING if newest is None else Compare("id", Operator.EQ, newest)
    return Compare("ordinal" if isinstance(version, int) else "alias", Operator.EQ, version)
