"""The registry's own operations, by resource. Each module lists its own as ``ROUTES``."""

from collections.abc import Iterable

from isogloss.adapters import operations
from isogloss.adapters.dialect import Host
from isogloss.adapters.handlers import Handler
from isogloss.adapters.native.failures import NOT_ALLOWED, reply_to
from isogloss.adapters.operations import Manner, Route
from isogloss.adapters.transfers import PREFIX

_MANNER = Manner(dialect="isogloss", prefix=PREFIX, reply_to=reply_to, not_allowed=NOT_ALLOWED)


def handlers(routes: Iterable[Route], host: Host) -> list[Handler]:
    """The operations as Litestar's handlers over a host."""
    return operations.handlers(routes, host, _MANNER)
