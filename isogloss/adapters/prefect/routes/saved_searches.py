"""Saved searches: none are kept, and the pages that ask for them find none."""

from isogloss.adapters.prefect.bodies.pages import SavedSearchPage
from isogloss.adapters.prefect.decode import AnyRequest, Members
from isogloss.adapters.prefect.routes import Route
from isogloss.adapters.reply import Reply
from isogloss.core.registry import Registry

_PAGE: Members[SavedSearchPage] = Members(SavedSearchPage)


async def read_saved_searches(registry: Registry, request: AnyRequest) -> Reply:
    """A page of saved searches, which is empty: there is no way to save one here."""
    await _PAGE.read(request)
    return Reply(b"[]")


ROUTES = (Route("POST", "/saved_searches/filter", read_saved_searches),)
