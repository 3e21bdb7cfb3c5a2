"""How ZenML names a version: ``name`` (the newest), ``name:label``, and ``kind:name`` for other kinds.

Names and labels may hold colons, so that a text with several is read in every way there is.
"""

import re
from collections.abc import Iterator, Sequence

from isogloss.adapters.zenml.kinds import DIALECT, artifact_name
from isogloss.core.names import ORDINARY, looks_like_id
from isogloss.core.references import NEWEST, Label, Meaning, Named, Names, Naming, Which

MOST_COLONS = 16
"""Beyond so many, a text is the name of a newest version or none."""

_OTHER_KIND = re.compile(r"([a-z][a-z0-9]{0,31}):(.+)", re.DOTALL)
_UNNAMED = "unnamed-"


def read(text: str) -> Sequence[Meaning]:
    """Each way in which name, kind and label may be told apart. Its clients' default is the default project."""
    return list(_meanings(text))


def _meanings(text: str) -> Iterator[Meaning]:
    yield from _named(text, NEWEST)
    if text.count(":") <= MOST_COLONS:
        for found in re.finditer(":", text):
            name, label = text[: found.start()], text[found.end() :]
            if name and label:
                yield from _named(name, Label(label))


def _named(shown: str, which: Which) -> Iterator[Named]:
    yield Named(form="name", text=shown, kind=ORDINARY, which=which)
    other = _OTHER_KIND.fullmatch(shown)
    if other and other[1] != ORDINARY:
        yield Named(form="name", text=other[2], kind=other[1], which=which)
    unnamed = shown.removeprefix(_UNNAMED)
    if unnamed != shown and looks_like_id(unnamed):
        yield Named(form="id", text=unnamed, which=which)


def spell(names: Names) -> str:
    """Name and label, or the id where the name belongs to a project that would have to be told."""
    if not names.default_project:
        return names.version.id
    artifact = names.artifact
    return f"{artifact_name(artifact.id, artifact.kind, artifact.name)}:{names.version.label}"


def naming(tenant: str) -> Naming:
    """The dialect's naming."""
    return Naming(dialect=DIALECT, read=read, spell=spell)
