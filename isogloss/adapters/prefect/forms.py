"""How versions that others wrote are presented here.

Each rule is declared once: the filters look by it, and the translation prints it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from isogloss.core.model import Json
from isogloss.core.renderings import IMAGE, LINK, MARKDOWN, PROGRESS, TABLE

FOREIGN_FORM = MARKDOWN
"""The type of what has no form that the vendor's pages can show."""

SHOWN_BYTES = 100_000
"""How much data may be shown of a version that another dialect wrote, since a page carries that of all its rows."""


def shown_form(form: str | None) -> str:
    """The type of a version that another dialect wrote, by its form."""
    return FOREIGN_FORM if form is None or form not in FORMS else form


def shown_data(form: str, data: Json | None) -> Json | None:
    """The inline data of such a version, where the vendor's pages can show it under the type ``form``; else null.

    A page that is given an object where it expects text breaks as a whole.
    """
    if data is None or form not in FORMS or len(data.encode()) > SHOWN_BYTES:
        return None
    try:
        shown = FORMS[form](msgspec.json.decode(data))
        return None if shown is None else msgspec.json.encode(shown).decode()
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


def _text(value: Any) -> Any:
    return value if isinstance(value, str) else None


def _number(value: Any) -> Any:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _table(value: Any) -> Any:
    """Rows as the text of their JSON, which is how the vendor's own client sends them."""
    if isinstance(value, str):
        try:
            rows = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return None
        return value if _is_table(rows) else None
    return msgspec.json.encode(value).decode() if _is_table(value) else None


def _is_table(value: Any) -> bool:
    match value:
        case list():
            return all(isinstance(row, dict) for row in value)
        case dict():
            return all(isinstance(column, list) for column in value.values())
    return False


FORMS: Mapping[str, Callable[[Any], Any]] = {
    MARKDOWN: _text,
    TABLE: _table,
    LINK: _text,
    IMAGE: _text,
    PROGRESS: _number,
}
"""The forms that the vendor's pages show, and what each takes of a parsed value: null where it cannot show it."""
