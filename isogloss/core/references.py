"""References: texts that name a version or a run, in the registry's own spelling or in that of a dialect. Pure.

A reference is an id (of a version, an artifact, an artifact's head or a run), or a name. A name is read by every
dialect that can read it, first by the registry's own grammar, and what it means is what there is:

    PROJECT/KIND:NAME@VERSION

where the project, the kind and the version may be left out, and are then the default project, the ordinary kind and
the newest version. VERSION is a label, or ``#`` and an ordinal. Characters that have a meaning here, blanks and quotes
are written as ``%`` and the two hexadecimal digits of each of their bytes. ``DIALECT:`` in front says that only this
one is to read the rest.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TypeAlias
from urllib.parse import unquote
from uuid import UUID

import msgspec
from msgspec import Struct

from isogloss.core.errors import Invalid
from isogloss.core.model import Artifact, Json, Project, Version
from isogloss.core.names import NAME_BYTES, ORDINARY

OWN = "isogloss"
"""The registry's own grammar, among the dialects."""

INPUTS = "isogloss.inputs"
"""The key of metadata, and of a run's tags, under which any client says from what something was made.

Of tags that are plain texts, it is what stands before an equals sign.
"""

LONGEST = 8192
MOST_INPUTS = 1000


class Newest(Struct, frozen=True):
    """The newest version."""


class Label(Struct, frozen=True):
    """The version with this label."""

    label: str


class Ordinal(Struct, frozen=True):
    """The version with this ordinal."""

    ordinal: int


class Alias(Struct, frozen=True):
    """The version with this alias."""

    alias: str


Which: TypeAlias = Newest | Label | Ordinal | Alias

NEWEST = Newest()


class InProject(Struct, frozen=True):
    """A project by one of its names."""

    form: Literal["name", "word"]
    text: str


class Identified(Struct, frozen=True):
    """What has this id: a version, an artifact or its head (for its newest version), or a run."""

    id: str


class Named(Struct, frozen=True, kw_only=True):
    """A version of the artifact with one of its names: its name, its slug, its word, or its id where it has none.

    A null project is the default one. ``kind`` is null where the form tells it as well.
    """

    form: Literal["name", "slug", "word", "id"]
    text: str
    kind: str | None = None
    project: InProject | None = None
    which: Which = NEWEST


Meaning: TypeAlias = Identified | Named


class Names(Struct, frozen=True, kw_only=True):
    """All that a version is called by. ``newest`` tells that its artifact has no newer one."""

    project: Project
    artifact: Artifact
    version: Version
    newest: bool
    default_project: bool


class Naming(Struct, frozen=True, kw_only=True):
    """How a dialect names versions: what a text may mean to it, and what it calls a version, if it can."""

    dialect: str
    read: Callable[[str], Sequence[Meaning]]
    spell: Callable[[Names], str | None]


_ID = re.compile("[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_KIND = re.compile(r"([a-z][a-z0-9]{0,31}):(.*)", re.DOTALL)
_ORDINAL = re.compile("#([1-9][0-9]{0,17})")
_ESCAPED = re.compile(r"[\x00-\x20\x7f%/:@#,\[\]\"'`\\]|\s")


def read_reference(text: str, namings: Iterable[Naming]) -> list[tuple[str, Meaning]]:
    """What a text may mean, each with the dialect that reads it so; in the order of dialects, the own grammar first.

    Raises ``Invalid`` for a text that cannot be a reference at all.
    """
    text = text.strip()
    if not is_reference(text):
        raise Invalid("reference", f"must be text of 1 to {LONGEST} bytes without the character NUL")
    known = [OWN_NAMING, *namings]
    head, colon, rest = text.partition(":")
    told = [naming for naming in known if naming.dialect == head] if colon and rest else []
    asked, text = (told, rest.strip()) if told else (known, text)
    if _ID.fullmatch(text):
        return [(asked[0].dialect, Identified(str(UUID(text))))]
    found: list[tuple[str, Meaning]] = []
    for naming in asked:
        for meaning in naming.read(text):
            if all(meaning != other for _, other in found):
                found.append((naming.dialect, meaning))
    return found


def is_reference(text: str) -> bool:
    """Whether a text can be kept as a reference."""
    try:
        return 1 <= len(text.strip().encode()) <= LONGEST and "\0" not in text
    except UnicodeEncodeError:
        return False


def read_own(text: str) -> Sequence[Meaning]:
    """What a text means in the registry's own grammar."""
    if "%00" in text:
        # No name holds the character NUL, and no engine could be asked for it.
        return []
    which: Which = NEWEST
    rest, at, version = text.rpartition("@")
    if at:
        ordinal = _ORDINAL.fullmatch(version)
        which = Ordinal(int(ordinal[1])) if ordinal else Label(_unescaped(version))
    else:
        rest = text
    project, slash, name = rest.partition("/")
    if not slash:
        name = rest
    kind, told = ORDINARY, _KIND.fullmatch(name)
    if told:
        kind, name = told[1], told[2]
    within = InProject("name", _unescaped(project)) if slash else None
    return [Named(form="name", text=_unescaped(name), kind=kind, project=within, which=which)]


def spell_own(names: Names) -> str:
    """A version in the registry's own grammar; one of a nameless artifact is called by its id."""
    if names.artifact.name is None:
        return names.version.id
    return spelled(names.project.name, names.artifact.kind, names.artifact.name, names.version.label)


def spelled(project: str, kind: str, name: str, label: str) -> str:
    """A version of a named artifact in the registry's own grammar."""
    mark = "" if kind == ORDINARY else f"{kind}:"
    return f"{_escaped(project)}/{mark}{_escaped(name)}@{_escaped(label)}"


OWN_NAMING = Naming(dialect=OWN, read=read_own, spell=spell_own)


def keys_of(meanings: Iterable[Meaning]) -> list[str]:
    """What a reference that names nothing yet is found by, once there is something that it may name."""
    found: dict[str, None] = {}
    for meaning in meanings:
        match meaning:
            case Identified(id_):
                found[f"id:{id_}"] = None
            case Named(form=form, text=text) if len(text.encode()) <= NAME_BYTES:
                found[f"{form}:{text}"] = None
    return list(found)


def keys_for(artifact: Artifact, version_id: str) -> list[str]:
    """The keys, of those that ``keys_of`` gives, that a version of an artifact may be meant by."""
    found = [f"id:{version_id}", f"id:{artifact.id}"]
    if artifact.head_id is not None:
        found.append(f"id:{artifact.head_id}")
    for form in ("name", "slug", "word"):
        text = getattr(artifact, form)
        if text is not None:
            found.append(f"{form}:{text}")
    return found


def says_inputs(document: Json | None) -> bool:
    """Whether metadata may say from what something was made: nearly none does, and this costs nothing."""
    return document is not None and INPUTS in document


def inputs_of(document: Json | None) -> list[str]:
    """The references that metadata (a JSON object) has under ``isogloss.inputs``, each once."""
    if document is None or INPUTS not in document:
        return []
    value = msgspec.json.decode(document, type=dict[str, msgspec.Raw]).get(INPUTS)
    return [] if value is None else references_in(msgspec.json.decode(value))


def inputs_of_tags(tags: Json) -> list[str]:
    """The references that a run's tags (a JSON list of texts) have behind ``isogloss.inputs=``, each once."""
    if INPUTS not in tags:
        return []
    mark = f"{INPUTS}="
    told = [each for each in msgspec.json.decode(tags) if isinstance(each, str) and each.startswith(mark)]
    return references_in([reference for each in told for reference in references_in(each.removeprefix(mark))])


def references_in(value: Any) -> list[str]:
    """The references in a value: a list of them, or text with commas or lines between them, which may be JSON.

    What can be none is passed over, and so are those beyond a thousand.
    """
    texts = _listed(value) if isinstance(value, str) else value if isinstance(value, list) else []
    found = dict.fromkeys(text.strip() for text in texts if isinstance(text, str) and is_reference(text))
    return list(found)[:MOST_INPUTS]


def _listed(text: str) -> list[Any]:
    if text.lstrip()[:1] in ("[", '"'):
        try:
            value = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            pass
        else:
            return value if isinstance(value, list) else [value]
    return re.split(r"[,\n]", text)


def _escaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)


def _unescaped(text: str) -> str:
    return unquote(text, errors="replace")
