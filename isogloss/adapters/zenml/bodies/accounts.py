"""What clients send of users, service accounts, API keys and devices."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from isogloss.adapters.zenml.bodies.common import Identifier, Lenient, Name, Text

MOST_MINUTES = 10 * 365 * 24 * 60


class UserRequest(Lenient):
    """A new user. Without a password it is not active, and gets a token with which to choose one."""

    name: Name
    full_name: Name = ""
    is_admin: bool
    password: Name | None = None
    email: Name | None = None
    email_opted_in: bool | None = None
    user_metadata: dict[str, Any] | None = None
    avatar_url: Text | None = None


class UserUpdate(Lenient):
    """Changes of a user."""

    name: Name | None = None
    full_name: Name | None = None
    is_admin: bool | None = None
    active: bool | None = None
    password: Name | None = None
    old_password: Name | None = None
    activation_token: Name | None = None
    email: Name | None = None
    email_opted_in: bool | None = None
    user_metadata: dict[str, Any] | None = None
    avatar_url: Text | None = None
    default_project_id: Identifier | None = None

    @model_validator(mode="after")
    def _opted_in_with_an_address(self) -> Self:
        """Who gives an address is opted in unless they say otherwise; nobody is without one."""
        if self.email is not None and self.email_opted_in is None:
            self.email_opted_in = True
        if self.email_opted_in and self.email is None:
            raise ValueError("opting in takes an email")
        return self


class ServiceAccountRequest(Lenient):
    """A new service account."""

    name: Name
    full_name: Name = ""
    description: Text | None = None
    active: bool
    avatar_url: Text | None = None


class ServiceAccountUpdate(Lenient):
    """Changes of a service account."""

    name: Name | None = None
    full_name: Name | None = None
    description: Text | None = None
    active: bool | None = None
    avatar_url: Text | None = None


class ApiKeyRequest(Lenient):
    """A new API key."""

    name: Name
    description: Text | None = None


class ApiKeyUpdate(Lenient):
    """Changes of an API key."""

    name: Name | None = None
    description: Text | None = None
    active: bool | None = None


class ApiKeyRotation(Lenient):
    """A new value of an API key; the old one stays good for so many minutes."""

    retain_period_minutes: Annotated[int, Field(ge=0, le=MOST_MINUTES)] = 0


class DeviceUpdate(Lenient):
    """Changes of a device."""

    locked: bool | None = None


class DeviceVerification(Lenient):
    """What a user answers to a device that waits."""

    user_code: Text
    trusted_device: bool = False
