"""Projects: the rooms that names live in."""

from collections.abc import Callable

from isogloss.core import names
from isogloss.core.model import Project
from isogloss.core.ports import Clock, Store, Writer

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
