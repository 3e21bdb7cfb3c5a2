"""Inline data as what it stands for, and as files that anybody can open. Pure functions.

They are total: whatever JSON a client keeps under whatever form gives something. What is not what its form promises,
such as a table whose text is broken, is given as the JSON that it is.
"""

import csv
import io
import json
from typing import Any

from msgspec import Struct

from isogloss.core.model import Json

MARKDOWN, TABLE, LINK, IMAGE, PROGRESS, RESULT = "markdown", "table", "link", "image", "progress", "result"
"""The forms of inline data that have a meaning here."""

JSON_TYPE = "application/json"
MARKDOWN_TYPE = "text/markdown; charset=utf-8"
CSV_TYPE = "text/csv; charset=utf-8"
TEXT_TYPE = "text/plain; charset=utf-8"

STEM_LENGTH = 200
"""How many characters of a name begin a file's: with what follows, every storage keeps it."""


class Rendering(Struct, frozen=True, kw_only=True):
    """A file that shows inline data. ``path`` is its name."""

    path: str
    content: bytes
    media_type: str


class Rows(Struct, frozen=True):
    """A table: a dict for each row. ``columns`` are all names that any row has, in the order in which they come."""

    rows: list[dict[str, Any]]

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys(name for row in self.rows for name in row))


def stem(artifact_id: str, word: str | None) -> str:
    """What the names of an artifact's files begin with. ``word`` is its name's form, null for one without a name."""
    return f"unnamed-{artifact_id}" if word is None else word[:STEM_LENGTH]


def render(form: str | None, data: Json | None, stem: str) -> tuple[Rendering, ...]:
    """The files that show inline data of a form, in the order in which they say most; none of no data."""
    if data is None:
        return ()
    if form == TABLE:
        table = rows_of(data)
        if table is not None:
            return (
                Rendering(path=f"{stem}.json", content=json_bytes(table.rows), media_type=JSON_TYPE),
                Rendering(path=f"{stem}.csv", content=csv_bytes(table), media_type=CSV_TYPE),
            )
    text = text_of(form, data)
    if text is not None and form == MARKDOWN:
        return (Rendering(path=f"{stem}.md", content=text_bytes(text), media_type=MARKDOWN_TYPE),)
    if text is not None:
        return (Rendering(path=f"{stem}.url.txt", content=text_bytes(text), media_type=TEXT_TYPE),)
    return (Rendering(path=f"{stem}.json", content=text_bytes(data), media_type=JSON_TYPE),)


def value_of(form: str | None, data: Json | None) -> Json:
    """What inline data of a form stands for, as JSON: a table's rows, a link's address, else the data itself."""
    if data is None:
        return "null"
    if form == TABLE:
        table = rows_of(data)
        return data if table is None else json_bytes(table.rows).decode()
    text = text_of(form, data) if form == LINK else None
    return data if text is None else json_bytes(text).decode()


def text_of(form: str | None, data: Json) -> str | None:
    """The text of markdown, the address of a link or of an image; null for what is none of these."""
    if form not in (MARKDOWN, LINK, IMAGE):
        return None
    text = _parsed(data)
    if not isinstance(text, str):
        return None
    return _address(text) if form == LINK else text


def rows_of(data: Json) -> Rows | None:
    """The rows of a table, which is JSON or the text of it; null for what is no table.

    Tables come as a list of rows, each a dict or a list of cells, or as a dict of columns.
    """
    table = _parsed(data)
    if isinstance(table, str):
        table = _parsed(table)
    match table:
        case list() if all(isinstance(row, dict) for row in table):
            return _checked(table)
        case list() if all(isinstance(row, list) for row in table):
            return _checked([{str(place): cell for place, cell in enumerate(row)} for row in table])
        case dict() if all(isinstance(column, list) for column in table.values()):
            length = max(map(len, table.values()), default=0)
            return _checked(
                [
                    {name: column[place] if place < len(column) else None for name, column in table.items()}
                    for place in range(length)
                ]
            )
    return None


def _checked(rows: list[dict[str, Any]]) -> Rows | None:
    """The rows, unless they hold a number that JSON cannot say."""
    try:
        json.dumps(rows, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return Rows(rows)


def csv_bytes(table: Rows) -> bytes:
    """A table as comma-separated values below a line of names; cells that are no text are JSON, absent ones empty."""
    columns = table.columns
    if not columns:
        return b""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in table.rows)
    return text_bytes(written.getvalue())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json_bytes(value).decode()


def json_bytes(value: Any) -> bytes:
    """A value as JSON in UTF-8, readable as far as its characters go."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        # Half a pair of surrogates, which only its escape can say.
        return json.dumps(value).encode()


def text_bytes(text: str) -> bytes:
    """Text in UTF-8; half a pair of surrogates, which has none, becomes a question mark."""
    return text.encode("utf-8", "replace")


def _parsed(text: str) -> Any:
    """The value of a JSON text, null for what is none; a number that JSON does not know is null as well."""
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def _address(link: str) -> str:
    """The address in ``[text](address)``; any other text is one."""
    if link.startswith("[") and link.endswith(")") and "](" in link:
        return link[link.rindex("](") + 2 : -1]
    return link
