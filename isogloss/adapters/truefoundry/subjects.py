"""Who made a thing, as TrueFoundry has it. Clients take no row without a slug and a type that they know."""

from msgspec import Struct

from isogloss.core.model import User
from isogloss.core.registry.users import address_of

USER, SERVICE = "user", "serviceaccount"


class Subject(Struct, frozen=True, kw_only=True, rename="camel"):
    """A user or a service account. ``subject_slug`` is the email address by which people are known there."""

    subject_id: str
    subject_type: str
    subject_slug: str
    subject_display_name: str


NOBODY = Subject(subject_id="unknown", subject_type=USER, subject_slug="unknown", subject_display_name="unknown")
"""Stands for users that are gone, and for the registry itself."""


def subject(user: User | None, tenant: str) -> Subject:
    """The subject that a user is."""
    if user is None:
        return NOBODY
    return Subject(
        subject_id=user.id,
        subject_type=SERVICE if user.service else USER,
        subject_slug=user.name if user.service else address_of(user, tenant),
        subject_display_name=user.full_name or user.name,
    )
