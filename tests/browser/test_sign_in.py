"""Signing in to Prefect's pages where a gateway asks for credentials, as each of the bundles does it."""

import base64
from collections.abc import Iterator, Sequence

import pytest
from msgspec import Struct

from tests.browser.chromium import chromium, user
from tests.browser.pages import BUNDLES
from tests.browser.sites import BASES, OURS, page_settings
from tests.browser.visits import Site, Tab, must_see
from tests.support.databases import Databases
from tests.support.gateways import PASSWORD, served

USER, KEY = "ana", "what-ana-wrote"
ASKS_FOR = "admin:pass"
"""What the empty field of the sign-in says, which takes a name and a password with a colon between them."""
REFUSED = {"v1": "Authentication failed", "v2": "Invalid credentials"}
"""What each bundle says of a wrong credential."""


class Locked(Struct, frozen=True):
    """A gateway that asks for credentials; and a name and token, and a name and password, that are good there."""

    site: Site
    credentials: Sequence[str]


@pytest.fixture(scope="module")
def locked(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Locked]:
    home = tmp_path_factory.mktemp("locked")
    with (
        databases.fresh("sqlite", migrated=True) as database,
        served(database, home, auth="required", settings=page_settings()) as gateway,
    ):
        credentials = [f"{USER}:{gateway.token(USER)}", f"admin:{PASSWORD}"]
        basic = base64.b64encode(credentials[0].encode()).decode()
        artifact = {"key": KEY, "type": "markdown", "data": "# Ana's"}
        made = gateway.request("POST", "/api/artifacts/", artifact, headers={"authorization": f"Basic {basic}"})
        assert made.status == 201, made
        yield Locked(Site(OURS, gateway.url, BASES[OURS]), credentials)


@pytest.mark.parametrize("bundle", BUNDLES)
async def test_pages_show_after_signing_in_and_not_before(locked: Locked, bundle: str) -> None:
    async with chromium() as browser:
        for credential in locked.credentials:
            tab = Tab(await (await user(browser)).new_page(), locked.site, bundle)
            await tab.go("/artifacts")
            await must_see(tab.page, ["Login"])
            assert await sign_in(tab, "ana:wrong") == 401
            await must_see(tab.page, [REFUSED[bundle], "Login"])
            assert KEY not in await tab.page.content()
            # The page that was asked for at first, and again when it is asked for anew.
            assert await sign_in(tab, credential) == 200
            await must_see(tab.page, [KEY])
            await tab.page.reload()
            await must_see(tab.page, [KEY])
            assert tab.happened().outside == set()


async def sign_in(tab: Tab, credential: str) -> int:
    """Fill the form in and send it; the status of what the page is answered."""
    await tab.settled()
    async with tab.page.expect_response(lambda response: response.url.endswith("/api/admin/version")) as asked:
        await tab.page.get_by_placeholder(ASKS_FOR).fill(credential)
        await tab.page.get_by_role("button", name="Login").click()
    answered = await asked.value
    await tab.settled()
    return answered.status
