"""Names and their forms in stricter alphabets.

A name is any text of at most ``NAME_BYTES`` bytes without NUL and lone surrogates. Some dialects know only a stricter
alphabet, so each named artifact also has

- a *slug* in ``[a-z0-9-]`` (a line feed may end it), which holds its kind as well: Prefect's key;
- a *word* in ``[A-Za-z0-9_-]``, at most 256 long, unique among artifacts of its kind: TrueFoundry's name.

and each project has both in the patterns of those dialects. Forms are *reversible*: a name that fits the alphabet is
its own form; any other is encoded behind a prefix, and a name that fits but looks like an encoded one is encoded
too. So no two names share a form, and every text of the alphabet is the form of exactly one name. Where a form
would be too long it is cut and ends in a digest; what it stands for is then known only by the column that keeps it.

The encoding: ``x-KIND--BODY`` (``x--BODY`` for the ordinary kind), where a letter or digit of the alphabet stands for
itself, ``--`` for a dash and ``-HEX-`` for the character of that code point.
"""

import re
from hashlib import sha256

from msgspec import Struct

from isogloss.core.errors import Invalid

NAME_BYTES = 1024
ORDINARY = "artifact"
"""The kind of an artifact that no dialect calls anything else."""

_KIND = re.compile(r"[a-z][a-z0-9]{0,31}")
_DIGEST_LENGTH = 32
_ESCAPE = re.compile(r"--|-([0-9a-f]+)-")


class Alphabet(Struct, frozen=True, kw_only=True):
    """A dialect's idea of a name: what fits it as it is, which characters stand for themselves, how long it may be.

    ``head`` and ``tail`` surround an encoded form, to satisfy patterns that restrict the first and last character.
    """

    fits: re.Pattern[str]
    plain: frozenset[str]
    limit: int
    head: str = "x-"
    tail: str = ""


_LOWER = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_LETTERS = _LOWER | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

SLUG = Alphabet(fits=re.compile(r"[a-z0-9-]*\n?"), plain=_LOWER, limit=NAME_BYTES)
WORD = Alphabet(fits=re.compile(r"[A-Za-z0-9_-]+"), plain=_LETTERS | {"_"}, limit=256)
PROJECT_SLUG = Alphabet(fits=re.compile(r"[a-z0-9-]+"), plain=_LOWER, limit=256)
PROJECT_WORD = Alphabet(fits=re.compile(r"[A-Za-z][A-Za-z0-9-]{1,98}[A-Za-z0-9]"), plain=_LETTERS, limit=100, tail="-x")


_ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def looks_like_id(text: str) -> bool:
    """Whether a text is written as ids are."""
    return _ID.fullmatch(text) is not None


def check_name(field: str, name: str) -> None:
    """Raise ``Invalid`` for a name that one of the engines or dialects could not keep."""
    if "\0" in name:
        raise Invalid(field, "must not hold the character NUL")
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        raise Invalid(field, "must be text without lone surrogates") from None
    if length > NAME_BYTES:
        raise Invalid(field, f"must be at most {NAME_BYTES} bytes, this has {length}")


def check_kind(kind: str) -> None:
    """Raise ``Invalid`` unless a kind is a short lower-case word, as forms need it."""
    if not _KIND.fullmatch(kind):
        raise Invalid("kind", "must be a lower-case letter followed by at most 31 lower-case letters and digits")


def form(alphabet: Alphabet, name: str, kind: str = ORDINARY) -> str:
    """The form of a name in an alphabet.

    Raises nothing: every name has a form.
    """
    if _is_own_form(alphabet, name, kind):
        return name
    encoded = _encode(alphabet, name, kind)
    if len(encoded) <= alphabet.limit:
        return encoded
    digest = sha256(encoded.encode()).hexdigest()[:_DIGEST_LENGTH]
    return encoded[: alphabet.limit - len(digest) - len(alphabet.tail)] + digest + alphabet.tail


def named(alphabet: Alphabet, text: str) -> tuple[str, str]:
    """The kind and name whose form is ``text``, as far as the rule tells; the inverse of ``form``.

    A text that ends in a digest stands for itself here: look for it in the stored column first.
    """
    decoded = _decode(alphabet, text)
    return decoded if decoded is not None else (ORDINARY, text)


def artifact_forms(kind: str, name: str) -> tuple[str, str]:
    """An artifact's slug and word."""
    return form(SLUG, name, kind), form(WORD, name)


def project_forms(name: str) -> tuple[str, str]:
    """A project's slug and word."""
    return form(PROJECT_SLUG, name), form(PROJECT_WORD, name)


def _is_own_form(alphabet: Alphabet, name: str, kind: str) -> bool:
    fits = kind == ORDINARY and len(name) <= alphabet.limit and alphabet.fits.fullmatch(name) is not None
    return fits and _decode(alphabet, name) is None


def _encode(alphabet: Alphabet, name: str, kind: str) -> str:
    body = "".join(_escape(alphabet, character) for character in name)
    mark = "-" if kind == ORDINARY else f"{kind}--"
    return f"{alphabet.head}{mark}{body}{alphabet.tail}"


def _escape(alphabet: Alphabet, character: str) -> str:
    if character in alphabet.plain:
        return character
    return "--" if character == "-" else f"-{ord(character):x}-"


def _decode(alphabet: Alphabet, text: str) -> tuple[str, str] | None:
    """The kind and name that are encoded as exactly this text, or None when nothing is.

    Each decoded name is shorter than its encoding, so asking whether it would have been its own form comes to an end.
    """
    if not (text.startswith(alphabet.head) and text.endswith(alphabet.tail)) or len(text) > alphabet.limit:
        return None
    inner = text[len(alphabet.head) : len(text) - len(alphabet.tail)]
    if inner.startswith("-"):
        kind, body = ORDINARY, inner[1:]
    else:
        kind, mark, body = inner.partition("--")
        if not mark or not _KIND.fullmatch(kind):
            return None
    try:
        name = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else "-", body)
        check_name("name", name)
    except (ValueError, OverflowError, Invalid):
        return None
    if _encode(alphabet, name, kind) != text or _is_own_form(alphabet, name, kind):
        return None
    return kind, name
