"""Log lines: one form for what the program says and for the access log, as text or as JSON.

Lines go to standard error, each whole in one write, so that those of several threads never mix.
"""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import TextIO

import msgspec

REQUEST_ID: ContextVar[str] = ContextVar("isogloss_request_id", default="")
"""The id of the request that is being answered, on every line logged meanwhile."""

ACCESS = "isogloss.access"

# Libraries say on their own INFO what the start-up screen tells better.
_QUIET = ("uvicorn", "uvicorn.error", "alembic", "asyncio")


class Line(msgspec.Struct, omit_defaults=True):
    """A log line as JSON. ``time`` is UTC; the members from ``method`` on are those of an access line."""

    time: str
    level: str
    logger: str
    message: str | None = None
    request_id: str | None = None
    method: str | None = None
    path: str | None = None
    status: int | None = None
    milliseconds: float | None = None
    bytes: int | None = None
    client: str | None = None
    caller: str | None = None
    trace: str | None = None


class Stamps:
    """Instants as text, ``2026-01-31T12:00:00.123Z``. The part before the milliseconds is made once a second."""

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def __call__(self, instant: float) -> str:
        """The text of an instant, which is in seconds since the epoch."""
        second = int(instant)
        if second != self._second:
            self._text, self._second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)), second
        return f"{self._text}.{int((instant - second) * 1000):03d}Z"


class TextLines(logging.Formatter):
    """``TIME LEVEL logger: message [request id]``, and a traceback beneath it where there is one."""

    def __init__(self) -> None:
        super().__init__()
        self._stamp = Stamps()

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        identity = REQUEST_ID.get()
        line = f"{self._stamp(record.created)} {record.levelname} {record.name}: {record.getMessage()}"
        if identity:
            line += f" [{identity}]"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


class JsonLines(logging.Formatter):
    """A ``Line`` as one line of JSON."""

    def __init__(self) -> None:
        super().__init__()
        self._stamp = Stamps()

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line = Line(
            time=self._stamp(record.created),
            level=record.levelname.lower(),
            logger=record.name,
            message=record.getMessage(),
            request_id=REQUEST_ID.get() or None,
            trace=self.formatException(record.exc_info) if record.exc_info else None,
        )
        return msgspec.json.encode(line).decode()


def configure(level: str, form: str) -> None:
    """Send all logging of the process to standard error, from ``level`` up, as ``text`` or ``json``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    # A line that cannot be written is lost; a complaint about it could not be written either.
    logging.raiseExceptions = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING if level != "debug" else logging.INFO)


def write_line(line: bytes) -> None:
    """Write one finished line to standard error. A reader that went away is no reason to fail a request."""
    try:
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
    except OSError:
        drop(sys.stderr)


class LinesOfATurn:
    """Writes finished lines as ``write_line`` does, those of one turn of the event loop together.

    A write takes as long as the rest of what a request is logged with, and many requests end in the same turn.
    """

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def __call__(self, line: bytes) -> None:
        """Write the line before the loop's next turn ends."""
        if not self._held:
            asyncio.get_running_loop().call_soon(self._flush)
        self._held.append(line)

    def _flush(self) -> None:
        held, self._held = self._held, []
        write_line(b"".join(held))


def drop(stream: TextIO) -> None:
    """Let a standard stream lead nowhere from now on, as nobody reads it any more: not even at exit does it fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


Write = Callable[[bytes], None]
