"""What is kept of a password: a slow salted digest, from which nobody gets it back."""

import asyncio
import base64
import hashlib
import hmac
import secrets

# 8 MiB and about 0.3 s for each digest: as strong as settings that take more memory, which a flood of wrong passwords
# would otherwise use up.
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**13, 8, 10


def hash_password(password: str) -> str:
    """The text to keep of a password: the method, its costs, the salt and the digest. Takes about 0.3 s."""
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, _SCRYPT_N, _SCRYPT_R, _SCRYPT_P)
    return "$".join(["scrypt", str(_SCRYPT_N), str(_SCRYPT_R), str(_SCRYPT_P), _text(salt), _text(digest)])


def verify_password(password: str, kept: str) -> bool:
    """Whether the password is the one that ``kept`` was made of. Takes about 0.3 s."""
    method, n, r, p, salt, digest = kept.split("$")
    if method != "scrypt":
        raise ValueError(f"passwords are kept as scrypt, not {method}")
    found = _scrypt(password, base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, base64.b64decode(digest))


async def kept_password(password: str) -> str:
    """As ``hash_password``, off the event loop. A unit of work is too short for it, so it goes before."""
    return await asyncio.to_thread(hash_password, password)


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r + 2**20, dklen=32)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
