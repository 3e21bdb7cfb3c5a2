"""Where bytes lie: the keys of objects, and the uris by which clients call those that they put there themselves.

Two places lie side by side and never mix. Under ``owned`` the registry gives the keys, and removes what it gave; under
``shared`` clients put files by uris of their own choice, and nothing goes but what a client asks to have removed. What
the registry lays out there, for clients that open content themselves, has a prefix of its own, and goes with its
version.
"""

import re

import msgspec
from msgspec import Struct

from isogloss.core.errors import Invalid
from isogloss.core.names import looks_like_id

OWNED = "owned"
SHARED = "shared"
FILES = "files"
"""What the files of a version, or another thing that owns bytes, lie in below its prefix."""
UPLOADS = "uploads"
"""What is being put together as one of its files lies in, beside them."""
LAID_OUT = f"{SHARED}/isogloss"
"""The prefix of all that the registry lays out in the shared place."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


PATH_BYTES, PATH_NAMES, NAME_BYTES = 896, 128, 255
"""How long a file's path may be, how many names it may have, and how long each. A bucket's keys have at most 1024
bytes, what stands above the path included, and a disk's names 255. Azure takes 254 names; a walk over a disk keeps each
directory above it open."""

_DRIVE = re.compile("[A-Za-z]:")
# A bucket is listed in XML, which can say neither of these two.
_UNLISTABLE = re.compile("[\ufffe\uffff]")


def checked_path(path: str) -> str:
    """The path of a file within what owns it, if every storage can keep it. Raises ``Invalid``.

    Names are taken letter by letter, as those of keys are: nothing is decoded and no letter is folded into another, so
    that ``%2e%2e`` or a full-width dot is a name like any other. A backslash, or a drive such as ``C:`` at the
    beginning, is none: a client on Windows would look for such a file in vain, and would be led out of the directory
    into which it downloads.
    """
    if len(path) > PATH_BYTES:
        raise Invalid("path", f"must have at most {PATH_BYTES} bytes, this has more")
    try:
        names = checked_key(path).split("/")
    except Invalid as error:
        raise Invalid("path", error.reason) from None
    if "\\" in path:
        raise Invalid("path", f"{path!r} must have '/' between names, and no backslash")
    if _DRIVE.match(path):
        raise Invalid("path", f"{path!r} must not begin with the letter of a drive")
    if _UNLISTABLE.search(path):
        raise Invalid("path", f"{path!r} must not have the noncharacters U+FFFE and U+FFFF")
    if (
        len(path.encode()) > PATH_BYTES
        or len(names) > PATH_NAMES
        or any(len(each.encode()) > NAME_BYTES for each in names)
    ):
        limits = f"{PATH_BYTES} bytes, {PATH_NAMES} names, and {NAME_BYTES} bytes in each of them"
        raise Invalid("path", f"{path!r} must have at most {limits}")
    return path


def owned_place(project_id: str) -> str:
    """The prefix of all that the registry keeps for a project."""
    return checked_key(f"{OWNED}/{project_id}")


def owned_prefix(project_id: str, owner_id: str) -> str:
    """The prefix of all that the registry keeps for a version, or another thing that owns bytes."""
    return checked_key(f"{OWNED}/{project_id}/{owner_id}")


def owned_key(project_id: str, owner_id: str, path: str | None = None) -> str:
    """The key of a file of what owns bytes; without a path, the prefix of all of its files."""
    files = f"{owned_prefix(project_id, owner_id)}/{FILES}"
    return files if path is None else checked_key(f"{files}/{path}")


def laid_out_place(project_id: str) -> str:
    """The prefix of all that the registry lays out for a project."""
    return checked_key(f"{LAID_OUT}/{project_id}")


def laid_out_prefix(project_id: str, version_id: str) -> str:
    """The prefix of all that the registry lays out for a version: each revision of its data has one below it."""
    return checked_key(f"{LAID_OUT}/{project_id}/{version_id}")


def laid_out_at(project_id: str, version_id: str, uri: str | None) -> str | None:
    """The prefix at this uri, if it is one that the registry laid out for just this version."""
    if uri is None:
        return None
    prefix = laid_out_prefix(project_id, version_id)
    _, found, revision = uri.rpartition(f"{prefix}/")
    return f"{prefix}/{revision}" if found and looks_like_id(revision) else None


def is_shared(key: str) -> bool:
    """Whether a key lies in the place that is shared with clients."""
    return key.startswith(f"{SHARED}/")


def is_laid_out(key: str) -> bool:
    """Whether a key is, or lies in, the prefix of what the registry lays out, which no client may remove."""
    return f"{key}/".startswith(f"{LAID_OUT}/")


def project_of(key: str) -> str | None:
    """The id of the project for which the registry keeps what is at a key; null for what is not its own."""
    match key.split("/"):
        case [place, project_id, _, *_] if place == OWNED:
            return project_id
    return None


def upload_prefix(key: str, upload_id: str) -> str:
    """The prefix of what is put together as this object, beside the files of what owns it: no path of theirs meets it.

    Raises ``Invalid`` for a key that is no file's.
    """
    match checked_key(key).split("/"):
        case [place, project_id, owner_id, "files", _, *_] if place == OWNED:
            return f"{owned_prefix(project_id, owner_id)}/{UPLOADS}/{upload_id}"
    raise Invalid("key", f"{key!r} must be that of a file of the registry's own")


def is_upload(key: str) -> bool:
    """Whether a key lies in what is still being put together as an object of the registry's own."""
    match key.split("/"):
        case [place, _, _, beside, _, *_]:
            return place == OWNED and beside == UPLOADS
    return False


class SharedPlace(Struct, frozen=True, kw_only=True):
    """The shared place as clients see it, without any credential.

    ``scheme`` is file, s3, gs or az. ``root`` ends with a slash: clients that compare texts would otherwise take
    ``/files-of-others`` to lie below ``/files``. On a disk it is a path, links resolved; else a uri. ``endpoint`` is
    the address of a server that is not the vendor's own, ``region`` what the server was said to lie in.
    """

    scheme: str
    root: str
    endpoint: str | None = None
    region: str | None = None


def checked_key(key: str) -> str:
    """The key itself, if it can be one: names with one slash between them, none of them ``.`` or ``..``.

    Names are taken letter by letter: a ``%`` or a space stands for itself. Raises ``Invalid``.
    """
    for name in key.split("/"):
        if name in ("", ".", ".."):
            raise Invalid("key", f"{key!r} must be names with one slash between them, none of them '.' or '..'")
    if _CONTROL.search(key):
        raise Invalid("key", f"{key!r} must have no control characters")
    try:
        key.encode()
    except UnicodeEncodeError:
        raise Invalid("key", f"{key!r} must be Unicode text") from None
    return key


def key_at(place: SharedPlace, uri: str) -> str:
    """The key of the object, or of the prefix, that a client calls by this uri.

    A slash at the end of the uri means nothing. Raises ``Invalid`` for the root itself and for whatever does not lie
    below it; what a disk's links lead to is for the storage to see.
    """
    if not uri.startswith(place.root):
        raise Invalid("uri", f"{uri!r} must begin with {place.root!r}")
    path = uri[len(place.root) :].removesuffix("/")
    if place.scheme == "file":
        # Clients join paths by hand, and on a disk several slashes are one. In a bucket they are part of a name.
        path = re.sub("/+", "/", path.strip("/"))
    try:
        return checked_key(f"{SHARED}/{path}")
    except Invalid as error:
        raise Invalid("uri", f"{uri!r} names no object below {place.root!r}: {error.reason}") from None


def owned_root(place: SharedPlace) -> str:
    """Where all that the registry keeps really lies, with a slash at its end."""
    return f"{_top(place)}{OWNED}/"


def owned_uri(place: SharedPlace, key: str) -> str:
    """Where an object, or a prefix, of the registry's own really lies. Raises ``Invalid`` for a key of any other."""
    if not checked_key(key).startswith(f"{OWNED}/"):
        raise Invalid("key", f"{key!r} must lie below '{OWNED}/'")
    return _top(place) + key


def owned_key_at(place: SharedPlace, uri: str) -> str:
    """The key of the object, or of the prefix, of the registry's own that lies at this uri.

    A slash at the end of the uri means nothing. Raises ``Invalid`` for whatever does not lie there.
    """
    root = owned_root(place)
    if not uri.startswith(root):
        raise Invalid("uri", f"{uri!r} must begin with {root!r}")
    try:
        return checked_key(f"{OWNED}/{uri[len(root) :].removesuffix('/')}")
    except Invalid as error:
        raise Invalid("uri", f"{uri!r} names no object below {root!r}: {error.reason}") from None


def _top(place: SharedPlace) -> str:
    """What both places lie in, with a slash at its end."""
    return place.root.removesuffix(f"{SHARED}/")


def uri_at(place: SharedPlace, key: str) -> str:
    """The uri by which clients call an object of the shared place. Raises ``Invalid`` for a key of any other."""
    place_name, _, path = checked_key(key).partition("/")
    if place_name != SHARED or not path:
        raise Invalid("key", f"{key!r} must lie below '{SHARED}/'")
    return place.root + path


def moved(text: str, old: SharedPlace, new: SharedPlace) -> str:
    """A text that is the uri of either place, or of what lies in it, as it is where the place is another one.

    Any other text stays as it is.
    """
    for before, after in _roots(old, new):
        if text == before:
            return after
        if text.startswith(f"{before}/"):
            path = text[len(before) :]
            # On a disk several slashes are one.
            return after + (re.sub("/+", "/", path) if old.scheme == "file" else path)
    return text


def moved_json(text: str, old: SharedPlace, new: SharedPlace) -> str:
    """JSON in which each text that ``moved`` would change is changed; nothing else is, not even a space."""
    for before, after in _roots(old, new):
        inner = msgspec.json.encode(before).decode()[1:-1]
        if inner in text:
            # Within a text a quote has a backslash before it, and elsewhere there are none.
            found = re.compile(rf'(?<!\\)"{re.escape(inner)}(?=[/"])')
            replacement = msgspec.json.encode(after).decode()[:-1]
            text = found.sub(lambda _, to=replacement: to, text)  # type: ignore[misc]
    return text


def _roots(old: SharedPlace, new: SharedPlace) -> tuple[tuple[str, str], ...]:
    """Both places as they were and as they are, without slashes at their ends."""
    return (
        (old.root.removesuffix("/"), new.root.removesuffix("/")),
        (owned_root(old).removesuffix("/"), owned_root(new).removesuffix("/")),
    )
