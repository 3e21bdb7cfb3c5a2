"""Between the registry's users, tokens and devices, and ZenML's. Pure functions."""

import base64
import secrets

import msgspec
from msgspec import Raw, Struct

from isogloss.adapters.zenml import account_wire, wire
from isogloss.adapters.zenml.times import moment, optional_moment
from isogloss.core.access import Role, role_of
from isogloss.core.facets import part_of, with_part
from isogloss.core.model import Device, Json, Token, User
from isogloss.core.registry.tokens import SERVICE_PREFIX

DIALECT = "zenml"
MINUTE = 60_000_000

_encode = msgspec.json.Encoder().encode


class UserFacet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What only ZenML keeps of a user."""

    avatar_url: str | None = None
    email_opted_in: bool | None = None
    user_metadata: Raw = Raw(b"{}")
    default_project_id: str | None = None


class DeviceFacet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a device says of itself."""

    hostname: str | None = None
    os: str | None = None
    ip_address: str | None = None
    python_version: str | None = None
    zenml_version: str | None = None


_USER = msgspec.json.Decoder(UserFacet)
_DEVICE = msgspec.json.Decoder(DeviceFacet)


def user_facet(kept: Json | None) -> UserFacet:
    """ZenML's part of a user's facet."""
    part = part_of(kept, DIALECT)
    return UserFacet() if part is None else _USER.decode(part)


def with_user_facet(kept: Json | None, facet: UserFacet) -> Json:
    """A user's facet with this as ZenML's part."""
    return with_part(kept, DIALECT, _encode(facet).decode())


def user(
    row: User, default_project_id: str | None, *, hydrate: bool, private: bool = False, invitation: str | None = None
) -> wire.Named:
    """A user or a service account. ``private`` shows what is for the user alone."""
    metadata = None
    if hydrate:
        shown = user_facet(row.facet).user_metadata
        metadata = account_wire.UserMetadata(email=row.email if private else None, user_metadata=shown)
    return wire.Named(user_body(row, default_project_id, invitation), metadata, None, row.id, row.name)


def user_body(row: User, default_project_id: str | None = None, invitation: str | None = None) -> account_wire.UserBody:
    """A user's body. Without a word their own choice is their default project."""
    facet = user_facet(row.facet)
    return account_wire.UserBody(
        created=moment(row.created),
        updated=moment(row.updated),
        active=row.active,
        activation_token=invitation,
        full_name=row.full_name or "",
        email_opted_in=False if row.service else facet.email_opted_in,
        is_service_account=row.service,
        # The vendor's service accounts never are.
        is_admin=role_of(row.role) is Role.ADMIN and not row.service,
        default_project_id=default_project_id or facet.default_project_id,
        avatar_url=facet.avatar_url,
    )


def service_account(row: User, *, hydrate: bool) -> wire.Named:
    """A service account, by itself."""
    body = account_wire.ServiceAccountBody(
        moment(row.created), moment(row.updated), row.full_name or "", row.active, user_facet(row.facet).avatar_url
    )
    metadata = account_wire.ServiceAccountMetadata(row.description or "") if hydrate else None
    return wire.Named(body, metadata, None, row.id, row.name)


def api_key(token: Token, account: User, *, hydrate: bool, key: str | None = None) -> wire.Named:
    """An API key, with its value where it was just made."""
    body = account_wire.ApiKeyBody(
        moment(token.created),
        moment(token.updated),
        key,
        token.active and token.revoked is None,
        service_account(account, hydrate=False),
    )
    metadata = None
    if hydrate:
        kept = 0 if token.retained is None or token.rotated is None else (token.retained - token.rotated) // MINUTE
        metadata = account_wire.ApiKeyMetadata(
            token.description or "", kept, optional_moment(token.used), optional_moment(token.rotated)
        )
    return wire.Named(body, metadata, None, token.id, token.name)


def device(row: Device, owner: Raw | None, *, hydrate: bool) -> wire.Entity:
    """A device."""
    facet = device_facet(row.facet)
    body = account_wire.DeviceBody(
        created=moment(row.created),
        updated=moment(row.updated),
        user_id=row.user_id,
        client_id=row.client_id,
        expires=moment(row.expires),
        trusted_device=row.trusted,
        status=row.status,
        os=facet.os,
        ip_address=facet.ip_address,
        hostname=facet.hostname,
    )
    metadata = None
    if hydrate:
        metadata = account_wire.DeviceMetadata(
            python_version=facet.python_version,
            zenml_version=facet.zenml_version,
            failed_auth_attempts=row.attempts,
            last_login=optional_moment(row.used),
        )
    return wire.Entity(body, metadata, account_wire.DeviceResources(owner), row.id)


def device_facet(kept: Json | None) -> DeviceFacet:
    """What a device said of itself; whatever else another dialect's said is left out."""
    if kept is None:
        return DeviceFacet()
    try:
        return _DEVICE.decode(kept)
    except msgspec.ValidationError:
        return DeviceFacet()


_AGENT = {"Host": "hostname", "OS": "os", "Python": "python_version", "ZenML": "zenml_version"}


def device_said(agent: str, address: str | None) -> Json:
    """What a device says of itself in its ``User-Agent``, such as ``Host/box ZenML/0.98.0 Python/3.11.7 OS/Linux``."""
    said = {"ip_address": address} if address else {}
    for part in agent.split():
        name, slash, value = part.partition("/")
        if slash and name in _AGENT:
            said[_AGENT[name]] = value[:255]
    return _encode(said).decode()


def make_api_key(token: Token, user: User) -> str:
    """A key as the vendor's service accounts have them: the token's id and 256 random bits."""
    text = _encode({"id": token.id, "key": secrets.token_hex(32)})
    return SERVICE_PREFIX + base64.b64encode(text).decode()
