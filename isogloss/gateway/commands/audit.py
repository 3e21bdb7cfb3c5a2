"""``isogloss audit``: who wrote what, newest first."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

import msgspec

from isogloss.core.access import ANYBODY
from isogloss.core.model import AuditEntry
from isogloss.core.ports import Reader
from isogloss.core.registry import audit
from isogloss.core.registry.audit import shown_entry
from isogloss.gateway.assembly import open_registry
from isogloss.gateway.settings import Settings

SHOWN_SUBJECTS = 3


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Put the command among the others."""
    command = commands.add_parser("audit", help="who wrote what, newest first")
    command.add_argument("--user", help="by this user alone, by name or id")
    command.add_argument("--project", help="in this project alone, by name or id")
    command.add_argument("--since", help="not before this time, such as 2026-11-25 or 2026-11-25T10:30:00+01:00")
    command.add_argument("--limit", type=_limit, default=50, help="at most so many (%(default)s)")
    command.add_argument("--json", action="store_true", help="a line of JSON for each")
    command.set_defaults(command=_audit)


def _audit(settings: Settings, options: argparse.Namespace) -> None:
    since = None if options.since is None else audit.read_moment("since", options.since)

    async def run() -> list[AuditEntry]:
        async with open_registry(settings) as (registry, _):

            async def work(unit: Reader) -> list[AuditEntry]:
                return await audit.list_entries(
                    unit, ANYBODY, user=options.user, project=options.project, since=since, limit=options.limit
                )

            return await registry.store.read(work)

    _print(asyncio.run(run()), as_json=options.json)


def _print(entries: Sequence[AuditEntry], *, as_json: bool) -> None:
    for entry in entries:
        if as_json:
            sys.stdout.write(msgspec.json.encode(shown_entry(entry)).decode() + "\n")
            continue
        shown = shown_entry(entry)
        named = [f"{each.deed} {each.entity} {each.id}" for each in shown.subjects[:SHOWN_SUBJECTS]]
        more = entry.touched - len(named)
        told = ", ".join(named) + (f" and {more} more" if more > 0 else "")
        print(f"{shown.at:%Y-%m-%dT%H:%M:%SZ}  {entry.user_name}  {entry.dialect}  {entry.action}  {told}")


def _limit(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= audit.MOST_ENTRIES:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number from 1 to {audit.MOST_ENTRIES}")
    return int(text)
