"""Devices that a user lets sign in from another one, on both engines."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.errors import Conflict, Denied, NotFound
from isogloss.core.model import Device, Token, User
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Operator, Query, Sort
from isogloss.core.registry import Registry, devices
from isogloss.core.registry.devices import ATTEMPTS, Begun, Poll, Progress, Verdict
from isogloss.core.registry.doorkeeper import Doorkeeper
from isogloss.core.registry.tokens import Issued, revoke_token
from tests.support.accounts import add_user, as_user, bearer, change_row, make_key, refused
from tests.support.registries import Clock

T = TypeVar("T")
CLIENT = "0b0e2f1c-0000-4000-8000-000000000001"


class Flow:
    """The use cases, a unit of work each; the caller is the one who approves."""

    def __init__(self, registry: Registry, caller: Principal) -> None:
        self.registry, self.caller = registry, caller
        self.door = Doorkeeper(registry)

    async def write(self, use_case: Callable[..., Awaitable[T]], *arguments: object, **options: Any) -> T:
        async def work(unit: Writer) -> T:
            return await use_case(self.registry, unit, *arguments, **options)

        return await self.registry.store.write(work)

    async def begin(self, client_id: str = CLIENT) -> Begun:
        return await self.write(devices.begin_device, client_id, '{"os":"Linux"}')

    async def approve(self, begun: Begun, code: str | None = None, *, trusted: bool = False) -> Verdict:
        arguments = (self.caller, begun.device.id, code or begun.user_code)
        return await self.write(devices.approve_device, *arguments, trusted=trusted)

    async def poll(self, begun: Begun, client_id: str = CLIENT) -> Poll:
        return await self.write(devices.poll_device, client_id, begun.device_code, make_key)

    async def renewing(self, *, trusted: bool = False) -> tuple[Poll, Issued, str]:
        """A device that renews its key: what it was told, its first key, and the secret for the next ones."""
        begun = await self.begin(self.registry.new_id())
        await self.approve(begun, trusted=trusted)
        return granted(await self.write(devices.poll_renewing_device, begun.device_code, make_key))

    async def renew(self, renewal: str) -> Poll:
        return await self.write(devices.renew_key, renewal, make_key)

    async def signed_in(self) -> tuple[Device, str]:
        """A device with its key."""
        begun = await self.begin()
        await self.approve(begun)
        poll = await self.poll(begun)
        assert poll.device is not None
        assert poll.issued is not None
        return poll.device, poll.issued.key

    def advance(self, microseconds: int) -> None:
        assert isinstance(self.registry.clock, Clock)
        self.registry.clock.advance(microseconds)


def granted(poll: Poll) -> tuple[Poll, Issued, str]:
    """What was granted, with its two secrets."""
    assert poll.progress is Progress.GRANTED
    assert poll.issued is not None
    assert poll.renewal is not None
    return poll, poll.issued, poll.renewal


@pytest.fixture
async def flow(registry: Registry) -> Flow:
    return Flow(registry, as_user(await add_user(registry, "ana")))


async def test_a_device_gets_its_key_once_its_user_approved(flow: Flow) -> None:
    begun = await flow.begin()
    assert (await flow.poll(begun)).progress is Progress.WAITING
    verdict = await flow.approve(begun)
    assert (verdict.right, verdict.device.status, verdict.device.user_id) == (True, "verified", flow.caller.user_id)
    poll = await flow.poll(begun)
    assert poll.progress is Progress.GRANTED
    assert poll.issued is not None
    caller = await flow.door(bearer(poll.issued.key))
    assert (caller.user_id, caller.role) == (flow.caller.user_id, Role.EDITOR)
    again = await flow.poll(begun)
    assert (again.progress, again.issued) == (Progress.TOO_LATE, None)


async def test_only_one_of_two_that_ask_at_once_gets_the_key(flow: Flow) -> None:
    begun = await flow.begin()
    await flow.approve(begun)
    polls = await asyncio.gather(flow.poll(begun), flow.poll(begun))
    assert sorted(poll.progress.value for poll in polls) == ["granted", "too late"]


async def test_codes_are_kept_as_digests_and_typed_as_one_likes(flow: Flow) -> None:
    begun = await flow.begin()
    assert begun.user_code not in repr(begun.device)
    assert begun.device_code not in repr(begun.device)

    async def find(code: str) -> Device:
        async def work(unit: Reader) -> Device:
            return await devices.find_waiting_device(flow.registry, unit, flow.caller, code)

        return await flow.registry.store.read(work)

    for typed in (begun.user_code, begun.user_code.lower(), begun.user_code.replace("-", " ")):
        assert (await find(typed)).id == begun.device.id
    with pytest.raises(NotFound):
        await find("BCDFG-HJKLM")
    flow.advance(devices.APPROVAL)
    with pytest.raises(NotFound):
        await find(begun.user_code)


async def test_a_code_of_another_client_or_of_nobody_is_unknown(flow: Flow) -> None:
    begun = await flow.begin()
    await flow.approve(begun)
    assert (await flow.poll(begun, "another")).progress is Progress.UNKNOWN
    wrong = Begun(device=begun.device, user_code="", device_code="x")
    assert (await flow.poll(wrong)).progress is Progress.UNKNOWN


async def test_wrong_user_codes_are_counted_and_lock_the_device(flow: Flow) -> None:
    begun = await flow.begin()
    for attempt in range(1, ATTEMPTS + 1):
        verdict = await flow.approve(begun, "BCDFG-HJKLM")
        assert (verdict.right, verdict.device.attempts) == (False, attempt)
    assert verdict.device.status == "locked"
    with pytest.raises(Conflict):
        await flow.approve(begun)
    assert (await flow.poll(begun)).progress is Progress.REFUSED


async def test_after_five_minutes_it_is_too_late(flow: Flow) -> None:
    begun, approved = await flow.begin(), await flow.begin()
    await flow.approve(approved)
    flow.advance(devices.APPROVAL)
    with pytest.raises(Conflict):
        await flow.approve(begun)
    assert [(await flow.poll(one)).progress for one in (begun, approved)] == [Progress.TOO_LATE] * 2


async def test_a_denied_device_is_refused(flow: Flow) -> None:
    begun = await flow.begin()
    await flow.write(devices.deny_device, flow.caller, begun.device.id, begun.user_code)
    assert (await flow.poll(begun)).progress is Progress.REFUSED


async def test_a_device_may_do_no_more_than_who_approved_it(flow: Flow) -> None:
    begun = await flow.begin()
    narrow = Flow(flow.registry, Principal(user_id=flow.caller.user_id, name="ana", role=Role.VIEWER))
    await narrow.approve(begun)
    poll = await flow.poll(begun)
    assert poll.issued is not None
    assert (await flow.door(bearer(poll.issued.key))).role is Role.VIEWER


async def test_nobody_in_particular_approves_nothing(flow: Flow) -> None:
    begun = await flow.begin()
    with pytest.raises(Denied):
        await Flow(flow.registry, ANYBODY).approve(begun)
    with pytest.raises(NotFound):
        await flow.write(devices.approve_device, flow.caller, flow.registry.new_id(), begun.user_code)


async def test_a_user_who_is_not_active_any_more_gets_no_key(flow: Flow) -> None:
    begun = await flow.begin()
    await flow.approve(begun)
    await change_row(flow.registry, "ana", active=False)
    assert (await flow.poll(begun)).progress is Progress.REFUSED


async def test_a_locked_devices_key_is_refused_until_it_is_unlocked(flow: Flow) -> None:
    device, key = await flow.signed_in()
    locked = await flow.write(devices.change_device, flow.caller, device.id, locked=True, trusted=True)
    assert (locked.status, locked.trusted) == ("locked", True)
    assert await refused(flow.door, bearer(key))
    unlocked = await flow.write(devices.change_device, flow.caller, device.id, locked=False)
    assert unlocked.status == "active"
    assert (await flow.door(bearer(key))).name == "ana"


async def test_a_deleted_devices_key_is_gone(flow: Flow) -> None:
    device, key = await flow.signed_in()
    await flow.write(devices.delete_device, flow.caller, device.id)
    assert await refused(flow.door, bearer(key))


async def test_devices_are_their_users_own(flow: Flow) -> None:
    device, _ = await flow.signed_in()
    waiting = await flow.begin("other-client")
    bob = as_user(await add_user(flow.registry, "bob", Role.ADMIN))
    query = Query(
        source="device",
        fields=("id",),
        project_id=None,
        where=Compare("status", Operator.EQ, "active"),
        sort=Sort("created"),
    )

    async def seen(unit: Reader) -> list[tuple[int, list[str]]]:
        return [
            (
                await devices.count_devices(flow.registry, unit, caller, query),
                [one.id for one in await devices.list_devices(flow.registry, unit, caller, query)],
            )
            for caller in (flow.caller, bob)
        ]

    assert await flow.registry.store.read(seen) == [(1, [device.id]), (0, [])]
    assert await flow.write(devices.get_device, flow.caller, device.id) == device
    for caller, one in ((bob, device), (flow.caller, waiting.device)):
        for use_case in (devices.get_device, devices.delete_device, devices.change_device):
            with pytest.raises(NotFound):
                await flow.write(use_case, caller, one.id)


async def test_signing_in_again_replaces_the_clients_older_device_and_no_sooner(flow: Flow) -> None:
    _, old = await flow.signed_in()
    begun = await flow.begin()
    assert (await flow.door(bearer(old))).name == "ana"
    await flow.approve(begun)
    poll = await flow.poll(begun)
    assert poll.issued is not None
    assert await refused(flow.door, bearer(old))
    assert (await flow.door(bearer(poll.issued.key))).name == "ana"


@pytest.mark.parametrize(("trusted", "lifetime"), [(False, devices.SIGNED_IN), (True, devices.TRUSTED)])
async def test_what_has_expired_is_swept(flow: Flow, trusted: bool, lifetime: int) -> None:
    await flow.begin("waiting")
    begun = await flow.begin()
    await flow.approve(begun, trusted=trusted)
    poll = await flow.poll(begun)
    assert poll.issued is not None
    assert await devices.sweep_expired(flow.registry) == 0
    flow.advance(devices.APPROVAL)
    assert await devices.sweep_expired(flow.registry) == 1
    flow.advance(lifetime - devices.APPROVAL - 1)
    assert (await flow.door(bearer(poll.issued.key))).name == "ana"
    assert await devices.sweep_expired(flow.registry) == 0
    flow.advance(1)
    assert await refused(flow.door, bearer(poll.issued.key))
    assert await devices.sweep_expired(flow.registry) == 1


async def test_a_crowd_of_devices_is_swept_in_parts(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "SWEPT_AT_ONCE", 2)
    for _ in range(5):
        await flow.begin()
    flow.advance(devices.APPROVAL)
    assert await devices.sweep_expired(flow.registry) == 5


async def test_a_device_renews_its_key_as_often_as_it_likes_and_for_as_long_as_it_lives(flow: Flow) -> None:
    poll, issued, renewal = await flow.renewing()
    assert poll.device is not None
    assert issued.token.expires == flow.registry.clock() + devices.RENEWED
    flow.advance(devices.RENEWED)
    assert await refused(flow.door, bearer(issued.key))
    _, second, same = granted(await flow.renew(renewal))
    assert same == renewal
    assert (await flow.door(bearer(second.key))).name == "ana"
    flow.advance(poll.device.expires - flow.registry.clock() - 1)
    _, last, _ = granted(await flow.renew(renewal))
    assert last.token.expires == poll.device.expires
    flow.advance(1)
    assert await refused(flow.door, bearer(last.key))
    assert (await flow.renew(renewal)).progress is Progress.TOO_LATE


async def test_a_key_that_was_renewed_is_good_beside_the_new_one_for_a_while(flow: Flow) -> None:
    _, issued, renewal = await flow.renewing()
    _, second, _ = granted(await flow.renew(renewal))
    assert [(await flow.door(bearer(key))).name for key in (issued.key, second.key)] == ["ana", "ana"]
    flow.advance(devices.OVERLAP)
    assert await refused(flow.door, bearer(issued.key))
    assert (await flow.door(bearer(second.key))).name == "ana"
    assert await devices.sweep_expired(flow.registry) == 1


async def test_two_that_renew_at_once_both_get_a_good_key(flow: Flow) -> None:
    _, _, renewal = await flow.renewing()
    polls = await asyncio.gather(flow.renew(renewal), flow.renew(renewal))
    for _, issued, _ in map(granted, polls):
        assert (await flow.door(bearer(issued.key))).name == "ana"


async def test_a_key_whose_text_depends_on_its_end_alone_is_renewed_within_the_instant(flow: Flow) -> None:
    def plain(token: Token, user: User) -> str:
        return f"tfy_{token.id}-{token.expires}"

    begun = await flow.begin()
    await flow.approve(begun)
    _, issued, renewal = granted(await flow.write(devices.poll_renewing_device, begun.device_code, plain))
    _, again, _ = granted(await flow.write(devices.renew_key, renewal, plain))
    assert again.key == issued.key
    assert (await flow.door(bearer(again.key))).name == "ana"


async def test_neither_a_devices_code_nor_its_key_renews_anything(flow: Flow) -> None:
    begun = await flow.begin()
    assert (await flow.renew(begun.device_code)).progress is Progress.UNKNOWN
    await flow.approve(begun)
    poll = await flow.poll(begun)
    assert poll.issued is not None
    for wrong in (begun.device_code, poll.issued.key, ""):
        assert (await flow.renew(wrong)).progress is Progress.UNKNOWN


async def test_what_waits_for_its_user_gets_no_key_that_renews(flow: Flow) -> None:
    begun = await flow.begin()
    for progress in (Progress.WAITING, Progress.REFUSED):
        assert (await flow.write(devices.poll_renewing_device, begun.device_code, make_key)).progress is progress
        if progress is Progress.WAITING:
            await flow.write(devices.deny_device, flow.caller, begun.device.id, begun.user_code)
    assert (await flow.write(devices.poll_renewing_device, "x", make_key)).progress is Progress.UNKNOWN


async def test_who_was_shut_out_renews_no_key(flow: Flow) -> None:
    shut: list[Callable[[Poll, Issued], Awaitable[object]]] = [
        lambda poll, issued: flow.write(
            devices.change_device, flow.caller, poll.device and poll.device.id, locked=True
        ),
        lambda poll, issued: revoke_token(flow.registry, issued.token.id),
        lambda poll, issued: flow.write(devices.delete_device, flow.caller, poll.device and poll.device.id),
        lambda poll, issued: change_row(flow.registry, "ana", active=False),
    ]
    for act in shut:
        poll, issued, renewal = await flow.renewing()
        await act(poll, issued)
        assert (await flow.renew(renewal)).progress in (Progress.REFUSED, Progress.UNKNOWN)
        assert await refused(flow.door, bearer(issued.key))


async def test_devices_that_renew_do_not_replace_each_other(flow: Flow) -> None:
    keys = [(await flow.renewing())[1].key for _ in range(2)]
    assert [(await flow.door(bearer(key))).name for key in keys] == ["ana", "ana"]
