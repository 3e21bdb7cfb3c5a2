"""What holds files, and what clients do with them: addresses to write and to read them by, and what is there.

Bytes never come here: clients send them to, and fetch them from, the addresses that they are given.
"""

from msgspec import Struct

from isogloss.adapters.call import Call
from isogloss.adapters.operations import encode
from isogloss.adapters.reply import Reply
from isogloss.adapters.transfers import links
from isogloss.adapters.truefoundry.bodies.requests import ListFiles, MultipartUpload, SignedUrls
from isogloss.adapters.truefoundry.file_translate import Signed, listing, multipart
from isogloss.core.places import checked_path, owned_key
from isogloss.core.registry import transfers
from isogloss.core.registry.transfers import Owner


class Holder(Struct, frozen=True, kw_only=True):
    """What has files: a version, a stage, a data directory. ``owner`` is null where nothing may be written any more."""

    id: str
    project_id: str
    owner: Owner | None

    def key(self, path: str) -> str:
        """The key of a file. Raises ``Invalid`` for a path that leads elsewhere, or that no storage keeps."""
        return owned_key(self.project_id, self.id, checked_path(path))


async def addresses(call: Call, holder: Holder, asked: SignedUrls) -> Reply:
    """An address for each path, in the order of the paths."""
    keys = [holder.key(path) for path in asked.paths]
    registry, link = call.registry, link_of(call)
    urls = (
        await transfers.issue_writes(registry, call.caller, keys, holder.owner, link)
        if asked.operation == "WRITE"
        else await transfers.issue_reads(registry, call.caller, keys, link)
    )
    signed = [Signed(path=path, signed_url=url) for path, url in zip(asked.paths, urls, strict=True)]
    return Reply(encode({"data": signed}))


async def part_addresses(call: Call, holder: Holder, asked: MultipartUpload) -> Reply:
    """Addresses for the parts of a large file."""
    begun = await transfers.begin_upload(
        call.registry, call.caller, holder.key(asked.path), asked.num_parts, holder.owner, link_of(call)
    )
    return Reply(encode({"data": multipart(asked.path, begun)}))


async def level_of(call: Call, holder: Holder, asked: ListFiles) -> Reply:
    """One level of the files."""
    path = (asked.path or "").strip("/")
    prefix = holder.key(path) if path else owned_key(holder.project_id, holder.id)
    level = await transfers.files_of(call.registry).objects.browse(prefix)
    return Reply(encode(listing(level, path, limit=asked.limit, token=asked.page_token or None)))


def link_of(call: Call) -> transfers.Link:
    """What makes addresses of the gateway's for this client."""
    return links(call.root)
