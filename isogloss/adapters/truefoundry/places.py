"""Where bytes lie, as TrueFoundry's clients have to be told it.

Clients take no other addresses than those of buckets, so that a directory goes by one as well. They only show them, and
send them back: bytes are reached by signed addresses.
"""

import re

from isogloss.core.errors import Invalid
from isogloss.core.places import SharedPlace, key_at, owned_key_at, owned_place, owned_uri

LOCAL_BUCKET = "s3://isogloss/"
"""What stands for the directory of a registry that keeps its files on a disk."""

URI = re.compile(r"(s3|gs|wasbs)://.*", re.DOTALL)


def storage_root(place: SharedPlace, prefix: str) -> str:
    """What a client is told of the prefix of a version."""
    uri = owned_uri(place, prefix)
    match place.scheme:
        case "file":
            return LOCAL_BUCKET + prefix
        case "az":
            return _azure(uri)
    return uri


def lies_here(place: SharedPlace, root: str) -> bool:
    """Whether this is, or could have been, a root that ``storage_root`` gave."""
    return root.startswith(storage_root(place, owned_place("-")).removesuffix("-"))


def shown_uri(place: SharedPlace | None, uri: str | None) -> str | None:
    """An address that clients take for this one; null where there is none."""
    if uri is None:
        return None
    if URI.fullmatch(uri):
        return uri
    if uri.startswith("az://"):
        return _azure(uri)
    if place is None or place.scheme != "file":
        return None
    for key_in in (owned_key_at, key_at):
        try:
            return LOCAL_BUCKET + key_in(place, uri)
        except Invalid:
            pass
    return None


def _azure(uri: str) -> str:
    container, _, path = uri.removeprefix("az://").partition("/")
    return f"wasbs://{container}@isogloss/{path}"
