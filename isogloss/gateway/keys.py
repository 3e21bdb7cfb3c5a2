"""The text of keys: a JWT that every dialect's client takes, or a personal access token."""

import secrets

import jwt

from isogloss.core.model import Token, User
from isogloss.core.registry.tokens import PERSONAL_PREFIX, MakeKey
from isogloss.core.registry.users import address_of

_FOREVER_SECONDS = 100 * 365 * 86400
"""What a JWT without an end has as its end. Some clients refuse one that names none, or a near one."""

_MICROSECONDS = 1_000_000


def jwt_maker(secret: str, tenant: str) -> MakeKey:
    """Makes JWTs signed with HS256.

    The claims are those that TrueFoundry's clients read without checking the signature: ``tenantName``, ``exp``,
    ``username``, ``email`` (whoever has none may not make a repo, says the client, so that machines have one too) and
    ``subjectType``. A token is told by its digest, so the signature proves nothing here that the digest does not.
    """

    def make(token: Token, user: User) -> str:
        issued = token.created // _MICROSECONDS
        ends = issued + _FOREVER_SECONDS if token.expires is None else token.expires // _MICROSECONDS
        claims = {
            "jti": token.id,
            "iat": issued,
            "exp": ends,
            "tenantName": tenant,
            "username": user.name,
            "email": address_of(user, tenant),
            "subjectType": "serviceaccount" if user.service else "user",
            "role": token.role,
        }
        return jwt.encode(claims, secret, algorithm="HS256")

    return make


def make_personal(token: Token, user: User) -> str:
    """A key of 256 random bits behind the prefix that marks it as no JWT."""
    return PERSONAL_PREFIX + secrets.token_urlsafe(32)
