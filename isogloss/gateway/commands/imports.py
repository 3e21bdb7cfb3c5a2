"""Commands that bring what other registries hold: ``isogloss import``."""

import argparse
import asyncio
import base64
from collections.abc import Callable
from typing import Any

from isogloss.adapters.prefect.importing import reader as prefect
from isogloss.adapters.source import SourceError
from isogloss.adapters.zenml.importing import reader as zenml
from isogloss.core.model import Project
from isogloss.core.ports import Reader
from isogloss.core.registry import Registry
from isogloss.core.registry.imports import import_pages
from isogloss.core.registry.incoming import Report
from isogloss.core.registry.projects import DEFAULT, find_project
from isogloss.gateway.assembly import open_registry
from isogloss.gateway.commands import archives
from isogloss.gateway.commands.operator import as_operator
from isogloss.gateway.commands.progress import ProgressLine
from isogloss.gateway.problems import Problem
from isogloss.gateway.settings import Settings


def add_to(commands: Any) -> None:
    """Let ``import`` be typed."""
    help_of_all = "bring what another registry holds: a vendor's real server, or an archive that `isogloss export` made"
    command = commands.add_parser(
        "import",
        help=help_of_all,
        description=f"{help_of_all[0].upper()}{help_of_all[1:]}. `isogloss import prefect --help` tells more.",
        usage="isogloss import [-h] {prefect URL, zenml URL, FILE} ...",
    )
    vendors = {"prefect": _add_prefect_to, "zenml": _add_zenml_to}
    parsers = {}
    for name, add in vendors.items():
        parsers[name] = argparse.ArgumentParser(prog=f"isogloss import {name}", description=f"From a {name} server.")
        add(parsers[name])
    archive = argparse.ArgumentParser(prog="isogloss import")
    archives.add_import_to(archive)

    class Source(argparse.Action):
        """Reads the rest as the source of that name takes it; what is no source's name is a file."""

        def __call__(
            self,
            parser: argparse.ArgumentParser,
            namespace: argparse.Namespace,
            values: Any,
            option_string: str | None = None,
        ) -> None:
            name, *rest = values
            if name in parsers:
                parsers[name].parse_args(rest, namespace)
            else:
                archive.parse_args(values, namespace)

    command.add_argument(
        "source",
        # As sub-commands are: this argument and all behind it.
        nargs=argparse.PARSER,
        action=Source,
        metavar="SOURCE",
        help="prefect or zenml, and the address of such a server; or the path of an archive",
    )


def _add_prefect_to(source: argparse.ArgumentParser) -> None:
    source.add_argument("url", metavar="URL", help="its API's address, such as http://127.0.0.1:4200/api")
    source.add_argument("--auth-string", metavar="USER:PASSWORD", help="where it asks for one")
    source.add_argument("--api-key", metavar="KEY", help="where it asks for a key instead")
    source.add_argument("--project", default=DEFAULT, help="the project here that it all goes to (%(default)s)")
    source.set_defaults(command=_import_prefect)


def _add_zenml_to(source: argparse.ArgumentParser) -> None:
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

    _import(settings, run, "import_prefect")


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

    _import(settings, run, "import_zenml")


def _import(settings: Settings, run: Callable[[Registry, Callable[[Report], None]], Any], action: str) -> None:
    with ProgressLine() as line:

        def show(report: Report) -> None:
            seen = sum(report.seen.values())
            noun = next(reversed(report.seen), "")
            line.write(f"{seen} rows, {seen / line.seconds:.0f}/s: {noun} {report.seen[noun]}")

        async def work() -> Report:
            async with open_registry(settings) as (registry, _):
                report: Report = await run(as_operator(registry, action), show)
                return report

        try:
            report = asyncio.run(work())
        except SourceError as error:
            raise Problem(f"{error} What came before is kept; the same command goes on from there.") from None
    for text in report_lines(report):
        print(text)


def _note_missing(report: Report, missing: dict[str, int]) -> None:
    for noun, count in missing.items():
        report.note(f"The source has {count} {noun}, which this registry does not keep.")


def report_lines(report: Report) -> list[str]:
    """What an import did, to be read: a line for each noun, then what was left out, then the notes."""
    lines = []
    for noun, seen in report.seen.items():
        added, changed, left_out = report.added[noun], report.changed[noun], report.left_out[noun]
        line = f"{noun:<24} {seen:>9} read {added:>9} added {changed:>9} changed"
        lines.append(f"{line} {left_out:>9} left out" if left_out else line)
    for noun, rows in report.named.items():
        lines += [f"left out of the {noun}: {row.name}: {row.reason}" for row in rows]
        if (others := report.left_out[noun] - len(rows)) > 0:
            lines.append(f"left out of the {noun}: {others} more")
    lines += [f"note: {note}" for note in report.notes]
    return lines or ["The source holds nothing."]
