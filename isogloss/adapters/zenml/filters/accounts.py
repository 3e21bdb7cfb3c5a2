"""What lists of users, service accounts, API keys and devices may be asked."""

from isogloss.adapters.zenml.failures import BadFilter
from isogloss.adapters.zenml.filters.language import (
    Condition,
    Kind,
    of_boolean,
    of_choice,
    of_id,
    of_integer,
    of_moment,
    of_text,
)
from isogloss.adapters.zenml.filters.listing import Shape
from isogloss.core.query import EVERYTHING, NOTHING, Where
from isogloss.core.registry.devices import ACTIVE, LOCKED, PENDING, VERIFIED

_STATUSES = {status: status for status in (PENDING, VERIFIED, ACTIVE, LOCKED)}


def always_null() -> Kind:
    """A field that only the vendor's paid server fills."""

    def where(asked: Condition) -> Where:
        return EVERYTHING if asked.operator == "isnull" else NOTHING

    return where


def not_kept_apart(name: str) -> Kind:
    """A field that is kept and given back, but not searched."""

    def where(asked: Condition) -> Where:
        raise BadFilter(f"{name}: this list cannot be filtered by it.")

    return where


_COMMON = {"id": of_id("id"), "created": of_moment("created"), "updated": of_moment("updated")}
_COMMON_SORTS = {"id": "id", "created": "created", "updated": "updated"}

USERS = Shape(
    filters=_COMMON
    | {
        "name": of_text("name"),
        "full_name": of_text("full_name"),
        "email": of_text("email"),
        "active": of_boolean("active"),
        "email_opted_in": not_kept_apart("email_opted_in"),
        "external_user_id": always_null(),
    },
    sorts=_COMMON_SORTS | {"name": "name", "full_name": "full_name", "email": "email", "active": "active"},
)

SERVICE_ACCOUNTS = Shape(
    filters=_COMMON
    | {
        "name": of_text("name"),
        "description": of_text("description"),
        "active": of_boolean("active"),
        "external_user_id": always_null(),
    },
    sorts=_COMMON_SORTS | {"name": "name", "description": "description", "active": "active"},
)

API_KEYS = Shape(
    filters=_COMMON
    | {
        "name": of_text("name"),
        "description": of_text("description"),
        "active": of_boolean("active"),
        "last_login": of_moment("used"),
        "last_rotated": of_moment("rotated"),
    },
    sorts=_COMMON_SORTS
    | {
        "name": "name",
        "description": "description",
        "active": "active",
        "last_login": "used",
        "last_rotated": "rotated",
    },
)

DEVICES = Shape(
    filters=_COMMON
    | {
        "client_id": of_id("client_id"),
        "status": of_choice("status", _STATUSES),
        "trusted_device": of_boolean("trusted"),
        "failed_auth_attempts": of_integer("attempts"),
        "expires": of_moment("expires"),
        "last_login": of_moment("used"),
    },
    sorts=_COMMON_SORTS
    | {
        "client_id": "client_id",
        "status": "status",
        "trusted_device": "trusted",
        "failed_auth_attempts": "attempts",
        "expires": "expires",
        "last_login": "used",
        "user": "user_id",
    },
)
