"""Commands that bring what other registries hold: ``isogloss import``."""

import argparse
import asyncio
import base64
import sys
import time
from collections.abc import Callable
from typing import Any

from isogloss.adapters.prefect.importing import reader as prefect
from isogloss.adapters.source import SourceError
from isogloss.adapters.zenml.importing import reader as zenml
from isogloss.core.model import Project
from isogloss.core.ports import Reader
from isogloss.core.registry import Registry
from isogloss.core.registry.imports import Report, import_pages
from isogloss.core.registry.projects import DEFAULT, find_project
from isogloss.gateway.assembly import open_registry
from isogloss.gateway.problems import Problem
from isogloss.gateway.settings import Settings

SECONDS_BETWEEN = 0.2
"""How often the line of progress is written anew."""


def add_to(commands: Any) -> None:
    """Let ``import`` be typed."""
    command = commands.add_parser("import", help="bring what a real server of a vendor's holds; again, what is new")
    sources = command.add_subparsers(title="sources", required=True, metavar="SOURCE")

    source = sources.add_parser("prefect", help="from a Prefect server")
    source.add_argument("url", metavar="URL", help="its API's address, such as http://127.0.0.1:4200/api")
    source.add_argument("--auth-string", metavar="USER:PASSWORD", help="where it asks for one")
    source.add_argument("--api-key", metavar="KEY", help="where it asks for a key instead")
    source.add_argument("--project", default=DEFAULT, help="the project here that it all goes to (%(default)s)")
    source.set_defaults(command=_import_prefect)

    source = sources.add_parser("zenml", help="from a ZenML server")
    source.add_argument("url", metavar="URL", help="its address, such as http://127.0.0.1:8237")
    source.add_argument("--api-key", metavar="KEY", help="a service account's key")
    source.add_argument("--username", metavar="NAME", help="a user's name")
    source.add_argument("--password", default="", metavar="PASSWORD", help="and password")
    source.set_defaults(command=_import_zenml)


def _import_prefect(settings: Settings, options: argparse.Namespace) -> None:
    headers = {}
    if options.auth_string:
        headers["Authorization"] = "Basic " + base64.b64encode(options.auth_string.encode()).decode()
    elif options.api_key:
        headers["Authorization"] = f"Bearer {options.api_key}"

    async def run(registry: Registry, progress: Callable[[Report], None]) -> Report:
        async def project(unit: Reader) -> Project:
            return await find_project(unit, options.project)

        # Only this command speaks HTTP as a client; a gateway does without the library.
        from isogloss.gateway.sources import open_source

        target = await registry.store.read(project)
        async with open_source(options.url.rstrip("/"), headers) as fetch:
            report = await import_pages(registry, prefect.pages(fetch, target.id), progress)
            _note_missing(report, await prefect.not_brought(fetch))
        return report

    _import(settings, run)


def _import_zenml(settings: Settings, options: argparse.Namespace) -> None:
    form = zenml.login_form(options.api_key, options.username, options.password)
    login = None if form is None else ("/login", form)

    async def run(registry: Registry, progress: Callable[[Report], None]) -> Report:
        from isogloss.gateway.sources import open_source

        root = options.url.rstrip("/").removesuffix(zenml.PREFIX) + zenml.PREFIX
        async with open_source(root, {}, login) as fetch:
            report = await import_pages(registry, zenml.pages(fetch), progress)
            _note_missing(report, await zenml.not_brought(fetch))
        return report

    _import(settings, run)


def _import(settings: Settings, run: Callable[[Registry, Callable[[Report], None]], Any]) -> None:
    line = ProgressLine()

    async def work() -> Report:
        async with open_registry(settings) as (registry, _):
            report: Report = await run(registry, line.show)
            return report

    try:
        report = asyncio.run(work())
    except SourceError as error:
        raise Problem(f"{error} What came before is kept; the same command goes on from there.") from None
    finally:
        line.end()
    for text in report_lines(report):
        print(text)


def _note_missing(report: Report, missing: dict[str, int]) -> None:
    for noun, count in missing.items():
        report.note(f"The source has {count} {noun}, which this registry does not keep.")


def report_lines(report: Report) -> list[str]:
    """What an import did, to be read: a line for each noun, then the notes."""
    lines = []
    for noun, seen in report.seen.items():
        added, changed = report.added[noun], report.changed[noun]
        lines.append(f"{noun:<24} {seen:>9} read {added:>9} added {changed:>9} changed")
    lines += [f"note: {note}" for note in report.notes]
    return lines or ["The source holds nothing."]


class ProgressLine:
    """One line on the terminal that tells how far an import is; nothing where standard error is none."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._began = time.monotonic()
        self._last = 0.0

    def show(self, report: Report) -> None:
        """Write the line anew, unless that was a moment ago."""
        now = time.monotonic()
        if not self._shown or now - self._last < SECONDS_BETWEEN:
            return
        self._last = now
        seen = sum(report.seen.values())
        noun = next(reversed(report.seen), "")
        rate = seen / max(now - self._began, 0.001)
        print(f"\r\033[K{seen} rows, {rate:.0f}/s: {noun} {report.seen[noun]}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the terminal as it was."""
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
