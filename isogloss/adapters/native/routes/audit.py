"""The record of who wrote what, for administrators."""

from msgspec import Struct

from isogloss.adapters.call import Call, number
from isogloss.adapters.native.endpoints import Endpoint, asked, text_parameter, whole_parameter
from isogloss.adapters.operations import Read
from isogloss.core.ports import Reader
from isogloss.core.registry import audit
from isogloss.core.registry.audit import MOST_ENTRIES, ShownEntry, shown_entry

DEFAULT_ENTRIES = 100


_ASKED = (
    text_parameter("user", "Of this user alone, by name or id."),
    text_parameter("project", "Of this project alone, by name or id."),
    text_parameter("since", "None older than this moment."),
    whole_parameter("limit", "How many entries are told at most.", 1, MOST_ENTRIES, DEFAULT_ENTRIES),
)


class Audit(Struct, frozen=True):
    """Entries, the newest first."""

    entries: list[ShownEntry]


async def list_audit(call: Call, unit: Reader) -> Audit:
    """The newest entries: of one ``user`` or ``project``, none older than ``since``, at most ``limit``."""
    query = asked(call, _ASKED)
    since = query.one("since")
    found = await audit.list_entries(
        unit,
        call.caller,
        user=query.one("user"),
        project=query.one("project"),
        since=None if since is None else audit.read_moment("since", since),
        limit=number(query.values, "limit", DEFAULT_ENTRIES, 1, MOST_ENTRIES),
    )
    return Audit([shown_entry(entry) for entry in found])


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        route=Read("GET", "/audit", list_audit),
        summary="List what was written, by whom and when, for administrators",
        group="Audit",
        parameters=_ASKED,
        answer=Audit,
    ),
)
