"""Bytes by permit: taken, given, and put together from parts. Whoever holds an address may use it."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from litestar.types import ASGIApp, Receive
from msgspec import Struct

from isogloss.adapters.body import read_body_within, read_chunks
from isogloss.adapters.call import Call
from isogloss.adapters.native.completion import completed, read_parts
from isogloss.adapters.native.digests import read_digests
from isogloss.adapters.native.endpoints import Endpoint, text_parameter
from isogloss.adapters.native.failures import Refusal
from isogloss.adapters.native.ranges import Span, Unsatisfiable, asked_range, http_date, is_unchanged, names
from isogloss.adapters.operations import Streamed
from isogloss.adapters.reply import Reply, Stream, attachment
from isogloss.adapters.transfers import PERMIT, TRANSFERS
from isogloss.core.errors import NotFound
from isogloss.core.ports import Reader, StoredObject
from isogloss.core.registry.files import Permitted, find_permitted, read_permitted
from isogloss.core.registry.multipart import entity_tag
from isogloss.core.registry.transfers import (
    Operation,
    Permit,
    check_permit,
    finish_upload,
    keep_object,
)

MOST_FINISH_BYTES = 1024 * 1024

Header = tuple[str, str]


class Wanted(Struct, frozen=True):
    """What of an object is sent, under which status and headers."""

    status: int
    span: Span
    headers: tuple[Header, ...]


async def put_object(call: Call, receive: Receive) -> ASGIApp:
    """Keep the body as the object of a permit to write."""
    permit = await _permit(call, Operation.WRITE)
    digests = read_digests(
        _header(call, b"content-md5"), _header(call, b"content-digest"), _header(call, b"repr-digest")
    )
    async with aclosing(read_chunks(receive)) as chunks:
        tag = await keep_object(call.registry, permit, chunks, digests, _length(call))
    return Reply(b"", 200, (_etag(tag),))


async def get_object(call: Call, receive: Receive) -> ASGIApp:
    """The object of a permit to read, or a range of it."""
    # Read before the answer is sent, so that what is received by then is that the client left.
    await read_body_within(receive, 0)
    permitted = await _readable(call)
    wanted = _wanted(call, permitted.found, _header(call, b"range"))
    if wanted.status == 304:
        return _without_body(wanted)
    span = wanted.span
    chunks = await read_permitted(call.registry, permitted, span.start, span.end)
    return Stream(chunks, wanted.headers, status=wanted.status)


async def head_object(call: Call, receive: Receive) -> ASGIApp:
    """What ``get_object`` would tell, without the bytes."""
    found = (await _readable(call)).found
    # Only GET asks for ranges.
    return _without_body(_wanted(call, found, None))


async def finish(call: Call, receive: Receive) -> ASGIApp:
    """Put the parts of an upload together."""
    permit = await _permit(call, Operation.FINISH)
    parts = read_parts(await read_body_within(receive, MOST_FINISH_BYTES))
    kept = await finish_upload(call.registry, permit, parts)
    tag = entity_tag(kept)
    return Reply(completed(permit.key, tag), 200, (_etag(tag),), media_type=b"application/xml")


async def _permit(call: Call, operation: Operation) -> Permit:
    """The permit of the address, which must be to do this. Raises ``Unauthenticated``."""
    given = call.query().get(PERMIT, [""])

    async def work(unit: Reader) -> Permit:
        return await check_permit(call.registry, unit, given[-1], operation)

    return await call.registry.store.read(work)


async def _readable(call: Call) -> Permitted:
    permit = await _permit(call, Operation.READ)
    try:
        return await find_permitted(call.registry, permit)
    except NotFound:
        raise Refusal(404, "The file of this address is not there.") from None


def _wanted(call: Call, found: StoredObject, asked_for: str | None) -> Wanted:
    """What is to be sent of an object, by the request's conditions and range. Raises ``Refusal``."""
    tag = entity_tag(found)
    if_match, if_none_match = _header(call, b"if-match"), _header(call, b"if-none-match")
    if if_match is not None and not names(if_match, tag, weak=False):
        raise Refusal(412, "The file is not the one that If-Match names.", (_etag(tag),))
    whole = Span(0, found.size)
    if if_none_match is not None and names(if_none_match, tag, weak=True):
        return Wanted(304, whole, _headers(found))
    asked = asked_range(asked_for, found.size)
    if asked is None or not is_unchanged(_header(call, b"if-range"), tag, found.modified):
        return Wanted(200, whole, (*_headers(found), *_description(found, whole)))
    if isinstance(asked, Unsatisfiable):
        raise Refusal(
            416, f"The file has {found.size} bytes, none of them in this range.", (_content_range("*", found),)
        )
    told = _content_range(f"{asked.start}-{asked.end - 1}", found)
    return Wanted(206, asked, (*_headers(found), *_description(found, asked), told))


def _headers(found: StoredObject) -> tuple[Header, ...]:
    """What is told of an object whether it is sent or not."""
    return (
        _etag(entity_tag(found)),
        ("last-modified", http_date(found.modified)),
        ("accept-ranges", "bytes"),
        # Who holds an address may read by it; that is no reason to leave the bytes with those on the way.
        ("cache-control", "private"),
    )


def _description(found: StoredObject, span: Span) -> tuple[Header, ...]:
    """What is told of the bytes. A browser keeps them, and never shows them as a page of this server's."""
    return (
        ("content-type", "application/octet-stream"),
        ("content-length", str(span.end - span.start)),
        ("content-disposition", attachment(found.key.rpartition("/")[2])),
        ("x-content-type-options", "nosniff"),
    )


def _etag(tag: str) -> Header:
    return "etag", f'"{tag}"'


def _content_range(told: str, found: StoredObject) -> Header:
    return "content-range", f"bytes {told}/{found.size}"


def _without_body(wanted: Wanted) -> Stream:
    return Stream(_nothing(), wanted.headers, status=wanted.status)


async def _nothing() -> AsyncIterator[bytes]:
    nothing: tuple[bytes, ...] = ()
    for chunk in nothing:
        yield chunk


def _length(call: Call) -> int | None:
    """How many bytes the body is said to have; null where it is not said."""
    told = _header(call, b"content-length")
    # The server has refused any other length by now.
    return None if told is None else int(told)


def _header(call: Call, name: bytes) -> str | None:
    value = call.headers.get(name)
    return None if value is None else value.decode("latin-1").strip()


_PERMITTED = (text_parameter(PERMIT, "What the address lets do, sealed.", required=True),)
_GROUP = "Transfers"

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        route=Streamed("PUT", TRANSFERS, put_object),
        summary="Send the bytes of a file, by an address that a client was given",
        group=_GROUP,
        parameters=_PERMITTED,
        body="bytes",
    ),
    Endpoint(
        route=Streamed("GET", TRANSFERS, get_object),
        summary="Fetch the bytes of a file, or a range of them",
        group=_GROUP,
        parameters=_PERMITTED,
        statuses=(200, 206, 304),
    ),
    Endpoint(
        route=Streamed("HEAD", TRANSFERS, head_object),
        summary="Ask for the size of a file",
        group=_GROUP,
        parameters=_PERMITTED,
        statuses=(200, 304),
    ),
    Endpoint(
        route=Streamed("POST", TRANSFERS, finish),
        summary="Put the parts of an upload together",
        group=_GROUP,
        parameters=_PERMITTED,
        body="bytes",
    ),
)
