"""What holds files, and what clients do with them: addresses to write and to read them by, and what is there.

Bytes never come here: clients send them to, and fetch them from, the addresses that they are given.
"""

from typing import Any

from msgspec import Struct

from isogloss.adapters.call import Call
from isogloss.adapters.operations import encode
from isogloss.adapters.reply import Reply
from isogloss.adapters.transfers import links
from isogloss.adapters.truefoundry.bodies.requests import ListFiles, MultipartUpload, SignedUrls
from isogloss.adapters.truefoundry.file_translate import Signed, listing, multipart
from isogloss.core.places import checked_path, owned_key
from isogloss.core.ports import Level
from isogloss.core.registry import transfers
from isogloss.core.registry.files import Content, Inline, browse_files, key_of
from isogloss.core.registry.transfers import Owner


class Holder(Struct, frozen=True, kw_only=True):
    """What has files of its own: a version, a stage, a data directory.

    ``owner`` is null where nothing may be written any more.
    """

    id: str
    project_id: str
    owner: Owner | None

    def key(self, path: str) -> str:
        """The key of a file. Raises ``Invalid`` for a path that leads elsewhere, or that no storage keeps."""
        return owned_key(self.project_id, self.id, checked_path(path))


class Foreign(Struct, frozen=True, kw_only=True):
    """A version that another dialect wrote, and where its files come from. Nothing is ever written there."""

    id: str
    content: Content


async def addresses(call: Call, holder: Holder, asked: SignedUrls) -> Reply:
    """As ``signed``, as the newer families have it."""
    return Reply(encode({"data": await signed(call, holder, asked.paths, writing=asked.operation == "WRITE")}))


async def signed_reads(call: Call, holder: Holder | Foreign, paths: list[str]) -> list[Signed]:
    """An address to read each path by, in the order of the paths, whoever wrote what has them.

    Raises ``Denied``, ``Invalid``, and ``NotFound`` for a path under which another dialect's version can have no file.
    """
    if isinstance(holder, Holder):
        return await signed(call, holder, paths, writing=False)
    urls = await _foreign_reads(call, holder, [checked_path(path) for path in paths])
    return [Signed(path=path, signed_url=url) for path, url in zip(paths, urls, strict=True)]


async def signed(call: Call, holder: Holder, paths: list[str], *, writing: bool) -> list[Signed]:
    """An address for each path, in the order of the paths. Raises ``Denied`` and ``Invalid``."""
    keys = [holder.key(path) for path in paths]
    registry, link = call.registry, link_of(call)
    urls = (
        await transfers.issue_writes(registry, call.caller, keys, holder.owner, link)
        if writing
        else await transfers.issue_reads(registry, call.caller, keys, link)
    )
    return [Signed(path=path, signed_url=url) for path, url in zip(paths, urls, strict=True)]


async def _foreign_reads(call: Call, holder: Foreign, paths: list[str]) -> list[str]:
    registry, content = call.registry, holder.content
    if isinstance(content, Inline):
        return transfers.issue_shown_reads(registry, call.caller, holder.id, paths, link_of(call))
    objects = transfers.files_of(registry).objects
    keys = [await key_of(objects, content, path) for path in paths]
    return await transfers.issue_reads(registry, call.caller, keys, link_of(call))


async def part_addresses(call: Call, holder: Holder, asked: MultipartUpload) -> Reply:
    """As ``begun``, as the newer families have it."""
    return Reply(encode({"data": await begun(call, holder, asked.path, asked.num_parts)}))


async def begun(call: Call, holder: Holder, path: str, parts: int) -> dict[str, Any]:
    """Addresses for the parts of a large file. Raises ``Denied`` and ``Invalid``."""
    key, link = holder.key(path), link_of(call)
    return multipart(path, await transfers.begin_upload(call.registry, call.caller, key, parts, holder.owner, link))


async def level_of(call: Call, holder: Holder | Foreign, asked: ListFiles) -> Reply:
    """One level of the files, as the newer families have it."""
    path = below(asked.path)
    level = await browsed(call, holder, path)
    return Reply(encode(listing(level, path, limit=asked.limit, token=asked.page_token or None)))


def below(path: str | None) -> str:
    """A path that a client asks for, from the root, which is empty."""
    return (path or "").strip("/")


async def browsed(call: Call, holder: Holder | Foreign, path: str) -> Level:
    """One level of the files. Raises ``Invalid`` for a path that leads elsewhere."""
    objects = transfers.files_of(call.registry).objects
    if isinstance(holder, Foreign):
        return await browse_files(objects, holder.content, path)
    prefix = holder.key(path) if path else owned_key(holder.project_id, holder.id)
    return await objects.browse(prefix)


def link_of(call: Call) -> transfers.Link:
    """What makes addresses of the gateway's for this client."""
    return links(call.root)
