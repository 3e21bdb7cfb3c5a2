"""Transfers of bytes: addresses that whoever holds them may use, for a while and for one thing only.

A client moves the bytes of a file without a credential of its own, by an address that it was given for that. Where the
storage signs addresses, clients go to it directly; else the address is the gateway's, and holds a permit. That is a
sealed text: issuing one writes nothing, and any process of the registry can verify it.

A permit to write is good only as long as its owner takes files. A stage does until it is applied, so that what has been
applied keeps its contents; a record does as long as it is there. An address that the storage signed knows nothing of
that, and is good until it expires.
"""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from enum import StrEnum
from typing import Protocol, TypeAlias

import msgspec
from msgspec import Struct

from isogloss.core.access import Principal, Role, require_everywhere, require_in, role_of
from isogloss.core.errors import Corrupted, Invalid, Unauthenticated
from isogloss.core.model import Discard, Grant, Instant, Record, Stage, Upload, User
from isogloss.core.places import project_of, upload_prefix
from isogloss.core.ports import Files, Reader, Signer, StoredObject, Uploads, Writer
from isogloss.core.registry.context import Registry
from isogloss.core.registry.discards import ADDRESS_LIFETIME
from isogloss.core.registry.multipart import Part, entity_tag, join_parts, parts_of
from isogloss.core.seals import seal, unseal

LIFETIME_SECONDS = ADDRESS_LIFETIME // 1_000_000

MOST_PARTS = 10_000
"""As many parts as an upload may have: what S3 takes."""

STAGE, RECORD = "stage", "record"
"""What an ``Owner`` may be: a version on its way, or a record that keeps files as long as it is there."""

_ENDED = {STAGE: "applied or given up", RECORD: "deleted"}

_PURPOSE = "transfer"

Link: TypeAlias = Callable[[str], str]
"""Makes an address of the gateway's from the text of a permit."""


class Operation(StrEnum):
    """What a permit is for. A part of an upload is written as an object is."""

    READ = "read"
    WRITE = "write"
    FINISH = "finish"


class Owner(Struct, frozen=True, array_like=True):
    """What must still be there when something is written: ``noun`` is ``stage`` or ``record``, ``id`` its id."""

    noun: str
    id: str


class Permit(Struct, frozen=True, kw_only=True, array_like=True):
    """What a permit says.

    ``key`` is that of the object. ``user_id`` is null where nobody in particular asked. ``owner`` is what must
    still be there when something is written; null where nothing has to. Where the object comes in parts, ``upload`` is
    the prefix of its upload, ``parts`` how many there are, and ``part`` the number of the one that is to be written.
    ``version_id`` is the version whose inline data shows as the object, which is none then: ``key`` is its file's path.
    ``project_id`` is the project of the version whose file it is, where the key does not tell.
    """

    operation: Operation
    key: str
    expires: Instant
    user_id: str | None
    owner: Owner | None = None
    upload: str | None = None
    part: int = 0
    parts: int = 0
    version_id: str | None = None
    project_id: str | None = None


class BegunUpload(Struct, frozen=True, kw_only=True):
    """Where the parts of a large object go, in order, and where to say that all of them are there.

    ``provider`` is the protocol that the addresses speak, ``s3`` or ``azure``; the gateway's speak that of S3.
    ``block_ids`` (azure) are the names of the parts.
    """

    provider: str
    upload_id: str
    part_urls: list[str]
    finish_url: str
    block_ids: list[str] | None = None


class Digest(Struct, frozen=True):
    """What a client says that the bytes amount to. ``algorithm`` is ``md5``, ``sha256`` or ``sha512``."""

    algorithm: str
    value: bytes


async def issue_reads(registry: Registry, caller: Principal, keys: Sequence[str], link: Link) -> list[str]:
    """An address to read each object, in order. Raises ``Denied``."""
    _require_for(caller, keys, Role.VIEWER)
    return await _addresses(registry, caller, link).reads(keys)


async def issue_shared_reads(
    registry: Registry, caller: Principal, project_id: str, keys: Sequence[str], link: Link
) -> list[str]:
    """An address to read each object of the shared place, in order, as a file of a version of this project.

    Raises ``Denied``.
    """
    require_in(caller, project_id, Role.VIEWER)
    return await _addresses(registry, caller, link, project_id).reads(keys)


def issue_shown_reads(
    registry: Registry, caller: Principal, project_id: str, version_id: str, paths: Sequence[str], link: Link
) -> list[str]:
    """An address to read each file that shows the inline data of a version of this project, in order.

    They are the gateway's in any case: no storage has these bytes. Raises ``Denied``.
    """
    require_in(caller, project_id, Role.VIEWER)
    return [
        link(_seal(registry, caller, Operation.READ, path, version_id=version_id, project_id=project_id))
        for path in paths
    ]


async def issue_writes(
    registry: Registry, caller: Principal, keys: Sequence[str], owner: Owner | None, link: Link
) -> list[str]:
    """An address to write each object, in order, while ``owner`` is there. Raises ``Denied``."""
    _require_for(caller, keys, Role.EDITOR)
    return await _addresses(registry, caller, link).writes(keys, owner)


async def begin_upload(
    registry: Registry, caller: Principal, key: str, parts: int, owner: Owner | None, link: Link
) -> BegunUpload:
    """Addresses to write an object in so many parts. Raises ``Denied`` and ``Invalid``."""
    _require_for(caller, [key], Role.EDITOR)
    if not 1 <= parts <= MOST_PARTS:
        raise Invalid("parts", f"must be from 1 to {MOST_PARTS}, this is {parts}")
    files = files_of(registry)
    if files.uploads is not None:
        return await _begin_direct(registry, files.uploads, key, parts)
    return await _begin_here(registry, caller, key, parts, owner, link)


async def remove_objects(registry: Registry, caller: Principal, keys: Sequence[str]) -> None:
    """Remove objects, and what lies below their keys; what is not there is no error. Raises ``Denied``."""
    _require_for(caller, keys, Role.EDITOR)
    objects = files_of(registry).objects
    await objects.delete(keys)
    for key in keys:
        await objects.delete_prefix(key)


def _require_for(caller: Principal, keys: Sequence[str], role: Role) -> None:
    """Raise ``Denied`` unless the caller has the role in the projects of all objects."""
    if caller.role >= role:
        return
    for project_id in {project_of(key) for key in keys}:
        if project_id is None:
            require_everywhere(caller, role)
        else:
            require_in(caller, project_id, role)


def files_of(registry: Registry) -> Files:
    """The files of a registry that serves."""
    assert registry.files is not None, "a registry that serves has a place for files"
    return registry.files


class _Addresses(Protocol):
    async def reads(self, keys: Sequence[str]) -> list[str]: ...

    async def writes(self, keys: Sequence[str], owner: Owner | None) -> list[str]: ...


class _Signed(Struct, frozen=True):
    """Addresses of the storage itself."""

    signer: Signer

    async def reads(self, keys: Sequence[str]) -> list[str]:
        return await self.signer.sign("GET", keys, LIFETIME_SECONDS)

    async def writes(self, keys: Sequence[str], owner: Owner | None) -> list[str]:
        return await self.signer.sign("PUT", keys, LIFETIME_SECONDS)


class _Permitted(Struct, frozen=True):
    """Addresses of the gateway."""

    registry: Registry
    caller: Principal
    link: Link
    project_id: str | None

    async def reads(self, keys: Sequence[str]) -> list[str]:
        return [self._address(Operation.READ, key) for key in keys]

    async def writes(self, keys: Sequence[str], owner: Owner | None) -> list[str]:
        return [self._address(Operation.WRITE, key, owner) for key in keys]

    def _address(self, operation: Operation, key: str, owner: Owner | None = None) -> str:
        sealed = _seal(self.registry, self.caller, operation, key, owner=owner, project_id=self.project_id)
        return self.link(sealed)


def _addresses(registry: Registry, caller: Principal, link: Link, project_id: str | None = None) -> _Addresses:
    signer = files_of(registry).signer
    return _Permitted(registry, caller, link, project_id) if signer is None else _Signed(signer)


async def _begin_direct(registry: Registry, uploads: Uploads, key: str, parts: int) -> BegunUpload:
    begun = await uploads.begin(key, parts, LIFETIME_SECONDS)
    now = registry.clock()
    # The storage keeps the parts of what is never finished until it is told to give them up.
    noted = Upload(
        id=registry.new_id(), key=key, reference=begun.reference, created=now, expires=now + ADDRESS_LIFETIME
    )
    try:
        await _note(registry, noted)
    except BaseException:
        await uploads.abort(key, begun.reference)
        raise
    return BegunUpload(
        provider=begun.provider,
        upload_id=begun.reference,
        part_urls=begun.part_urls,
        finish_url=begun.finish_url,
        block_ids=begun.block_ids,
    )


async def _note(registry: Registry, noted: Upload | Discard) -> None:
    """Keep what the upkeep has to clear away in the end."""

    async def work(unit: Writer) -> None:
        await unit.add(noted)

    await registry.store.write(work)


async def _begin_here(
    registry: Registry, caller: Principal, key: str, parts: int, owner: Owner | None, link: Link
) -> BegunUpload:
    upload_id = registry.new_id()
    upload = upload_prefix(key, upload_id)

    def sealed(operation: Operation, number: int = 0) -> str:
        return _seal(registry, caller, operation, key, owner=owner, upload=upload, part=number, parts=parts)

    now = registry.clock()
    # By then nobody can be writing parts, or waiting for an answer, any more.
    gone = now + 2 * ADDRESS_LIFETIME
    await _note(registry, Discard(prefix=upload, created=now, due=gone, until=gone))
    return BegunUpload(
        provider="s3",
        upload_id=upload_id,
        part_urls=[link(sealed(Operation.WRITE, number)) for number in range(1, parts + 1)],
        finish_url=link(sealed(Operation.FINISH)),
    )


def _seal(
    registry: Registry,
    caller: Principal,
    operation: Operation,
    key: str,
    *,
    owner: Owner | None = None,
    upload: str | None = None,
    part: int = 0,
    parts: int = 0,
    version_id: str | None = None,
    project_id: str | None = None,
) -> str:
    permit = Permit(
        operation=operation,
        key=key,
        expires=registry.clock() + ADDRESS_LIFETIME,
        user_id=caller.user_id,
        owner=owner,
        upload=upload,
        part=part,
        parts=parts,
        version_id=version_id,
        project_id=project_id,
    )
    return seal(registry.signing_secret, _PURPOSE, msgspec.msgpack.encode(permit))


async def check_permit(registry: Registry, unit: Reader, text: str, operation: Operation) -> Permit:
    """What a permit for this operation says, if it is still good, as its user and its owner must be.

    Raises ``Unauthenticated`` for any other text, and says nothing then of what is there.
    """
    content = unseal(registry.signing_secret, _PURPOSE, text)
    if content is None:
        raise Unauthenticated("The permit of this address is not one of this server's.")
    permit = msgspec.msgpack.decode(content, type=Permit)
    if permit.operation is not operation:
        raise Unauthenticated(f"The permit of this address is to {permit.operation}, not to {operation}.")
    if registry.clock() >= permit.expires:
        raise Unauthenticated(
            f"The permit of this address is older than {LIFETIME_SECONDS} seconds; ask for a new address."
        )
    await _require_standing(registry, unit, permit)
    return permit


async def _require_standing(registry: Registry, unit: Reader, permit: Permit) -> None:
    if permit.user_id is not None:
        needed = Role.VIEWER if permit.operation is Operation.READ else Role.EDITOR
        user = await unit.get(User, id=permit.user_id)
        if user is None or not user.active or await _role_at(unit, user, permit) < needed:
            raise Unauthenticated("The user to whom this address was given may not use it any more.")
    if permit.owner is not None and not await _takes_files(registry, unit, permit.owner):
        ended = _ENDED[permit.owner.noun]
        raise Unauthenticated(f"What this address was given for takes no more files: it has been {ended}.")


async def _role_at(unit: Reader, user: User, permit: Permit) -> Role:
    """What a user is in the project that a permit is about."""
    held, project_id = role_of(user.role), permit.project_id or project_of(permit.key)
    if held >= Role.EDITOR or project_id is None:
        return held
    grant = await unit.get(Grant, project_id=project_id, user_id=user.id)
    return held if grant is None else max(held, role_of(grant.role))


async def _takes_files(registry: Registry, unit: Reader, owner: Owner) -> bool:
    if owner.noun == RECORD:
        return await unit.get(Record, id=owner.id) is not None
    stage = await unit.get(Stage, id=owner.id)
    return stage is not None and stage.expires > registry.clock()


async def keep_object(
    registry: Registry,
    permit: Permit,
    chunks: AsyncIterable[bytes],
    digests: Sequence[Digest] = (),
    size: int | None = None,
) -> str:
    """Keep all chunks as the object, or the part of one, of a permit to write, whole or not at all; gives its tag.

    ``size`` is how many bytes were announced. Raises ``Corrupted`` where a digest is of other bytes,
    ``Unauthenticated`` where the permit lost its ground meanwhile, ``Conflict`` where the key cannot stand beside
    another, and whatever ``chunks`` raises.
    """
    files = files_of(registry)
    async with aclosing(_verified(registry, permit, chunks, digests)) as verified:
        if permit.upload is not None:
            return await parts_of(files).write(permit.upload, permit.part, permit.parts, size, verified)
        await files.objects.write_stream(permit.key, verified)
    return entity_tag(await files.objects.head(permit.key))


async def _verified(
    registry: Registry, permit: Permit, chunks: AsyncIterable[bytes], digests: Sequence[Digest]
) -> AsyncGenerator[bytes]:
    """The chunks; raises after the last one where they may not be kept."""
    sums = [(digest, hashlib.new(digest.algorithm, usedforsecurity=False)) for digest in digests]
    async for chunk in chunks:
        for _, running in sums:
            # A thread, as a chunk takes a millisecond.
            await asyncio.to_thread(running.update, chunk)
        yield chunk
    for digest, running in sums:
        if not hmac.compare_digest(running.digest(), digest.value):
            raise Corrupted(
                f"The bytes that came have the {digest.algorithm} {running.hexdigest()}, and not the one announced, "
                f"{digest.value.hex()}. Nothing was kept; send them again."
            )

    # An upload may take long, and what it belongs to may have been applied by now.
    async def work(unit: Reader) -> None:
        await _require_standing(registry, unit, permit)

    await registry.store.read(work)


async def read_object(
    registry: Registry, permit: Permit, found: StoredObject, start: int, end: int
) -> AsyncIterator[bytes]:
    """The bytes from ``start`` up to, and without, ``end`` of the object that was found under a permit to read.

    Raises ``NotFound`` before there is a stream; the stream breaks with ``Corrupted`` where the object became shorter.
    """
    return _exactly(await files_of(registry).objects.stream(permit.key, start, end), found.key, end - start)


async def _exactly(chunks: AsyncIterator[bytes], key: str, size: int) -> AsyncIterator[bytes]:
    sent = 0
    async for chunk in chunks:
        sent += len(chunk)
        yield chunk
    if sent != size:
        raise Corrupted(f"The object {key!r} changed while it was read.")


async def finish_upload(registry: Registry, permit: Permit, parts: Sequence[Part]) -> StoredObject:
    """Put the parts of an upload together as its object, and remove them; once more is no error.

    Raises ``Invalid`` unless all parts are told of in ascending order, have been sent, and bear the etags that the
    client tells.
    """
    assert permit.upload is not None, "a permit to finish tells of an upload"
    return await join_parts(files_of(registry), permit.upload, permit.parts, parts, permit.key)
