"""What a person finds at ``/``: where each API is, how to connect to it, and which pages there are to look at."""

import html
from collections.abc import Sequence

from msgspec import Struct

from isogloss.adapters.dialect import Dialect
from isogloss.gateway.bundles import ServedInterface
from isogloss.gateway.connecting import connect_lines, with_clients
from isogloss.gateway.settings import Auth

ABOUT = "One registry of machine-learning artifacts. Point a client here, and it works as with its own server."


class StartPage(Struct, frozen=True, kw_only=True):
    """The page over what is served. ``url`` is the root of the address asked, without a slash at its end."""

    url: str
    auth: Auth
    dialects: Sequence[Dialect]
    interfaces: Sequence[ServedInterface]

    def as_html(self) -> str:
        """The page for a browser. It asks for nothing else."""
        sections = []
        for dialect in with_clients(self.dialects):
            rows = [
                f"<p>API: {', '.join(f'<code>{html.escape(each)}</code>' for each in self._addresses(dialect))}</p>"
            ]
            if (pages := self._pages(dialect)) is not None:
                rows.append(f'<p>Web pages: <a href="{html.escape(pages)}">{html.escape(self.url + pages)}</a></p>')
            rows.append(f"<pre>{html.escape(self._lines(dialect))}</pre>")
            sections.append("\n".join([f"<h2>{html.escape(dialect.name)}</h2>", *rows]))
        references = [
            f'<p>The API of {html.escape(dialect.name)} itself: <a href="{html.escape(dialect.reference)}">'
            f"{html.escape(self.url + dialect.reference)}</a></p>"
            for dialect in self.dialects
            if dialect.reference is not None
        ]
        return _PAGE.format(about=ABOUT, keys=self._keys(), sections="\n".join([*sections, *references]))

    def as_text(self) -> str:
        """The same for who asks with a program."""
        sections = []
        for dialect in with_clients(self.dialects):
            rows = [f"API: {', '.join(self._addresses(dialect))}"]
            if (pages := self._pages(dialect)) is not None:
                rows.append(f"Web pages: {self.url}{pages}")
            sections.append("\n".join([dialect.name, *rows, self._lines(dialect)]))
        sections += [
            f"The API of {dialect.name} itself: {self.url}{dialect.reference}"
            for dialect in self.dialects
            if dialect.reference is not None
        ]
        state = f"State: {self.url}/health, {self.url}/ready"
        return "\n\n".join(["Isogloss", ABOUT, self._keys(), *sections, state]) + "\n"

    def _addresses(self, dialect: Dialect) -> list[str]:
        return [self.url + prefix.rstrip("/") for prefix in dialect.prefixes]

    def _pages(self, dialect: Dialect) -> str | None:
        """The path of the vendor's own pages, where they are served."""
        bases = [each.bundles[0].bundle.base for each in self.interfaces if each.dialect == dialect.name]
        return f"{bases[0]}/" if bases else None

    def _lines(self, dialect: Dialect) -> str:
        return "\n".join(connect_lines(dialect, self.url, self.auth, None, None))

    def _keys(self) -> str:
        if self.auth is Auth.REQUIRED:
            return "Credentials are required. Make a key with: isogloss token create NAME"
        return "The registry is open: no credential is needed."


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Isogloss</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; }}
pre {{ background: #f3f3f3; color: #111; padding: .8rem; overflow-x: auto; }}
</style>
</head>
<body>
<h1>Isogloss</h1>
<p>{about}</p>
<p>{keys}</p>
{sections}
<p>State: <a href="/health">/health</a>, <a href="/ready">/ready</a></p>
</body>
</html>
"""
