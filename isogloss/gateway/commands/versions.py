"""Versions and what they come from, for people: ls, show, lineage, link, tag, rm.

They work on the configured storage itself, beside a gateway or without one.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeVar

from isogloss.core.access import ANYBODY
from isogloss.core.model import Project
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import Registry, catalogue, derivations, lineage_graph, references, tags
from isogloss.core.registry.catalogue import ListedArtifact, ListedVersion, Wanted
from isogloss.core.registry.lineage_graph import Direction, Lineage
from isogloss.core.registry.references import RUN, Target, VersionTarget
from isogloss.core.registry.versions import delete_version
from isogloss.gateway.assembly import open_registry
from isogloss.gateway.commands import forms
from isogloss.gateway.commands.operator import as_operator
from isogloss.gateway.problems import Problem
from isogloss.gateway.settings import Settings

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

T = TypeVar("T")

PAGE = 500
TAG_COLOUR = "grey"


def add_to(commands: "Commands") -> None:
    """Add the commands to the command line."""
    command = commands.add_parser("ls", help="list artifacts, or versions")
    command.add_argument(
        "pattern", nargs="?", metavar="PROJECT|PATTERN", help="a project's name, or a pattern of artifacts' names"
    )
    command.add_argument("--versions", action="store_true", help="list versions instead of artifacts")
    command.add_argument("--limit", type=_positive, metavar="N", default=200, help="lines at most (%(default)s)")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(command=_ls)

    command = commands.add_parser("show", help="show a version or a run")
    _add_reference(command)
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(command=_show)

    command = commands.add_parser("lineage", help="what a version was made from, and what was made from it")
    _add_reference(command)
    ways = command.add_mutually_exclusive_group()
    ways.add_argument("--up", dest="direction", action="store_const", const="up", help="only what it was made from")
    ways.add_argument("--down", dest="direction", action="store_const", const="down", help="only what it was used for")
    command.add_argument(
        "--depth",
        type=_depth,
        metavar="N",
        default=lineage_graph.DEPTH,
        help="how many edges away, between versions and runs (%(default)s)",
    )
    shapes = command.add_mutually_exclusive_group()
    shapes.add_argument("--dot", dest="form", action="store_const", const=forms.dot, help="a graph for Graphviz")
    shapes.add_argument("--mermaid", dest="form", action="store_const", const=forms.mermaid, help="a Mermaid diagram")
    shapes.add_argument("--json", dest="form", action="store_const", const=_json_of, help="print JSON")
    command.set_defaults(command=_lineage, direction="both", form=forms.tree)

    command = commands.add_parser("link", help="say what a version or run was made from")
    _add_reference(command)
    sources = command.add_mutually_exclusive_group(required=True)
    sources.add_argument("--run", metavar="RUN", help="the id of the run that made it")
    sources.add_argument("--from", dest="source", metavar="REF", help="the version or run that it was made from")
    command.set_defaults(command=_link)

    command = commands.add_parser("tag", help="put tags on a version")
    _add_reference(command)
    command.add_argument("names", nargs="+", metavar="NAME", help="a tag; it is made where there is none")
    command.add_argument("--remove", action="store_true", help="take them off instead")
    command.set_defaults(command=_tag)

    command = commands.add_parser("rm", help="delete a version")
    _add_reference(command)
    command.add_argument("--yes", action="store_true", help="do not ask")
    command.set_defaults(command=_rm)


def _add_reference(command: argparse.ArgumentParser) -> None:
    command.add_argument("reference", metavar="REF", help="a version by id, or by any dialect's name for it")


def _ls(settings: Settings, options: argparse.Namespace) -> None:
    async def work(registry: Registry) -> tuple[list[ListedArtifact] | list[ListedVersion], dict[str, str]]:
        async def read(unit: Reader) -> tuple[list[ListedArtifact] | list[ListedVersion], dict[str, str]]:
            projects = await catalogue.list_projects(unit, ANYBODY)
            found = await _listed(unit, projects, options)
            return found, {project.id: project.name for project in projects}

        return await registry.store.read(read)

    found, projects = _within(settings, work)
    shown, more = found[: options.limit], len(found) > options.limit
    if options.json:
        print(forms.json_text([forms.listed(each, projects) for each in shown]))
    else:
        rows = [forms.row_of(each, projects) for each in shown]
        for line in forms.columns(forms.VERSION_HEADER if options.versions else forms.ARTIFACT_HEADER, rows):
            print(line)
    if more:
        print(f"isogloss: note: there are more than {options.limit}; say --limit.", file=sys.stderr)


async def _listed(
    unit: Reader, projects: list[Project], options: argparse.Namespace
) -> list[ListedArtifact] | list[ListedVersion]:
    """One more than the limit of what is asked for, where there is more."""
    named = next((project for project in projects if project.name == options.pattern), None)
    pattern = None if named is not None else options.pattern
    wanted = Wanted(project_id=None if named is None else named.id)
    most = options.limit + 1
    if options.versions:
        return await _gathered(
            lambda after: catalogue.list_versions(unit, ANYBODY, wanted, limit=PAGE, after=after), pattern, most
        )
    return await _gathered(
        lambda after: catalogue.list_artifacts(unit, ANYBODY, wanted, limit=PAGE, after=after), pattern, most
    )


L = TypeVar("L", ListedArtifact, ListedVersion)


async def _gathered(
    page: Callable[[catalogue.Place | None], Awaitable[list[L]]], pattern: str | None, most: int
) -> list[L]:
    found: list[L] = []
    after: catalogue.Place | None = None
    while len(found) < most:
        rows = await page(after)
        found += [row for row in rows if pattern is None or _matches(row, pattern)]
        if len(rows) < PAGE:
            break
        after = (rows[-1].created, rows[-1].id)
    return found[:most]


def _matches(row: ListedArtifact | ListedVersion, pattern: str) -> bool:
    """Whether the name, alone or behind its kind, matches a pattern of ``*``, ``?`` and ``[...]``."""
    name = row.name or ""
    return fnmatchcase(name, pattern) or fnmatchcase(f"{row.kind}:{name}", pattern)


def _show(settings: Settings, options: argparse.Namespace) -> None:
    async def work(registry: Registry) -> str:
        async def read(unit: Reader) -> str:
            target = await references.resolve(registry, unit, ANYBODY, options.reference)
            if target.entity == RUN:
                run = await catalogue.get_any_run(unit, ANYBODY, target.id)
                projects = await catalogue.project_names(unit, [run.project_id])
                return forms.shown_run(run, projects[run.project_id], as_json=options.json)
            found = await _found(unit, target)
            names = await references.spellings(registry, unit, found)
            bears = (await catalogue.tags_of(unit, [target.id])).get(target.id, [])
            return forms.shown_version(found, names, bears, as_json=options.json)

        return await registry.store.read(read)

    print(_within(settings, work))


def _lineage(settings: Settings, options: argparse.Namespace) -> None:
    direction: Direction = options.direction

    async def work(registry: Registry) -> Lineage:
        async def read(unit: Reader) -> Lineage:
            return await lineage_graph.lineage_of(
                registry, unit, ANYBODY, options.reference, direction=direction, depth=options.depth
            )

        return await registry.store.read(read)

    found = _within(settings, work)
    print(options.form(found))
    if found.truncated:
        print("isogloss: note: there is more than this; say --depth, or ask from a node further on.", file=sys.stderr)


def _json_of(found: Lineage) -> str:
    return forms.json_text(forms.lineage_document(found))


def _link(settings: Settings, options: argparse.Namespace) -> None:
    async def work(registry: Registry) -> str:
        async def write(unit: Writer) -> str:
            if options.run is not None:
                target = await references.resolve(registry, unit, ANYBODY, options.run)
                if target.entity != RUN:
                    raise Problem(f"{options.run!r} is a version; --run takes the id of a run, --from takes a version.")
            source = options.run or options.source
            return (await derivations.link(registry, unit, ANYBODY, options.reference, source)).id

        return await registry.store.write(write)

    print(_within(settings, work, "create_link"))


def _tag(settings: Settings, options: argparse.Namespace) -> None:
    async def work(registry: Registry) -> list[str]:
        async def write(unit: Writer) -> list[str]:
            target = await references.resolve_version(registry, unit, ANYBODY, options.reference)
            if options.remove:
                for name in options.names:
                    tag = await tags.find_tag(unit, name)
                    await tags.detach(registry, unit, ANYBODY, tag, "version", target.id)
            else:
                version = (await _found(unit, target)).version
                made = await tags.ensure_tags(registry, unit, ANYBODY, options.names, lambda: TAG_COLOUR)
                await tags.attach_all(registry, unit, ANYBODY, made, version)
            return (await catalogue.tags_of(unit, [target.id])).get(target.id, [])

        return await registry.store.write(write)

    action = "remove_tags" if options.remove else "put_tags"
    print(" ".join(_within(settings, work, action)))


def _rm(settings: Settings, options: argparse.Namespace) -> None:
    async def find(registry: Registry) -> VersionTarget:
        async def read(unit: Reader) -> VersionTarget:
            return await _found(unit, await references.resolve_version(registry, unit, ANYBODY, options.reference))

        return await registry.store.read(read)

    found = _within(settings, find)
    name = forms.name_of(found)
    if not options.yes:
        if not sys.stdin.isatty():
            raise Problem(f"{name} is not deleted: say --yes where nobody can be asked.", code=2)
        if input(f"Delete {name} ({found.version.id})? [y/N] ").strip().lower() not in ("y", "yes"):
            raise Problem(f"{name} is not deleted.")

    async def delete(registry: Registry) -> None:
        await delete_version(registry, ANYBODY, found.project, found.version.id)

    _within(settings, delete, "delete_version")
    print(f"deleted {name} ({found.version.id})")


async def _found(unit: Reader, target: Target) -> VersionTarget:
    return (await references.whole(unit, [target.id]))[target.id]


def _within(settings: Settings, work: Callable[[Registry], Awaitable[T]], action: str = "read") -> T:
    """What the work gives on the registry of the settings; what it writes is recorded as this action."""

    async def run() -> T:
        async with open_registry(settings) as (registry, _):
            return await work(as_operator(registry, action))

    return asyncio.run(run())


def _positive(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number from 1 to 1000000")
    return int(text)


def _depth(text: str) -> int:
    if not text.isdigit() or int(text) > lineage_graph.MOST_DEPTH:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number from 0 to {lineage_graph.MOST_DEPTH}")
    return int(text)
