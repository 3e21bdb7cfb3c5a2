"""The record of who wrote what, for administrators."""

from isogloss.adapters.call import Call, number
from isogloss.adapters.operations import Read, Route
from isogloss.core.ports import Reader
from isogloss.core.registry import audit
from isogloss.core.registry.audit import MOST_ENTRIES, ShownEntry, shown_entry

DEFAULT_ENTRIES = 100


async def list_audit(call: Call, unit: Reader) -> dict[str, list[ShownEntry]]:
    """The newest entries: of one ``user`` or ``project``, none older than ``since``, at most ``limit``."""
    query = call.query()
    since = _last(query, "since")
    found = await audit.list_entries(
        unit,
        call.caller,
        user=_last(query, "user"),
        project=_last(query, "project"),
        since=None if since is None else audit.read_moment("since", since),
        limit=number(query, "limit", DEFAULT_ENTRIES, 1, MOST_ENTRIES),
    )
    return {"entries": [shown_entry(entry) for entry in found]}


def _last(query: dict[str, list[str]], name: str) -> str | None:
    given = query.get(name)
    return given[-1] if given else None


ROUTES: tuple[Route, ...] = (Read("GET", "/audit", list_audit),)
