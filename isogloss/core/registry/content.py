"""Files behind versions: those that clients put into the shared place, removed when a client asks for it."""

import logging
from collections.abc import Collection, Iterable, Iterator

from isogloss.core.access import Principal, Role, require
from isogloss.core.errors import Invalid
from isogloss.core.places import SharedPlace, is_laid_out, key_at, uri_at
from isogloss.core.ports import Files, Reader
from isogloss.core.query import AnyOf, Compare, NoneOf, Operator, Query, Where, all_of
from isogloss.core.registry.context import Registry

logger = logging.getLogger("isogloss.content")


async def remove_files(
    registry: Registry, caller: Principal, uris: Iterable[str], *, besides: Collection[str] = ()
) -> dict[str, str]:
    """Remove what lies at and below uris of the shared place; answers why, by uri, where something is left.

    Nothing goes of a uri that belongs to a living version, or lies below or above one that does; ``besides`` are the
    ids of versions that do not count. To be called after the transaction that removed versions, and never within: what
    goes wrong here leaves files that nothing refers to, which is logged, and not the other way round. Raises
    ``Denied``.
    """
    require(caller, Role.EDITOR)
    left: dict[str, str] = {}
    for uri in dict.fromkeys(uris):
        try:
            reason = await _remove(registry, uri, besides)
        except Exception as error:
            logger.exception("The files at %r could not be removed", uri)
            reason = f"the storage failed: {type(error).__name__}"
        if reason is not None:
            left[uri] = reason
            logger.warning("The files at %r were not removed: %s", uri, reason)
    return left


async def _remove(registry: Registry, uri: str, besides: Collection[str]) -> str | None:
    files = registry.files
    if files is None:
        return "this process has no place for files"
    try:
        key = key_at(files.shared, uri)
    except Invalid as error:
        return error.reason
    if is_laid_out(key):
        return "the registry laid them out, and they go with their version"
    holder = await _holder(registry, files, key, besides)
    if holder is not None:
        return f"the version {holder} uses them"
    await files.objects.delete([key])
    await files.objects.delete_prefix(key)
    return None


async def _holder(registry: Registry, files: Files, key: str, besides: Collection[str]) -> str | None:
    """The id of a living version whose uri is this key's, or lies below or above it."""

    async def work(unit: Reader) -> str | None:
        for where in _near(files.shared, key):
            others = all_of(where, NoneOf("id", tuple(besides))) if besides else where
            found = await unit.rows(Query(source="version", fields=("id", "uri"), project_id=None, where=others))
            for version_id, uri in found:
                if _touch(key, _key_of(files.shared, uri)):
                    return str(version_id)
        return None

    return await registry.store.read(work)


def _near(place: SharedPlace, key: str) -> Iterator[Where]:
    """Conditions that all versions near the key satisfy at least one of, each of them answered from an index."""
    path = uri_at(place, key)
    above = [place.root.rstrip("/")]
    for name in path.removeprefix(place.root).split("/"):
        above.append(f"{above[-1]}/{name}")
    yield AnyOf("uri", tuple(spelled for uri in above for spelled in (uri, f"{uri}/")))
    yield _begins(f"{path}/")
    if place.scheme == "file":
        # Several slashes are one there. Before the first place where there are, a uri is spelled as all others are.
        for uri in above[:-1]:
            yield _begins(f"{uri}//")


def _begins(text: str) -> Where:
    """The uri begins with the text, which ends with a slash: no character comes between it and a zero."""
    return all_of(Compare("uri", Operator.GE, text), Compare("uri", Operator.LT, f"{text[:-1]}0"))


def _key_of(place: SharedPlace, uri: str) -> str | None:
    """The key of a uri; an empty one for the place itself, null for what lies nowhere in it."""
    if uri.rstrip("/") == place.root.rstrip("/"):
        return ""
    try:
        return key_at(place, uri)
    except Invalid:
        return None


def _touch(key: str, other: str | None) -> bool:
    if other is None:
        return False
    return not other or key == other or key.startswith(f"{other}/") or other.startswith(f"{key}/")
