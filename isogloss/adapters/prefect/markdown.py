"""Pieces of Markdown that hold any text, and never more markup than was meant."""

import re
from collections.abc import Iterable, Sequence

_MARKUP = re.compile(r"([\\`*\[\]<>&|~!#])")
_SPACES = re.compile(r"[\s\x00-\x1f\x7f]+")
_PIPES = re.compile(r"(\\*)\|")
_TICKS = re.compile("`+")


def plain(text: str) -> str:
    """Text that stands for itself, on one line."""
    return _MARKUP.sub(r"\\\1", _SPACES.sub(" ", text).strip())


def code(text: str) -> str:
    """Text as code on one line, also in a cell of a table: no markup in it means anything, and no address is linked."""
    # A backslash before a pipe would take the one that is put before it for its own.
    line = _PIPES.sub(r"\1\1\\|", _SPACES.sub(" ", text))
    fence = "`" * (max((len(run) for run in _TICKS.findall(line)), default=0) + 1)
    pad = " " if not line.strip(" ") or line[0] in "` " or line[-1] in "` " else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def fenced(text: str, language: str) -> str:
    """Text as a block of code."""
    fence = "`" * max(3, max((len(run) for run in _TICKS.findall(text)), default=0) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, of cells that are Markdown on one line."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def cut(text: str, length: int) -> str:
    """Text of at most so many characters; what is cut says so by an ellipsis."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
