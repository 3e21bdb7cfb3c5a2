"""What others wrote, as ZenML's client loads it. Pure functions.

The client opens the address of a version by itself, with the class that it is told reads it. Inline data is laid out
for the vendor's own classes of plain values; what lies in files already is taken as it is, by the one that copies them.
"""

import json
from uuid import UUID, uuid5

from isogloss.core.model import Json
from isogloss.core.registry.renditions import Rendition
from isogloss.core.renderings import (
    IMAGE,
    LINK,
    MARKDOWN,
    TABLE,
    Rows,
    csv_bytes,
    rows_of,
    text_bytes,
    value_of,
)

DATA = "data.json"
"""The file that the vendor's classes of plain values read."""

_BUILT_IN = "zenml.materializers.built_in_materializer"
_VALUE: Json = f'{{"module":"{_BUILT_IN}","attribute":"BuiltInMaterializer","type":"internal"}}'
_CONTAINER: Json = f'{{"module":"{_BUILT_IN}","attribute":"BuiltInContainerMaterializer","type":"internal"}}'

_TYPES: dict[str, Json] = {
    kind: f'{{"module":"builtins","attribute":"{kind}","type":"builtin"}}'
    for kind in ("str", "int", "float", "bool", "NoneType", "dict", "list")
}
_BY_TEXT = {text: kind for kind, text in _TYPES.items()}
_BY_FIRST = {'"': "str", "{": "dict", "[": "list", "t": "bool", "f": "bool", "n": "NoneType"}
_CONTAINERS = ("dict", "list")

SHOWN = {
    (MARKDOWN, "str"): (("markdown", "output.md"),),
    (TABLE, "list"): (("csv", "table.csv"), ("json", DATA)),
    (LINK, "str"): (("markdown", "link.md"),),
    (IMAGE, "str"): (("markdown", "image.md"),),
}
"""The files that show inline data, and as what, by its form and by the type of what it stands for."""

_SHOWN_OTHERWISE = (("json", DATA),)


def rendition(form: str | None, data: Json | None) -> Rendition:
    """Inline data of a form as files that the client loads, and looks at."""
    value = value_of(form, data)
    kind = type_of(value)
    files = {DATA: text_bytes(value)}
    for _, name in shown_files(form, kind):
        if name != DATA:
            files[name] = _shown(name, value if data is None else data, value)
    return Rendition(
        files=files,
        loader=_CONTAINER if kind in _CONTAINERS else _VALUE,
        data_type=_TYPES[kind],
    )


def shown_files(form: str | None, kind: str) -> tuple[tuple[str, str], ...]:
    """The files that show data of a form that stands for a value of this type: as what, and their names."""
    return SHOWN.get((form or "", kind), _SHOWN_OTHERWISE)


def kind_in(data_type: Json | None) -> str | None:
    """The type of the value that was laid out, of the text that was kept of it; null where files are what they are."""
    return None if data_type is None else _BY_TEXT.get(data_type)


def type_of(value: Json) -> str:
    """The name of Python's type for a JSON text. The file tells the client as well, and wins."""
    first = value.lstrip()[:1]
    if first in _BY_FIRST:
        return _BY_FIRST[first]
    return "float" if any(mark in value for mark in ".eE") else "int"


def picture_id(version_id: str, name: str) -> str:
    """The id of a file that shows a version."""
    return str(uuid5(UUID(version_id), name))


def _shown(name: str, data: Json, value: Json) -> bytes:
    if name == "table.csv":
        return csv_bytes(rows_of(value) or Rows([{"0": cell} for cell in json.loads(value)]))
    text: str = json.loads(data)
    return text_bytes(f"![]({text})" if name == "image.md" else text)
