"""What a person reads when the gateway starts."""

import os
from collections.abc import Sequence
from typing import TextIO

from isogloss.adapters.dialect import Dialect
from isogloss.gateway.bundles import ServedInterface
from isogloss.gateway.connecting import connect_lines, with_clients
from isogloss.gateway.settings import Auth, Settings, without_password

_BOLD, _DIM, _CYAN, _PLAIN = "\033[1m", "\033[2m", "\033[36m", "\033[0m"


def start_screen(
    settings: Settings,
    *,
    listening: str,
    reached: str,
    auth: Auth,
    admin_password: str | None,
    dialects: Sequence[Dialect],
    interfaces: Sequence[ServedInterface],
    colours: bool,
) -> str:
    """The start-up screen: where it listens, what it keeps where, who may come in, and how each client connects.

    ``listening`` is the address that the socket has, ``reached`` the one that clients use, both as roots of URLs. The
    password of the database is not shown; the one generated for ``admin`` is, since nobody will ever see it again.
    """

    def paint(code: str, text: str) -> str:
        return f"{code}{text}{_PLAIN}" if colours else text

    def row(name: str, value: str) -> str:
        return f"  {paint(_DIM, f'{name:<9}')} {value}"

    keys = "isogloss token create NAME"
    lines = [
        "",
        f"  {paint(_BOLD, 'Isogloss')} one artifact registry for every client",
        "",
        row("listens", paint(_CYAN, listening)),
        *([row("public", reached)] if settings.public_url else []),
        row("database", shown_place(settings.database_url)),
        row("files", shown_place(settings.storage_url)),
        row(
            "access",
            "open: everybody who reaches this address reads and writes"
            if auth is Auth.OPEN
            else f"credentials required; make a key with `{keys}`",
        ),
        *(row("pages", f"{reached}{each.bundles[0].bundle.base}/ ({each.dialect})") for each in interfaces),
    ]
    if admin_password is not None:
        lines += [
            "",
            row("admin", f"user admin, password {paint(_BOLD, admin_password)}"),
            row("", "generated now and shown only this once"),
        ]
    for dialect in with_clients(dialects):
        lines += ["", f"  {paint(_BOLD, f'Connect {dialect.name}')}"]
        lines += [f"    {line}" for line in connect_lines(dialect, reached, auth, None, None)]
    return "\n".join([*lines, "", ""])


def shown_place(url: str) -> str:
    """A place where data is kept: a path for a file, else the URL without its password."""
    for scheme in ("sqlite:///", "file://"):
        if url.startswith(scheme):
            return url.removeprefix(scheme)
    return without_password(url)


def wants_colours(stream: TextIO) -> bool:
    """Whether to paint: only on a terminal that can, and that nobody asked to keep plain."""
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
