"""What the registry's own API is: for programs, and for people. Neither tells anything of what is kept here."""

from collections.abc import Sequence

from litestar.types import ASGIApp

from isogloss.adapters.call import Call
from isogloss.adapters.native.document import make_document
from isogloss.adapters.native.endpoints import Endpoint, asked
from isogloss.adapters.native.reference_page import make_page
from isogloss.adapters.operations import Plain, encode
from isogloss.adapters.reply import Reply

OPENAPI, DOCS = "/openapi.json", "/docs"

_HEADERS = (
    ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'"),
    ("x-content-type-options", "nosniff"),
)


def described(endpoints: Sequence[Endpoint]) -> tuple[Endpoint, ...]:
    """The endpoints, and behind them those that describe all of them."""

    async def get_description(call: Call) -> ASGIApp:
        asked(call, ())
        return Reply(document)

    async def get_reference_page(call: Call) -> ASGIApp:
        asked(call, ())
        return Reply(page, 200, _HEADERS, media_type=b"text/html; charset=utf-8")

    whole = (
        *endpoints,
        Endpoint(
            route=Plain("GET", OPENAPI, get_description),
            summary="Get this description (OpenAPI)",
            group="Description",
        ),
        Endpoint(
            route=Plain("GET", DOCS, get_reference_page),
            summary="Get this description as a page",
            group="Description",
        ),
    )
    made = make_document(whole)
    document, page = encode(made), make_page(made).encode()
    return whole
