"""What the core needs of the world around it: a store with transactions, a place for bytes, and a clock."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from isogloss.core.model import Entity, Instant
from isogloss.core.places import SharedPlace
from isogloss.core.query import Query, Span, Total

E = TypeVar("E", bound=Entity)
T = TypeVar("T")


class Reader(Protocol):
    """A consistent view for one use case. Every method is one statement."""

    async def get(self, entity: type[E], /, **key: Any) -> E | None:
        """The entity whose fields equal ``key``, which must be a unique one."""
        ...

    async def find(self, entity: type[E], /, **key: Any) -> list[E]:
        """All entities whose fields equal ``key``, in no promised order; a list value stands for any of its members."""
        ...

    async def rows(self, query: Query) -> list[tuple[Any, ...]]:
        """The page that the query asks for: a tuple per row, its values in the order of ``query.fields``."""
        ...

    async def count(self, query: Query) -> int:
        """How many rows satisfy the query, whatever its page."""
        ...

    async def count_by(
        self, query: Query, by: tuple[str | Span, ...], sums: tuple[Total, ...] = ()
    ) -> list[tuple[Any, ...]]:
        """How many rows satisfy the query, whatever its page, in groups of those that have the same values of ``by``.

        A tuple for each group that has rows, in no promised order: these values, the number of rows, and of each field
        of ``sums`` what the rows' values add up to, in which rows without one count for 0, or an end of them.
        """
        ...

    async def sum(self, entity: type[Entity], field: str, /, **key: Any) -> int:
        """The sum of a field over all entities whose fields equal ``key``; 0 of none."""
        ...


class Writer(Reader, Protocol):
    """A unit of work: all of its writes are kept together, or none is.

    Writes may be held back and sent together, but every read of the unit sees those before it.
    """

    async def lock(self, entity: type[E], /, **key: Any) -> E | None:
        """As ``get``, and nobody else changes the row until this unit ends."""
        ...

    async def lock_all(self, entity: type[E], /, **key: Any) -> list[E]:
        """As ``find``, and nobody else changes the rows until this unit ends."""
        ...

    async def add(self, *entities: Entity) -> None:
        """Insert rows. A row that breaks a unique rule raises ``Conflict``."""
        ...

    async def add_if_absent(self, entity: Entity) -> bool:
        """Insert a row unless a unique rule forbids it; tells whether it was inserted."""
        ...

    async def add_absent(self, *entities: Entity) -> None:
        """Insert those rows that no unique rule forbids, and leave the others."""
        ...

    async def put(self, *entities: Entity) -> None:
        """Insert rows, each in the place of the one that has its key; no two of them have the same key."""
        ...

    async def change(self, entity: type[Entity], key: dict[str, Any], /, **values: Any) -> None:
        """Set fields of all rows whose fields equal ``key``; a list value stands for any of its members."""
        ...

    async def remove(self, entity: type[Entity], /, **key: Any) -> int:
        """Delete all rows whose fields equal ``key``; a list value stands for any of its members. Tells how many."""
        ...


class Store(Protocol):
    """Transactions. ``work`` may be run again after an interruption, so it must only compute and use its unit."""

    async def read(self, work: Callable[[Reader], Awaitable[T]]) -> T: ...

    async def write(self, work: Callable[[Writer], Awaitable[T]]) -> T: ...


class Rows(Protocol):
    """All rows of a store."""

    def scan(self, entities: Sequence[type[Entity]]) -> AsyncGenerator[Sequence[Entity], None]:
        """Every row of these entities as of one moment, in pages of one entity each, entity by entity in this order.

        Rows come in the order of their keys, those that refer to one of their own entity after all that do not.
        """
        ...


class StoredObject(Struct, frozen=True, kw_only=True):
    """What is known of an object without reading it. ``size`` is in bytes; ``etag`` changes whenever the bytes do."""

    key: str
    size: int
    modified: Instant
    etag: str | None


class Level(Struct, frozen=True, kw_only=True):
    """What lies right below a prefix, each in the order of code points: names of further levels, and objects."""

    directories: list[str]
    objects: list[StoredObject]


class Objects(Protocol):
    """Bytes by key. Keys are what ``places.checked_key`` lets pass; any other raises ``Invalid``.

    An object appears whole or not at all, and replaces the one that had its key. A prefix ends where a name does:
    ``a/b`` covers ``a/b/c``, and neither ``a/bc`` nor ``a/b`` itself.
    """

    async def head(self, key: str) -> StoredObject:
        """What is known of the object. Raises ``NotFound``."""
        ...

    async def read(self, key: str, limit: int) -> bytes:
        """All bytes of the object. Raises ``NotFound``, and ``TooLarge`` where they are more than ``limit``."""
        ...

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from ``start`` up to, and without, ``end`` in chunks; as many as there are, which may be none.

        Raises ``NotFound`` before there is a stream, so that an answer has not begun by then.
        """
        ...

    async def write(self, key: str, content: bytes) -> None:
        """Keep these bytes. Raises ``Conflict`` where the key cannot stand beside another."""
        ...

    async def write_stream(self, key: str, chunks: AsyncIterable[bytes]) -> None:
        """Keep the bytes of all chunks together. When ``chunks`` raises, nothing is kept. Raises as ``write``."""
        ...

    def list(self, prefix: str) -> AsyncIterator[list[StoredObject]]:
        """The objects under a prefix, in pages and in no promised order."""
        ...

    async def browse(self, prefix: str) -> Level:
        """What lies right below a prefix. Of one that nothing lies under, nothing."""
        ...

    async def join(self, parts: Sequence[str], key: str) -> None:
        """Keep the bytes of all parts, one after the other, as one object; the parts stay. Raises as ``write``.

        Raises ``NotFound`` where a part is missing, and then keeps nothing.
        """
        ...

    async def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; those that are not there are no error."""
        ...

    async def delete_prefix(self, prefix: str) -> None:
        """Remove all objects under a prefix. What is written meanwhile may stay."""
        ...


class DirectUpload(Struct, frozen=True, kw_only=True):
    """A large object that a client sends to the storage itself, in parts, by addresses that were signed for it.

    ``provider`` says which protocol the addresses speak: ``s3`` or ``azure``. There is one of ``part_urls`` for each
    part, in order, and ``finish_url`` puts them together. ``reference`` is the storage's own name for the upload,
    ``block_ids`` (azure) the names of the parts.
    """

    provider: str
    part_urls: list[str]
    finish_url: str
    reference: str
    block_ids: list[str] | None = None


class Signer(Protocol):
    """Addresses by which a client reaches the storage itself, good for a while and for one thing only."""

    async def sign(self, method: str, keys: Sequence[str], seconds: int) -> list[str]:
        """An address for each key, in order; ``method`` is GET or PUT."""
        ...


class Uploads(Protocol):
    """Uploads in parts that go to the storage itself."""

    async def begin(self, key: str, parts: int, seconds: int) -> DirectUpload:
        """Begin an upload of so many parts."""
        ...

    async def abort(self, key: str, reference: str) -> None:
        """Give an upload up, and free what it holds; one that is finished or gone is no error."""
        ...


class Parts(Protocol):
    """Objects that come through the gateway in parts, each upload under a prefix of its own.

    What lies below the prefix is this port's own, and goes when the prefix is deleted. Parts are numbered from 1.
    """

    async def write(self, upload: str, number: int, count: int, size: int | None, chunks: AsyncIterable[bytes]) -> str:
        """Keep the bytes of all chunks as a part, and give its tag; a part that is sent again is replaced.

        ``count`` is how many parts the object has, ``size`` how many bytes there will be, where that is known. When
        ``chunks`` raises, nothing is kept.
        """
        ...

    async def sent(self, upload: str) -> dict[int, str]:
        """The tags of the parts that have been sent whole, by number."""
        ...

    async def join(self, upload: str, count: int, key: str) -> None:
        """Keep all parts, one after the other, as one object. Raises as ``Objects.join``."""
        ...


class Files(Struct, frozen=True, kw_only=True):
    """The bytes beside the rows, and what clients are told of the place that they share with us.

    Where ``signer`` is null, clients reach no storage but through the gateway; where ``uploads`` is null, parts of
    large objects come through the gateway. They are objects of their own until they are joined, unless the storage
    has a better way, which is ``parts``.
    """

    objects: Objects
    shared: SharedPlace
    signer: Signer | None = None
    uploads: Uploads | None = None
    parts: Parts | None = None


class Clock(Protocol):
    """Now, in microseconds since the epoch."""

    def __call__(self) -> Instant: ...
