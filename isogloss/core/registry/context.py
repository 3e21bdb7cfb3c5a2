"""What every use case needs at hand."""

from collections.abc import Callable

from msgspec import Struct

from isogloss.core.model import Project
from isogloss.core.ports import Clock, Files, Store
from isogloss.core.references import Naming

EVENT_RETENTION = 7 * 86_400 * 1_000_000
"""How long events are kept where nothing else is said, in microseconds."""


class Registry(Struct, frozen=True, kw_only=True):
    """The store, the clock, the sources of new ids, and the project that is meant when nobody names one.

    ``new_id`` makes the ids of things, ``sequence`` those of rows that nobody names but that follow each other in
    time. ``id`` is the registry's own, the same in each of its processes, and so is ``signing_secret``, with which
    they sign and seal. ``event_retention`` is how long events are kept, in microseconds; with 0 none is. ``files`` is
    null where nothing is served, such as in a command that makes a token. ``namings`` are the dialects' ways of naming
    versions, in the order in which they are asked.
    """

    id: str
    store: Store
    clock: Clock
    new_id: Callable[[], str]
    sequence: Callable[[], str]
    default_project: Project
    signing_secret: str
    event_retention: int = EVENT_RETENTION
    files: Files | None = None
    namings: tuple[Naming, ...] = ()
