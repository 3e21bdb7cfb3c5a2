"""Visits to pages: what is looked for there, and what a page showed, asked for and said, told alike for any server."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct
from playwright.async_api import ConsoleMessage, Error, Page, Request, Response, WebSocket
from playwright.async_api import TimeoutError as Late

SHOWN_SECONDS = 30.0
"""How long a page may take to show what is looked for."""
QUIET_SECONDS = 0.4
"""A page has settled when it has asked for nothing for so long."""
SETTLED_SECONDS = 30.0
EXCERPT = 1500
HERE = "127.0.0.1"
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NUMBER = re.compile(r"\b\d+(\.\d+)?\b")
ICON = re.compile(r"GET (/ico)?/\w+\.svg -> 404")
"""The icon of a run's state in the title of a tab. Pages ask for it at the root, wherever they are themselves, and even
before they know the state; the browser fetches it when it likes.
"""
GIVEN_UP = "net::ERR_ABORTED"
"""What is said of a request that the page itself took back."""
NOT_OF_THE_PAGE = ("Failed to load resource", "[.WebGL", "WebGL", "    at ", "The width(")
"""How lines begin that the browser itself writes of requests, which are kept anyway, and those that the drawing of
graphs and charts writes or not, depending on how fast it goes.
"""


class Site(Struct, frozen=True):
    """A server with pages: what it is called, its root without a slash, and each bundle's base below that root."""

    name: str
    url: str
    bases: Mapping[str, str]

    def address(self, bundle: str, path: str) -> str:
        """The address of a page."""
        return f"{self.url}{self.bases[bundle]}{path}"

    def plain(self, bundle: str, text: str) -> str:
        """A text without what differs between two servers that do the same."""
        for address in (self.address(bundle, ""), self.url):
            text = text.replace(address, "")
        return NUMBER.sub("{number}", ID.sub("{id}", text))


class Step(Struct, frozen=True):
    """What a user does next, the text that they click; and the texts that they look for then."""

    click: str
    sees: Sequence[str]


class Look(Struct, frozen=True):
    """A page that a user goes to, and the texts that they look for there.

    ``path`` lies below the bundle's base and names ids in braces. ``holds`` is an expression of JavaScript, for what no
    text tells.
    """

    bundle: str
    name: str
    path: str
    sees: Sequence[str]
    then: Sequence[Step] = ()
    holds: str | None = None

    @property
    def title(self) -> str:
        """What the page is called among those of both bundles."""
        return f"{self.bundle} {self.name}"


class Happened(Struct, frozen=True):
    """What a page did: its requests that failed, its warnings and errors in the console, and whom it asked outside."""

    failed: frozenset[str]
    said: frozenset[str]
    outside: frozenset[str]

    def beyond(self, other: "Happened") -> list[str]:
        """Sentences about what happened here and not there; nothing outside may be asked in any case."""
        return [
            *(f"it asks {request}" for request in sorted(self.failed - other.failed) if not ICON.fullmatch(request)),
            *(f"it says {line}" for line in sorted(self.said - other.said)),
            *(f"it asks somebody else: {address}" for address in sorted(self.outside)),
        ]


class Visit(Struct, frozen=True):
    """What came of a visit: sentences about what was not to be seen, what happened, and a picture of the page."""

    missing: Sequence[str]
    happened: Happened
    picture: Path


class Tab:
    """A tab of a browser in which one page after another is visited; it keeps what each of them asks for and says."""

    def __init__(self, page: Page, site: Site, bundle: str) -> None:
        self.page = page
        self._site = site
        self._bundle = bundle
        self._failed: set[str] = set()
        self._said: set[str] = set()
        self._outside: set[str] = set()
        self._open: set[Request] = set()
        self._stirred = asyncio.Event()
        page.on("request", self._on_request)
        page.on("requestfinished", self._on_end)
        page.on("requestfailed", self._on_failure)
        page.on("response", self._on_response)
        page.on("websocket", self._on_websocket)
        page.on("console", self._on_console)
        page.on("pageerror", self._on_error)

    async def go(self, path: str) -> None:
        """Go to a page of the bundle, by its address."""
        await self.page.goto(self._site.address(self._bundle, path), wait_until="domcontentloaded")

    async def settled(self) -> None:
        """Wait until the page asks for nothing any more. Raises ``TimeoutError``."""
        async with asyncio.timeout(SETTLED_SECONDS):
            while True:
                self._stirred.clear()
                try:
                    await asyncio.wait_for(self._stirred.wait(), QUIET_SECONDS)
                except TimeoutError:
                    if not self._open:
                        return

    def happened(self) -> Happened:
        """What happened so far on this page, and on those that led to it."""
        return Happened(frozenset(self._failed), frozenset(self._said), frozenset(self._outside))

    async def leave(self) -> None:
        """Go to an empty page, and forget what happened. A page goes on asking until it is left."""
        await self.page.goto("about:blank")
        for kept in (self._failed, self._said, self._outside):
            kept.clear()

    def _on_request(self, request: Request) -> None:
        self._open.add(request)
        self._stirred.set()
        self._note_outside(request.url)

    def _on_end(self, request: Request) -> None:
        self._open.discard(request)
        self._stirred.set()

    def _on_failure(self, request: Request) -> None:
        self._on_end(request)
        if request.failure != GIVEN_UP and urlsplit(request.url).hostname == HERE:
            self._note_failed(request, request.failure or "without an answer")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self._note_failed(response.request, str(response.status))

    def _on_websocket(self, socket: WebSocket) -> None:
        self._note_outside(socket.url)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(NOT_OF_THE_PAGE):
            self._said.add(f"{message.type}: {self._site.plain(self._bundle, message.text)}")

    def _on_error(self, error: Error) -> None:
        self._said.add(f"uncaught: {self._site.plain(self._bundle, error.message)}")

    def _note_failed(self, request: Request, how: str) -> None:
        path = urlsplit(request.url)._replace(query="", fragment="").geturl()
        self._failed.add(f"{request.method} {self._site.plain(self._bundle, path)} -> {how}")

    def _note_outside(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != HERE:
            self._outside.add(f"{parts.scheme}://{parts.netloc}{parts.path}")


async def visit(tab: Tab, look: Look, ids: Mapping[str, str], picture: Path) -> Visit:
    """Go to a page, look for all that is to be seen there, wait until it has settled, and take a picture of it."""
    await tab.go(look.path.format(**ids))
    missing = await unseen(tab.page, look.sees)
    if look.holds is not None:
        missing += await unheld(tab.page, look.holds)
    for step in look.then:
        missing += await after(tab.page, step)
    await tab.settled()
    await tab.page.screenshot(path=picture)
    found = Visit(missing, tab.happened(), picture)
    await tab.leave()
    return found


async def unseen(page: Page, texts: Sequence[str]) -> list[str]:
    """Which of these texts do not come to be seen on a page; a sentence about each, and about what is there instead."""

    async def look_for(text: str) -> str | None:
        try:
            await page.get_by_text(text).filter(visible=True).first.wait_for(timeout=SHOWN_SECONDS * 1000)
        except Late:
            return f"{text!r} is not to be seen"
        return None

    missing = [found for found in await asyncio.gather(*map(look_for, texts)) if found is not None]
    if missing:
        shown = await page.locator("body").inner_text()
        missing.append(f"{page.url} shows: {shown[:EXCERPT]!r}")
    return missing


async def must_see(page: Page, texts: Sequence[str]) -> None:
    """Wait for these texts to be seen on a page. Raises ``AssertionError``."""
    missing = await unseen(page, texts)
    assert not missing, "\n".join(missing)


async def unheld(page: Page, expression: str) -> list[str]:
    """The expression, if it does not come to hold on a page."""
    try:
        await page.wait_for_function(expression, timeout=SHOWN_SECONDS * 1000)
    except Late:
        return [f"{expression} does not hold"]
    return []


async def after(page: Page, step: Step) -> list[str]:
    """What is not to be seen after a step."""
    try:
        await page.get_by_text(step.click, exact=True).filter(visible=True).last.click(timeout=SHOWN_SECONDS * 1000)
    except Late:
        return [f"there is nothing named {step.click!r} to click"]
    return await unseen(page, step.sees)
