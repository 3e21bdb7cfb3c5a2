"""Devices that their users have let sign in. Each user sees their own."""

from msgspec import UNSET

from isogloss.adapters.call import Body, Call, flag
from isogloss.adapters.operations import Plain, Read, Route, Write, encode
from isogloss.adapters.reply import Reply
from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.account_translate import device
from isogloss.adapters.zenml.around import users_of
from isogloss.adapters.zenml.bodies.accounts import DeviceUpdate, DeviceVerification
from isogloss.adapters.zenml.failures import BadValue
from isogloss.adapters.zenml.filters.accounts import DEVICES
from isogloss.adapters.zenml.filters.listing import paged, read_listing
from isogloss.core.errors import Conflict, NotFound
from isogloss.core.model import Device
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import devices
from isogloss.core.registry.devices import Verdict

_UPDATE = Body.of(DeviceUpdate)
_VERIFY = Body.of(DeviceVerification)


async def list_devices(call: Call, unit: Reader) -> wire.Page:
    """A page of the caller's devices."""
    asked = read_listing(call.query(), DEVICES)
    query = asked.query("device", ("id",))
    total = await devices.count_devices(call.registry, unit, call.caller, query)
    found = await devices.list_devices(call.registry, unit, call.caller, query) if total else []
    owners = await users_of(unit, (each.user_id for each in found))
    items = [device(each, owners.get(each.user_id or ""), hydrate=asked.hydrate) for each in found]
    return paged(asked, total, items)


async def read_device(call: Call, unit: Reader) -> wire.Entity:
    """One of the caller's devices, or one that waits for them and shows this code."""
    device_id, given = call.path_id("device_id"), call.query()
    code = given.get("user_code")
    try:
        found = await devices.get_device(call.registry, unit, call.caller, device_id)
    except NotFound:
        if not code:
            raise
        found = await devices.find_waiting_device(call.registry, unit, call.caller, code[-1])
        if found.id != device_id:
            raise NotFound("device", device_id) from None
    return await _shown(unit, found, hydrate=flag(given, "hydrate", True))


async def update_device(call: Call, unit: Writer) -> wire.Entity:
    """Lock a device, or unlock it."""
    locked = _UPDATE.read(call).locked
    changed = await devices.change_device(
        call.registry, unit, call.caller, call.path_id("device_id"), locked=UNSET if locked is None else locked
    )
    return await _shown(unit, changed, hydrate=True)


async def verify_device(call: Call) -> Reply:
    """Let a device sign in as the caller. A wrong code is counted, so it is no error until that is written."""
    device_id, body = call.path_id("device_id"), _VERIFY.read(call)

    async def work(unit: Writer) -> tuple[Verdict, bytes]:
        verdict = await devices.approve_device(
            call.registry, unit, call.caller, device_id, body.user_code, trusted=body.trusted_device
        )
        return verdict, encode(await _shown(unit, verdict.device, hydrate=True))

    try:
        verdict, answer = await call.registry.store.write(work)
    except Conflict as error:
        raise BadValue(f"Invalid request: {error}") from None
    if not verdict.right:
        locked = verdict.device.status == devices.LOCKED
        why = "device locked due to too many failed attempts" if locked else "invalid user code"
        raise BadValue(f"Invalid request: {why}.")
    return Reply(answer)


async def delete_device(call: Call, unit: Writer) -> None:
    """A device goes, and is signed out."""
    await devices.delete_device(call.registry, unit, call.caller, call.path_id("device_id"))


async def _shown(unit: Reader, found: Device, *, hydrate: bool) -> wire.Entity:
    owners = await users_of(unit, (found.user_id,))
    return device(found, owners.get(found.user_id or ""), hydrate=hydrate)


_DEVICE = "/devices/{device_id:str}"

ROUTES: tuple[Route, ...] = (
    Read("GET", "/devices", list_devices),
    Read("GET", _DEVICE, read_device),
    Write("PUT", _DEVICE, update_device),
    Write("DELETE", _DEVICE, delete_device),
    Plain("PUT", _DEVICE + "/verify", verify_device),
)
