"""A real server of a vendor's, as an import reads it: no HTTP library here, only what is asked of one."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Protocol, TypeAlias, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct
from msgspec.structs import replace

from isogloss.core.registry.incoming import Batch, LeftOut

T = TypeVar("T")

Id: TypeAlias = Annotated[str, Meta(pattern="^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
"""A UUID as every server of these vendors prints it."""
Count: TypeAlias = Annotated[int, Meta(ge=-(2**31), lt=2**31)]
"""A whole number that every engine has a column for."""

_ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Fetch(Protocol):
    """Asks the source. ``path`` goes behind the API's root; ``body`` is sent as JSON where it is given."""

    async def __call__(self, method: str, path: str, body: Any = None) -> bytes:
        """The body of a good answer. Raises ``SourceError``."""
        ...


class SourceError(Exception):
    """The source cannot be read: the message says what it answered, and to what."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Unreadable(Exception):
    """A row that the registry has no place for: the message says what is odd about it, and what would be right."""


class _Identified(Struct):
    """A row of which only the id is read."""

    id: Id


class _Named(Struct):
    """What a row is called, as far as it says so."""

    id: Any = None
    name: Any = None


def answered(asked: str, answer: bytes, shape: type[T]) -> T:
    """What the source says, in a shape without which nothing can be read. Raises ``SourceError``."""
    try:
        return msgspec.json.decode(answer, type=shape)
    except msgspec.DecodeError as error:
        raise SourceError(f"{asked} is answered with something else than was asked for: {error}.") from None


def told(rows: Sequence[Raw], shape: Any, tell: Callable[[list[Any]], Batch]) -> Batch:
    """The rows of a page as a batch. Those that cannot be told are left out of it, each with the reason."""
    decode = msgspec.json.Decoder(shape).decode
    try:
        return tell([decode(row) for row in rows])
    except (msgspec.DecodeError, Unreadable):
        # One by one, to see which.
        pass
    readable, left_out = [], []
    for row in rows:
        try:
            item = decode(row)
            tell([item])
        except (msgspec.DecodeError, Unreadable) as error:
            left_out.append(LeftOut(_called(row), f"it cannot be read: {error}"))
        else:
            readable.append(item)
    return replace(tell(readable), left_out=left_out)


def ids_of(rows: Sequence[Raw]) -> list[str]:
    """The ids of those rows that have one."""
    found = []
    for row in rows:
        try:
            found.append(msgspec.json.decode(row, type=_Identified).id)
        except msgspec.DecodeError:
            continue
    return found


def _called(row: Raw) -> str:
    try:
        given = msgspec.json.decode(row, type=_Named)
    except msgspec.DecodeError:
        return "a row without a name"
    return " ".join(str(each) for each in (given.name, given.id) if each is not None) or "a row without a name"


def renamed(text: bytes, aliases: Mapping[str, str]) -> bytes:
    """An answer with our ids in the place of those that have aliases."""
    if not aliases:
        return text
    ours = {source.encode(): kept.encode() for source, kept in aliases.items()}
    return _ID.sub(lambda match: ours.get(match[0], match[0]), text)
