"""Sealed texts: what the registry hands out and takes back without keeping it, told by an HMAC under its secret.

Everybody may read what is inside; nobody can make or change one. A seal is good for one purpose only.
"""

import base64
import binascii
import hashlib
import hmac


def seal(secret: str, purpose: str, content: bytes) -> str:
    """The content and its seal, in characters that are safe in a header, a cookie and a URL."""
    body = _text(content)
    return f"{body}.{_text(_digest(secret, purpose, body))}"


def unseal(secret: str, purpose: str, text: str) -> bytes | None:
    """The content of a text that was sealed for this purpose; null for any other text."""
    body, _, mark = text.partition(".")
    if not text.isascii() or not hmac.compare_digest(_text(_digest(secret, purpose, body)), mark):
        return None
    try:
        return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except binascii.Error:
        return None


def _digest(secret: str, purpose: str, body: str) -> bytes:
    return hmac.digest(secret.encode(), f"{purpose}\0{body}".encode(), hashlib.sha256)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
