"""Imports under test: what a source says of artifacts, merged page by page."""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

from msgspec import json

from isogloss.adapters.prefect.importing.mapping import artifacts
from isogloss.adapters.prefect.importing.wire import Piece
from isogloss.core.ports import Reader
from isogloss.core.registry import Registry
from isogloss.core.registry.imports import import_pages
from isogloss.core.registry.incoming import Aliases, Batch, ReadBatch, Report

RUN = "0f000000-0000-4000-8000-0000000000aa"


def piece(number: int, **given: Any) -> Piece:
    """What a source says of an artifact, the ``number``-th of its day."""
    said = {
        "id": f"0a000000-0000-4000-8000-{number:012d}",
        "created": f"2026-03-01T10:00:{number:02d}.5Z",
        "updated": f"2026-03-01T10:00:{number:02d}.5Z",
        "key": "report",
        "type": "markdown",
        "description": None,
        "data": f"# {number}",
        "metadata_": {"number": str(number)},
        "flow_run_id": RUN,
        "task_run_id": None,
    }
    return json.decode(json.encode(said | given), type=Piece)


def _told(batch: Batch, aliases: Aliases) -> Batch:
    return batch


async def bring(registry: Registry, *pages: Sequence[Batch]) -> Report:
    """Import pages of batches."""

    async def source() -> AsyncIterator[Sequence[ReadBatch]]:
        for page in pages:
            yield [partial(_told, batch) for batch in page]

    return await import_pages(registry, source(), lambda report: None)


def pieces(registry: Registry, *found: Piece) -> list[Batch]:
    """A page of artifacts."""
    return [artifacts(found, registry.default_project.id)]


async def find(registry: Registry, entity: type[Any], /, **key: Any) -> list[Any]:
    """The rows of the registry whose fields equal ``key``."""

    async def work(unit: Reader) -> list[Any]:
        return await unit.find(entity, **key)

    return await registry.store.read(work)
