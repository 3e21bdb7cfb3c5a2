"""Service accounts and their API keys."""

from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from isogloss.adapters.call import Body, Call, flag
from isogloss.adapters.operations import Plain, Read, Route, Write, encode
from isogloss.adapters.reply import Reply
from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.account_translate import (
    MINUTE,
    UserFacet,
    api_key,
    make_api_key,
    service_account,
    user_facet,
    with_user_facet,
)
from isogloss.adapters.zenml.bodies.accounts import (
    ApiKeyRequest,
    ApiKeyRotation,
    ApiKeyUpdate,
    ServiceAccountRequest,
    ServiceAccountUpdate,
)
from isogloss.adapters.zenml.filters.accounts import API_KEYS, SERVICE_ACCOUNTS
from isogloss.adapters.zenml.filters.listing import paged, read_listing
from isogloss.core.errors import NotFound
from isogloss.core.model import User
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Operator
from isogloss.core.registry import tokens, users
from isogloss.core.registry.users import UserDraft

_CREATE = Body.of(ServiceAccountRequest)
_UPDATE = Body.of(ServiceAccountUpdate)
_CREATE_KEY = Body.of(ApiKeyRequest)
_UPDATE_KEY = Body.of(ApiKeyUpdate)
_ROTATE_KEY = Body.of(ApiKeyRotation)


async def create_service_account(call: Call, unit: Writer) -> wire.Named:
    """A new service account, which may do what an editor may."""
    body = _CREATE.read(call)
    draft = UserDraft(
        name=body.name,
        service=True,
        active=body.active,
        full_name=body.full_name or None,
        description=body.description or None,
        facet=with_user_facet(None, UserFacet(avatar_url=body.avatar_url)),
    )
    return service_account(await users.create_user(call.registry, unit, call.caller, draft), hydrate=True)


async def list_service_accounts(call: Call, unit: Reader) -> wire.Page:
    """A page of service accounts."""
    asked = read_listing(call.query(), SERVICE_ACCOUNTS)
    query = asked.query("user", ("id",), None, Compare("service", Operator.EQ, True))
    total = await users.count_users(call.registry, unit, call.caller, query)
    found = await users.list_users(call.registry, unit, call.caller, query) if total else []
    items = [service_account(each, hydrate=asked.hydrate) for each in found]
    return paged(asked, total, items)


async def read_service_account(call: Call, unit: Reader) -> wire.Named:
    """One service account by name or id."""
    return service_account(await _named(call, unit), hydrate=flag(call.query(), "hydrate", True))


async def update_service_account(call: Call, unit: Writer) -> wire.Named:
    """Changes of a service account."""
    body = _UPDATE.read(call)
    found = await _named(call, unit)
    given: dict[str, Any] = {
        "name": body.name,
        "full_name": body.full_name,
        "description": body.description,
        "active": body.active,
    }
    values = {name: value for name, value in given.items() if value is not None}
    avatar = body.avatar_url
    changed = await users.change_user(
        call.registry,
        unit,
        call.caller,
        found.id,
        facet=UNSET
        if avatar is None
        else lambda kept: with_user_facet(kept, replace(user_facet(kept), avatar_url=avatar)),
        **values,
    )
    return service_account(changed, hydrate=True)


async def delete_service_account(call: Call, unit: Writer) -> None:
    """A service account goes with its keys; what it made stays."""
    await users.delete_user(call.registry, unit, call.caller, (await _named(call, unit)).id)


async def create_api_key(call: Call) -> Reply:
    """A new key. The answer has its value, so it is never kept to be repeated."""
    body = _CREATE_KEY.read(call)

    async def work(unit: Writer) -> bytes:
        account = await _account(call, unit)
        issued = await tokens.create_token(
            call.registry,
            unit,
            call.caller,
            account.id,
            make_api_key,
            name=body.name,
            description=body.description or None,
        )
        return encode(api_key(issued.token, account, hydrate=True, key=issued.key))

    return Reply(await call.registry.store.write(work))


async def list_api_keys(call: Call, unit: Reader) -> wire.Page:
    """A page of a service account's keys."""
    asked = read_listing(call.query(), API_KEYS)
    account = await _account(call, unit)
    query = asked.query("token", ("id",))
    total = await tokens.count_tokens(call.registry, unit, call.caller, account.id, query)
    found = await tokens.list_tokens(call.registry, unit, call.caller, account.id, query) if total else []
    items = [api_key(each, account, hydrate=asked.hydrate) for each in found]
    return paged(asked, total, items)


async def read_api_key(call: Call, unit: Reader) -> wire.Named:
    """One key by name or id, short of its value."""
    account = await _account(call, unit)
    found = await tokens.get_token(call.registry, unit, call.caller, account.id, _key(call))
    return api_key(found, account, hydrate=flag(call.query(), "hydrate", True))


async def update_api_key(call: Call, unit: Writer) -> wire.Named:
    """Changes of a key. One that is not active lets nobody in."""
    body = _UPDATE_KEY.read(call)
    account = await _account(call, unit)
    given: dict[str, Any] = {"name": body.name, "description": body.description, "active": body.active}
    values = {name: value for name, value in given.items() if value is not None}
    changed = await tokens.change_token(call.registry, unit, call.caller, account.id, _key(call), **values)
    return api_key(changed, account, hydrate=True)


async def rotate_api_key(call: Call, unit: Writer) -> wire.Named:
    """A new value for a key; the old one stays good for a while, or not."""
    body = _ROTATE_KEY.read(call)
    account = await _account(call, unit)
    issued = await tokens.rotate_token(
        call.registry,
        unit,
        call.caller,
        account.id,
        _key(call),
        make_api_key,
        retain=body.retain_period_minutes * MINUTE,
    )
    return api_key(issued.token, account, hydrate=True, key=issued.key)


async def delete_api_key(call: Call, unit: Writer) -> None:
    """A key goes, and whoever came in by it."""
    account = await _account(call, unit)
    await tokens.delete_token(call.registry, unit, call.caller, account.id, _key(call))


async def _named(call: Call, unit: Reader) -> User:
    reference = call.path_text("service_account_name_or_id")
    return _service(await users.get_user(call.registry, unit, call.caller, reference), reference)


async def _account(call: Call, unit: Reader) -> User:
    reference = call.path_id("service_account_id")
    return _service(await users.get_user(call.registry, unit, call.caller, reference), reference)


def _service(found: User, reference: str) -> User:
    if not found.service:
        raise NotFound("service account", reference)
    return found


def _key(call: Call) -> str:
    return call.path_text("api_key_name_or_id")


_ACCOUNT = "/service_accounts/{service_account_name_or_id:str}"
_KEYS = "/service_accounts/{service_account_id:str}/api_keys"
_KEY = _KEYS + "/{api_key_name_or_id:str}"

ROUTES: tuple[Route, ...] = (
    Read("GET", "/service_accounts", list_service_accounts),
    Write("POST", "/service_accounts", create_service_account),
    Read("GET", _ACCOUNT, read_service_account),
    Write("PUT", _ACCOUNT, update_service_account),
    Write("DELETE", _ACCOUNT, delete_service_account),
    Read("GET", _KEYS, list_api_keys),
    Plain("POST", _KEYS, create_api_key),
    Read("GET", _KEY, read_api_key),
    Write("PUT", _KEY, update_api_key),
    Write("DELETE", _KEY, delete_api_key),
    Write("PUT", _KEY + "/rotate", rotate_api_key),
)
