"""Commands that move a whole registry as one file: ``isogloss export``, and ``isogloss import`` of such a file."""

import argparse
import asyncio
import contextlib
import os
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import IO, Any

from isogloss.core.registry.archive import Contents, Manifest, check_archive, export_archive, import_archive
from isogloss.gateway.assembly import files_in, now, open_place, open_registry, open_rows
from isogloss.gateway.commands.progress import ProgressLine
from isogloss.gateway.problems import Problem
from isogloss.gateway.settings import Settings
from isogloss.storage.sql.revision import CURRENT

PART = ".part"
"""What a file's name ends with until it is whole."""


def add_to(commands: Any) -> None:
    """Let ``export`` be typed."""
    command = commands.add_parser("export", help="write the whole registry, its files included, into one archive")
    command.add_argument("file", metavar="FILE", type=Path, help="the archive to make, such as registry.tar.gz")
    command.set_defaults(command=_export)


def add_import_to(command: argparse.ArgumentParser) -> None:
    """Let an archive be what is imported."""
    command.add_argument("file", metavar="FILE", type=Path, help="an archive that `isogloss export` made")
    command.set_defaults(command=_import)


def _export(settings: Settings, options: argparse.Namespace) -> None:
    path: Path = options.file
    if path.exists():
        raise Problem(f"{path} is there already; choose another name.")
    line = ProgressLine()

    async def run(file: IO[bytes]) -> Contents:
        held = Contents()

        def progress(contents: Contents) -> None:
            nonlocal held
            held = contents
            line.write(f"{_told(contents)}, {_bytes(file.tell())} written")

        async with (
            open_registry(settings) as (_, store),
            open_place(settings, os.environ) as objects,
            aclosing(export_archive(store, files_in(objects), now, CURRENT, progress)) as chunks,
        ):
            async for chunk in chunks:
                await asyncio.to_thread(file.write, chunk)
        return held

    part = path.with_name(path.name + PART)
    with _file_problems(part), contextlib.ExitStack() as undone:
        # It holds digests of passwords and keys, and the secret, so it is its owner's alone.
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        undone.callback(part.unlink)
        with line, os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            contents = asyncio.run(run(file))
            file.flush()
            os.fsync(descriptor)
        part.rename(path)
        undone.pop_all()
    _report(contents)
    print(f"{path} is as secret as the database: whoever reads it can sign in as anybody.")


def _import(settings: Settings, options: argparse.Namespace) -> None:
    path: Path = options.file
    with _file_problems(path), path.open("rb") as file, ProgressLine() as line:
        size = max(path.stat().st_size, 1)

        def told(doing: str, contents: Contents) -> None:
            line.write(f"{doing} {file.tell() * 100 // size}%: {_told(contents)}")

        async def run() -> tuple[Manifest, Contents]:
            manifest, _ = await check_archive(file, CURRENT, lambda contents: told("checking", contents))
            file.seek(0)
            async with open_rows(settings) as store, open_place(settings, os.environ) as objects:
                files = files_in(objects)
                return manifest, await import_archive(
                    store, files, file, manifest, CURRENT, lambda contents: told("importing", contents)
                )

        _, contents = asyncio.run(run())
    _report(contents)


@contextlib.contextmanager
def _file_problems(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Problem(f"{error.filename or path}: {error.strerror or error}.") from None


def _report(contents: Contents) -> None:
    for kind, count in contents.rows.items():
        print(f"{kind:<24} {count:>9}")
    print(f"{'files':<24} {contents.objects:>9} {_bytes(contents.bytes):>9}")


def _told(contents: Contents) -> str:
    return f"{sum(contents.rows.values())} rows, {contents.objects} files, {_bytes(contents.bytes)}"


def _bytes(count: int) -> str:
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
