"""What an adapter hands to the gateway: its routes, and the few answers the gateway gives on its behalf."""

import re
from collections.abc import Awaitable, Callable

from litestar.types import ControllerRouterHandler
from msgspec import Struct

from isogloss.adapters.user_interface import UserInterface
from isogloss.core.access import Credential, Gate
from isogloss.core.references import Naming
from isogloss.core.registry import Registry
from isogloss.core.registry.devices import make_device_key
from isogloss.core.registry.tokens import MakeKey


class Answer(Struct, frozen=True, kw_only=True):
    """An HTTP answer that the gateway sends before a route is reached. ``body`` is JSON, already encoded."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


class Host(Struct, frozen=True, kw_only=True):
    """What a dialect's routes are built over.

    ``open`` tells that everybody is let in, ``public_url`` by which address clients reach the gateway, where that is
    known, ``tenant`` under which name the registry goes where a dialect has such. ``make_key`` makes keys for clients
    that read in a key who its holder is.
    """

    registry: Registry
    gate: Gate
    open: bool
    public_url: str | None
    tenant: str = "default"
    make_key: MakeKey = make_device_key


class Dialect(Struct, frozen=True, kw_only=True):
    """One vendor's protocol.

    ``prefixes`` are the path prefixes that belong to it; where those of two dialects fit a path, the longer decides.
    ``routes`` builds its handlers. ``open_paths``, and paths of which ``open_pattern`` matches the whole, answer
    without a credential even when credentials are required. ``streamed_paths`` take bodies of any length, which their
    routes never hold as a whole. ``unauthorized``, ``too_large`` and ``failed`` (an unexpected error) are the vendor's
    shapes of these answers. ``connect`` gives the lines that point the vendor's client at an address, with a user's
    name and a key if there is one; it is null where no client is the dialect's own. ``refuses`` tells which
    credentials, or the lack of one, get the vendor's ``unauthorized`` even where everybody is let in. ``prepare`` sees
    at every start that what its clients take for granted is there; several gateways may start at once. ``naming``
    tells, for the tenant's name, how it names versions; it is null where it has no way of its own. ``user_interface``
    are the vendor's own web pages, ``reference`` is the path of a page that describes the API; each is null where
    there is none.
    """

    name: str
    prefixes: tuple[str, ...]
    routes: Callable[[Host], list[ControllerRouterHandler]]
    open_paths: frozenset[str]
    unauthorized: Answer
    too_large: Answer
    failed: Answer
    connect: Callable[[str, str, str | None], list[str]] | None
    open_pattern: re.Pattern[str] | None = None
    streamed_paths: frozenset[str] = frozenset()
    refuses: Callable[[Credential | None], bool] | None = None
    prepare: Callable[[Registry], Awaitable[None]] | None = None
    naming: Callable[[str], Naming] | None = None
    user_interface: UserInterface | None = None
    reference: str | None = None


CALLER = "isogloss.caller"
"""The key of an ASGI scope under which the gateway leaves the ``Principal`` of a request."""
