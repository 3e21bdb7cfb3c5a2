"""The language in which Prefect's logs are searched.

Words are separated by white space or stand in quotes, in which a backslash escapes a quote or another backslash. Any
of the words will do; one behind ``-`` or ``!`` must not be there, one behind ``+`` must. A sign with nothing behind it
is not heeded.
"""

import re

from msgspec import Struct

_TERM = re.compile(r'([-!+]?)(?:"((?:[^"\\]|\\.)*\\?)"?|([^\s"]+))', re.DOTALL)
_SIGN_ALONE = re.compile(r"[-!+](?=\s|$)")
_ESCAPED = re.compile(r'\\(["\\])')


class Search(Struct, frozen=True):
    """What a search asks for, each word once, in its order."""

    include: tuple[str, ...]
    exclude: tuple[str, ...]
    required: tuple[str, ...]


def parse(query: str) -> Search:
    """What the query asks for. Every text is a query."""
    found: dict[str, dict[str, None]] = {"": {}, "-": {}, "+": {}}
    place = 0
    while place < len(query):
        if query[place].isspace() or _SIGN_ALONE.match(query, place):
            place += 1
            continue
        term = _TERM.match(query, place)
        if term is None:
            place += 1
            continue
        place = term.end()
        sign, phrase, word = term.groups()
        text = word if phrase is None else _ESCAPED.sub(r"\1", phrase)
        if text.strip():
            found["-" if sign == "!" else sign][text] = None
    return Search(tuple(found[""]), tuple(found["-"]), tuple(found["+"]))
