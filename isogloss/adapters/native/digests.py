"""Digests that a client sends with its bytes: ``Content-MD5``, ``Content-Digest`` and ``Repr-Digest`` (RFC 9530)."""

import base64
import binascii
import re

from isogloss.adapters.native.failures import Refusal
from isogloss.core.registry.transfers import Digest

_SIZES = {"md5": 16, "sha256": 32, "sha512": 64}
_ALGORITHMS = {"sha-256": "sha256", "sha-512": "sha512"}
"""Those of the standard that are still trusted. What is sent of others is no promise that could be kept."""

_MEMBER = re.compile(r"\s*([a-z*][a-z0-9_.*-]*)\s*=\s*:([A-Za-z0-9+/=]*):\s*(?:;[^,]*)?")


def read_digests(content_md5: str | None, *dictionaries: str | None) -> list[Digest]:
    """The digests of these headers. Raises ``Refusal`` for what cannot be read."""
    found = [] if content_md5 is None else [_digest("content-md5", "md5", content_md5)]
    for dictionary in dictionaries:
        if dictionary is not None:
            found += _members(dictionary)
    return found


def _members(dictionary: str) -> list[Digest]:
    found = []
    for member in dictionary.split(","):
        told = _MEMBER.fullmatch(member)
        if told is None:
            raise Refusal(400, f"{member.strip()!r} is no digest; one looks like sha-256=:BASE64:")
        name, value = told.groups()
        if name in _ALGORITHMS:
            found.append(_digest(name, _ALGORITHMS[name], value))
    return found


def _digest(name: str, algorithm: str, text: str) -> Digest:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(400, f"{name}: {text!r} is not base64.") from None
    if len(value) != _SIZES[algorithm]:
        raise Refusal(400, f"{name}: must have {_SIZES[algorithm]} bytes, this has {len(value)}.")
    return Digest(algorithm, value)
