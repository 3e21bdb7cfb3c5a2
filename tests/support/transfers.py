"""Addresses to write and to read by, made beside a running gateway as one of its dialects would make them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from msgspec import Struct, structs

from isogloss.adapters.transfers import links
from isogloss.core.access import ANYBODY
from isogloss.core.model import Stage
from isogloss.core.ports import Files
from isogloss.core.registry import Registry
from isogloss.core.registry.transfers import BegunUpload, begin_upload, issue_reads, issue_writes
from isogloss.gateway.assembly import open_place, open_registry
from isogloss.gateway.settings import read_settings
from tests.support.gateways import Gateway
from tests.support.stages import file_key, make_stage, owner_of

T = TypeVar("T")

link = links("")


class Addresses(Struct, frozen=True):
    """Where a file of a new stage is written and read, as paths with their queries."""

    stage: Stage
    write: str
    read: str


def beside(gateway: Gateway, work: Callable[[Registry], Awaitable[T]]) -> T:
    """Run a use case on the gateway's own rows and files."""

    async def run() -> T:
        settings = read_settings(gateway.environment)
        async with open_registry(settings) as (rows, _), open_place(settings, gateway.environment) as objects:
            files = Files(objects=objects, shared=objects.shared, parts=objects.parts)
            return await work(structs.replace(rows, files=files))

    return asyncio.run(run())


def new_file(gateway: Gateway, path: str = "model.bin") -> Addresses:
    """The addresses of a file of a new stage."""

    async def work(registry: Registry) -> Addresses:
        stage = await make_stage(registry)
        [write] = await issue_writes(registry, ANYBODY, [file_key(stage, path)], owner_of(stage), link)
        [read] = await issue_reads(registry, ANYBODY, [file_key(stage, path)], link)
        return Addresses(stage, write, read)

    return beside(gateway, work)


def new_upload(gateway: Gateway, stage: Stage, parts: int, path: str = "model.bin") -> BegunUpload:
    """The addresses of a file that comes in parts."""

    async def work(registry: Registry) -> BegunUpload:
        return await begin_upload(registry, ANYBODY, file_key(stage, path), parts, owner_of(stage), link)

    return beside(gateway, work)
