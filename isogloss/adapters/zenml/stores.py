"""Which artifact stores the server reads: those that lie in the place that it shares with its clients. Pure functions.

Clients register stores with any path, which the server must not follow: it would read for them whatever it can. So a
store counts only where its path lies in that place, and a uri only where it lies in both.
"""

import msgspec
from msgspec import Struct

from isogloss.adapters.zenml.default_stack import FLAVORS
from isogloss.adapters.zenml.failures import Forbidden
from isogloss.adapters.zenml.stack_translate import ARTIFACT_STORE, component_facet
from isogloss.core.errors import Invalid
from isogloss.core.model import Record
from isogloss.core.places import SHARED, SharedPlace, key_at


class _Configuration(Struct, frozen=True):
    """What decides where a store lies; all of it is as somebody wrote it."""

    path: object = None
    client_kwargs: object = None


def store_key(place: SharedPlace, record: Record) -> str:
    """The key below which a store's files lie. Raises ``Forbidden`` for a store that lies elsewhere."""
    component = component_facet(record.body)
    refused = Forbidden(
        f"Files in the artifact store '{record.name}' cannot be accessed from the server: it reads none but those "
        f"below '{place.root}'."
    )
    configured = msgspec.json.decode(component.configuration, type=_Configuration)
    path = configured.path
    if component.type != ARTIFACT_STORE or component.flavor != FLAVORS[place.scheme] or not isinstance(path, str):
        raise refused
    endpoint = _endpoint(configured.client_kwargs)
    if endpoint is not None and endpoint.rstrip("/") != (place.endpoint or "").rstrip("/"):
        # A bucket of the same name, of somebody else.
        raise refused
    if path.rstrip("/") == place.root.rstrip("/"):
        return SHARED
    try:
        return key_at(place, path)
    except Invalid:
        raise refused from None


def _endpoint(arguments: object) -> str | None:
    """The address in what a store hands to its client, which may be an object or its text."""
    if isinstance(arguments, str):
        try:
            arguments = msgspec.json.decode(arguments)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
    found = arguments.get("endpoint_url") if isinstance(arguments, dict) else None
    return found if isinstance(found, str) else None


def key_in(place: SharedPlace, store: str, uri: str) -> str | None:
    """The key of a uri, if it lies below the key of a store."""
    try:
        key = key_at(place, uri)
    except Invalid:
        return None
    return key if key.startswith(f"{store}/") else None
