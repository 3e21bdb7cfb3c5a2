"""Tags, which the vendor's artifacts have none of, as a member of their metadata: shown, and never kept."""

from collections.abc import Sequence

import msgspec
from msgspec import Raw

from isogloss.core.model import Json

TAGS = "isogloss.tags"


def tags_text(tags: Sequence[str]) -> str:
    """Names of tags as the value of their member."""
    return msgspec.json.encode(list(tags)).decode()


def with_tags(metadata: Json | None, tags: Sequence[str]) -> Json | None:
    """A folded document with the tags that are on its version; without a tag, it has no such member."""
    own = {} if metadata is None else msgspec.json.decode(metadata, type=dict[str, Raw])
    if not tags and TAGS not in own:
        return metadata
    kept = {name: value for name, value in own.items() if name != TAGS}
    shown = {TAGS: tags_text(tags)} if tags else {}
    return msgspec.json.encode(kept | shown).decode()
