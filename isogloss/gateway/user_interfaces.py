"""Serves vendors' own web pages: their files, what they ask for at first, and the ways that lead to them.

All of it needs no credential, as with the vendors' servers: who signs in does so on a page.
"""

from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from isogloss.adapters.dialect import Dialect
from isogloss.adapters.user_interface import Situation, UserInterface
from isogloss.gateway.bundles import INDEX, File, ServedBundle, ServedInterface
from isogloss.gateway.middleware.asgi import App, Headers, Receive, Scope, Send, send_answer, send_bytes
from isogloss.gateway.middleware.compression import accepts_gzip
from isogloss.gateway.middleware.exchange import HEADERS
from isogloss.gateway.middleware.switch import NOT_FOUND
from isogloss.gateway.pages import readable, root_asked, wants_html
from isogloss.gateway.settings import Auth, Settings

YEAR_SECONDS = 365 * 24 * 60 * 60


def make_settings_pages(
    settings: Settings, auth: Auth, dialects: Sequence[Dialect], interfaces: Sequence[ServedInterface]
) -> dict[str, App]:
    """An app for each path at which a vendor's pages ask what they have to know, wherever they are served from."""
    pages: dict[str, App] = {}
    for dialect in dialects:
        if dialect.user_interface is not None:
            bundles = [bundle for each in interfaces if each.dialect == dialect.name for bundle in each.bundles]
            page = _make_settings_page(settings, auth, dialect.user_interface, bundles)
            pages |= dict.fromkeys(dialect.user_interface.settings_paths, page)
    return pages


def make_folders(settings: Settings, served: ServedInterface) -> dict[str, App]:
    """An app for each path below which everything is a vendor's: its bundles, and the links that its clients show."""
    interface, bundles = served.interface, served.bundles
    common = _common_headers(settings, interface)
    folders = {f"/{link}": _make_link(bundles[0].bundle.base) for link in interface.links}
    for each in bundles:
        folders[each.bundle.base] = _make_folder(each, served, common)
    return {base: readable(folder) for base, folder in folders.items()}


def make_files(settings: Settings, served: ServedInterface) -> dict[str, App]:
    """An app for each file that a vendor's pages ask for at the root, of the first bundle that has it."""
    common = _common_headers(settings, served.interface)
    found: dict[str, App] = {}
    for path, name in served.interface.astray:
        for each in served.bundles:
            if path not in found and (file := each.files.get(name)) is not None:
                found[path] = readable(_make_file(file, common))
    return found


def connect_directive(public_url: str | None) -> str:
    """The directive of a Content-Security-Policy that lets pages ask their own gateway, and nobody else."""
    allowed = ["'self'", "data:"]
    if public_url is not None:
        parts = urlsplit(public_url)
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
        allowed.append(f"{parts.scheme}://{host}")
    return f"connect-src {' '.join(allowed)}"


def _common_headers(settings: Settings, interface: UserInterface) -> Headers:
    policy = (*interface.policy, connect_directive(settings.public_url))
    return [
        (b"content-security-policy", "; ".join(policy).encode()),
        (b"x-content-type-options", b"nosniff"),
        # Pictures come from elsewhere, and nobody there has to learn from where.
        (b"referrer-policy", b"same-origin"),
    ]


def _make_settings_page(
    settings: Settings, auth: Auth, interface: UserInterface, served: Sequence[ServedBundle]
) -> App:
    names = tuple(each.bundle.name for each in served)

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        situation = Situation(root=root_asked(settings, scope), required=auth is Auth.REQUIRED, served=names)
        headers: Headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        await send_bytes(200, interface.settings(situation), headers, send)

    return readable(page)


def _make_folder(served: ServedBundle, all_served: ServedInterface, common: Headers) -> App:
    """Answers for everything below a bundle's base."""
    base, files = served.bundle.base, served.files
    by_name = {each.bundle.name.encode(): each.bundle.base for each in all_served.bundles}
    default = all_served.bundles[0].bundle.base
    preference = all_served.interface.preference.encode()

    async def folder(scope: Scope, receive: Receive, send: Send) -> None:
        headers = scope[HEADERS]
        name = scope["path"].removeprefix(base).removeprefix("/")
        file = files.get(name)
        if file is None and wants_html(headers):
            if not name and base != default:
                # The vendor's servers lead from here to the pages that the browser prefers.
                preferred = by_name.get(_cookie(headers, preference), default)
                if preferred != base:
                    await _redirect(scope, f"{preferred}/", send)
                    return
            file = files[INDEX]
        if file is None:
            await send_answer(NOT_FOUND, send)
        else:
            await _send_file(file, headers, common, send)

    return folder


def _make_file(file: File, common: Headers) -> App:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await _send_file(file, scope[HEADERS], common, send)

    return answer


def _make_link(base: str) -> App:
    """Leads a person from an address that a client showed to the page of it."""

    async def link(scope: Scope, receive: Receive, send: Send) -> None:
        if wants_html(scope[HEADERS]):
            await _redirect(scope, base + scope["path"], send)
        else:
            await send_answer(NOT_FOUND, send)

    return link


async def _send_file(file: File, headers: dict[bytes, bytes], common: Headers, send: Send) -> None:
    keep = b"public, max-age=%d, immutable" % YEAR_SECONDS if file.lasting else b"no-cache"
    tag = file.tag.encode()
    sent: Headers = [*common, (b"etag", tag), (b"cache-control", keep)]
    if file.compressed:
        sent.append((b"vary", b"Accept-Encoding"))
    if _has(headers.get(b"if-none-match", b""), tag):
        await send({"type": "http.response.start", "status": 304, "headers": sent})
        await send({"type": "http.response.body", "body": b""})
        return
    sent.append((b"content-type", file.media_type.encode()))
    if file.compressed and accepts_gzip(headers.get(b"accept-encoding", b"")):
        await send_bytes(200, file.body, [*sent, (b"content-encoding", b"gzip")], send)
    else:
        await send_bytes(200, file.plain, sent, send)


def _has(tags: bytes, tag: bytes) -> bool:
    """Whether a header ``if-none-match`` names the tag; it is compared weakly (RFC 9110)."""
    named = [each.strip().removeprefix(b"W/") for each in tags.split(b",")]
    return b"*" in named or tag.removeprefix(b"W/") in named


async def _redirect(scope: Scope, path: str, send: Send) -> None:
    """Lead to a path, which begins with a base of ours, with the query that came."""
    target = quote(path, safe="/:@!$&'()*+,;=~", errors="replace")
    if scope["query_string"]:
        target += "?" + scope["query_string"].decode("latin-1")
    headers: Headers = [
        (b"location", target.encode("latin-1")),
        (b"cache-control", b"no-store"),
        (b"content-type", b"text/plain; charset=utf-8"),
    ]
    await send_bytes(307, b"", headers, send)


def _cookie(headers: dict[bytes, bytes], name: bytes) -> bytes:
    """The value of a cookie; empty without."""
    for each in headers.get(b"cookie", b"").split(b";"):
        key, _, value = each.strip().partition(b"=")
        if key == name:
            return value
    return b""
