"""What ZenML's operations answer of users, service accounts, API keys and devices, and to who signs in."""

from datetime import datetime

from msgspec import Raw, Struct

from isogloss.adapters.zenml import wire


class UserBody(Struct, frozen=True, kw_only=True):
    """A user or a service account."""

    created: datetime
    updated: datetime
    active: bool
    activation_token: str | None = None
    full_name: str
    email_opted_in: bool | None
    is_service_account: bool
    is_admin: bool
    default_project_id: str | None
    avatar_url: str | None


class UserMetadata(Struct, frozen=True, kw_only=True):
    """What is hydrated of a user. ``email`` is for the user alone."""

    password_changed_at: None = None
    email: str | None
    external_user_id: None = None
    user_metadata: Raw
    oidc_claims: Raw = Raw(b"{}")


class ServiceAccountBody(Struct, frozen=True):
    """A service account."""

    created: datetime
    updated: datetime
    full_name: str
    active: bool
    avatar_url: str | None


class ServiceAccountMetadata(Struct, frozen=True):
    """What is hydrated of a service account."""

    description: str
    external_user_id: None = None


class ApiKeyBody(Struct, frozen=True):
    """An API key. ``key`` is there once, when it is made."""

    created: datetime
    updated: datetime
    key: str | None
    active: bool
    service_account: wire.Named


class ApiKeyMetadata(Struct, frozen=True):
    """What is hydrated of an API key."""

    description: str
    retain_period_minutes: int
    last_login: datetime | None
    last_rotated: datetime | None


class DeviceBody(Struct, frozen=True, kw_only=True):
    """A device."""

    created: datetime
    updated: datetime
    user_id: str | None
    client_id: str
    expires: datetime | None
    trusted_device: bool
    status: str
    os: str | None
    ip_address: str | None
    hostname: str | None


class DeviceMetadata(Struct, frozen=True, kw_only=True):
    """What is hydrated of a device. Nobody looks up where on earth it is."""

    python_version: str | None
    zenml_version: str | None
    city: None = None
    region: None = None
    country: None = None
    failed_auth_attempts: int
    last_login: datetime | None


class DeviceResources(Struct, frozen=True):
    """What belongs to a device."""

    user: Raw | None


class Access(Struct, frozen=True, kw_only=True):
    """What signing in is answered."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105 - what OAuth calls this kind
    expires_in: int | None
    refresh_token: None = None
    csrf_token: None = None
    scope: None = None
    device_id: str | None = None
    device_metadata: None = None


class DeviceAuthorization(Struct, frozen=True, kw_only=True):
    """What a device is answered that wants to sign in. Times are in seconds."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class OAuthFailure(Struct, frozen=True, kw_only=True):
    """Why a device is not let in, in OAuth's own shape."""

    error: str
    error_description: str
    error_uri: None = None
