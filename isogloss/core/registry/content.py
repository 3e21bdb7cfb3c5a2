"""Files behind versions: those that clients put into the shared place, removed when a client asks for it."""

import logging
from collections.abc import Collection, Iterable, Iterator

from isogloss.core.access import Principal, Role, require
from isogloss.core.errors import Denied, Invalid
from isogloss.core.places import SharedPlace, is_laid_out, is_shared, key_at, uri_at
from isogloss.core.ports import Files, Reader
from isogloss.core.query import EVERYTHING, AnyOf, Compare, NoneOf, Operator, Query, Where, all_of
from isogloss.core.registry.context import Registry
from isogloss.core.registry.scopes import whole

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
            reason = await _remove(registry, caller, uri, besides)
        except Exception as error:
            logger.exception("The files at %r could not be removed", uri)
            reason = f"the storage failed: {type(error).__name__}"
        if reason is not None:
            left[uri] = reason
            logger.warning("The files at %r were not removed: %s", uri, reason)
    return left


async def _remove(registry: Registry, caller: Principal, uri: str, besides: Collection[str]) -> str | None:
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
        version_id, project_id = holder
        shown = f"the version {version_id}" if caller.sees(project_id) else "a version of another project"
        return f"{shown} uses them"
    await files.objects.delete([key])
    await files.objects.delete_prefix(key)
    return None


async def check_foreign(registry: Registry, caller: Principal, key: str) -> None:
    """Raise ``Denied`` where what lies at and below a key belongs to a version of a project that the caller does not
    see.

    Whoever registers a version says where in the shared place its files lie, and so could point at those of others.
    """
    if caller.role >= Role.VIEWER or not is_shared(key):
        return
    assert registry.files is not None, "a registry that serves has a place for files"
    seen = NoneOf("project_id", tuple(caller.grants))
    if await _holder(registry, registry.files, key, where=seen) is not None:
        uri = uri_at(registry.files.shared, key)
        raise Denied(f"The files at {uri!r} are also those of a version that {caller.name} may not see.")


async def _holder(
    registry: Registry, files: Files, key: str, besides: Collection[str] = (), where: Where = EVERYTHING
) -> tuple[str, str] | None:
    """The ids of a living version whose uri is this key's, or lies below or above it, and of its project."""
    others = NoneOf("id", tuple(besides)) if besides else EVERYTHING

    async def work(unit: Reader) -> tuple[str, str] | None:
        for near in _near(files.shared, key):
            query = Query(
                source="version", fields=("id", "project_id", "uri"), project_id=None, where=all_of(near, others, where)
            )
            for version_id, project_id, uri in await unit.rows(query):
                if _touch(key, _key_of(files.shared, uri)):
                    return version_id, project_id
        return None

    # Files are those of all versions that say so, whoever sees them.
    return await whole(registry.store).read(work)


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
