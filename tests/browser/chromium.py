"""A Chromium without a window, driven by a program: new at each start, with nothing to reach but this machine."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, BrowserContext, async_playwright

PROGRAM = "chromium"
ARGUMENTS = (
    # As root, and in a container, its own sandbox cannot start.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No other name and no other address than this one leads anywhere.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


class BrowserMissing(AssertionError):
    """There is no Chromium on this machine. The message says how to get one."""


def program() -> str:
    """The path of the browser. Raises ``BrowserMissing``."""
    found = shutil.which(PROGRAM)
    if found is None:
        raise BrowserMissing(
            f"These tests drive a real browser, and there is no `{PROGRAM}` on the PATH: install Debian's package"
            f" `{PROGRAM}`, as root with `apt-get update && apt-get install {PROGRAM}`."
        )
    return found


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser until the block ends. Raises ``BrowserMissing``."""
    path = program()
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


async def user(browser: Browser) -> BrowserContext:
    """A user of the browser who has not been anywhere yet."""
    return await browser.new_context(
        viewport={"width": 1280, "height": 1000}, locale="en-US", timezone_id="UTC", color_scheme="light"
    )
