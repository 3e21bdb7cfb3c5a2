"""Projects: the rooms that names live in."""

from collections.abc import Callable

from isogloss.core import names
from isogloss.core.errors import NotFound
from isogloss.core.model import Project, Setting
from isogloss.core.ports import Clock, Reader, Store, Writer

DEFAULT = "default"
FIRST_SERIAL = 1


async def ensure_default(store: Store, clock: Clock, new_id: Callable[[], str]) -> Project:
    """The default project; made on the first start, also when two gateways start at once."""

    async def work(unit: Writer) -> Project:
        found = await unit.get(Project, name=DEFAULT)
        if found is not None:
            return found
        now = clock()
        slug, word = names.project_forms(DEFAULT)
        project = Project(
            id=new_id(),
            serial=FIRST_SERIAL,
            name=DEFAULT,
            slug=slug,
            word=word,
            description=None,
            created=now,
            updated=now,
        )
        if await unit.add_if_absent(project):
            return project
        found = await unit.get(Project, name=DEFAULT)
        if found is None:
            raise RuntimeError("The default project could neither be found nor made.")
        return found

    return await store.write(work)


REGISTRY_ID = "registry-id"


async def ensure_identity(store: Store, new_id: Callable[[], str]) -> str:
    """The registry's own id; made on the first start."""

    async def work(unit: Writer) -> str:
        await unit.add_if_absent(Setting(name=REGISTRY_ID, value=new_id()))
        kept = await unit.get(Setting, name=REGISTRY_ID)
        assert kept is not None
        return kept.value

    return await store.write(work)


async def find_project(unit: Reader, reference: str) -> Project:
    """The project of this id or name. Raises ``NotFound``."""
    if names.looks_like_id(reference):
        found = await unit.get(Project, id=reference)
        if found is not None:
            return found
    found = await unit.get(Project, name=reference)
    if found is None:
        raise NotFound("project", reference)
    return found
