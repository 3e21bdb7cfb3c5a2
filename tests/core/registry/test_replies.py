"""Writes that clients repeat: done once, answered alike; on both engines."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.errors import Conflict
from isogloss.core.model import Tag
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import Registry, replies, tags
from tests.support.registries import Clock

SOMEBODY = Principal(user_id="somebody", name="somebody", role=Role.EDITOR)


def making(registry: Registry, name: str) -> Callable[[Writer], Awaitable[str]]:
    async def work(unit: Writer) -> str:
        tag = await tags.create_tag(registry, unit, ANYBODY, name, "red")
        return f'"{tag.id}"'

    return work


async def count(registry: Registry) -> int:
    async def work(unit: Reader) -> int:
        return len(await unit.find(Tag))

    return await registry.store.read(work)


async def test_the_same_key_is_answered_with_what_was_done_the_first_time(registry: Registry) -> None:
    first = await replies.once(registry, ANYBODY, "key", making(registry, "a"))
    again = await replies.once(registry, ANYBODY, "key", making(registry, "b"))

    assert first == again
    assert await count(registry) == 1


async def test_another_key_and_another_caller_are_other_writes(registry: Registry) -> None:
    answers = {
        await replies.once(registry, ANYBODY, "key", making(registry, "a")),
        await replies.once(registry, ANYBODY, "other", making(registry, "b")),
        await replies.once(registry, SOMEBODY, "key", making(registry, "c")),
    }

    assert len(answers) == 3
    assert await count(registry) == 3


async def test_of_many_at_once_one_is_done(registry: Registry) -> None:
    answers = await asyncio.gather(
        *(replies.once(registry, ANYBODY, "key", making(registry, f"tag-{number}")) for number in range(12))
    )

    assert len(set(answers)) == 1
    assert await count(registry) == 1


async def test_a_failure_is_not_kept(registry: Registry) -> None:
    await replies.once(registry, ANYBODY, "first", making(registry, "a"))
    with pytest.raises(Conflict):
        await replies.once(registry, ANYBODY, "key", making(registry, "a"))
    await replies.once(registry, ANYBODY, "key", making(registry, "b"))

    assert await count(registry) == 2


async def test_old_replies_are_forgotten_and_young_ones_kept(registry: Registry) -> None:
    clock = registry.clock
    assert isinstance(clock, Clock)
    await replies.once(registry, ANYBODY, "old", making(registry, "a"))
    clock.advance(replies.KEPT_MICROSECONDS)
    await replies.once(registry, ANYBODY, "young", making(registry, "b"))
    clock.advance()
    forgotten = await replies.forget(registry)

    assert forgotten == 1
    with pytest.raises(Conflict):
        await replies.once(registry, ANYBODY, "old", making(registry, "a"))
    assert await replies.once(registry, ANYBODY, "young", making(registry, "c")) != ""
    assert await count(registry) == 2
