"""Prefect's pages show on a gateway what they show on Prefect's own server, and ask nothing more that fails.

Both bundles are visited on both servers, one page after another in the same browser; the tests tell what came of it.
"""

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.browser.chromium import chromium, program, user
from tests.browser.pages import BUNDLES, LIKENED, foreign_looks, looks
from tests.browser.sites import OURS, THEIRS, Filled, both_sites, patience
from tests.browser.visits import Tab, Visit, unseen, visit
from tests.support.databases import Databases

TITLES = [look.title for bundle in BUNDLES for look in looks(bundle)]
FOREIGN_TITLES = [look.title for bundle in BUNDLES for look in foreign_looks(bundle)]
"""Pages that a gateway alone has."""
OUTPUT = "ISOGLOSS_TEST_OUTPUT"
"""The variable that names a folder to keep pictures of the pages in; without it, they are where pytest keeps files."""

Visits = Mapping[tuple[str, str], Visit]
"""By the server's name and the page's title."""


@pytest.fixture(scope="module")
def sites(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Filled]]:
    program()  # Where there is no browser, nothing else needs to be started.
    with both_sites(databases, tmp_path_factory.mktemp("sites")) as opened:
        yield opened


@pytest.fixture(scope="module")
def visits(sites: Mapping[str, Filled], tmp_path_factory: pytest.TempPathFactory) -> Visits:
    named = os.environ.get(OUTPUT)
    pictures = Path(named) / "browser" if named else tmp_path_factory.mktemp("browser")
    pictures.mkdir(parents=True, exist_ok=True)
    return asyncio.run(tour(sites, pictures))


async def tour(sites: Mapping[str, Filled], pictures: Path) -> Visits:
    """Visits to all pages, with a tab for each bundle of each server."""
    made: dict[tuple[str, str], Visit] = {}

    async def one(filled: Filled, bundle: str) -> None:
        name = filled.site.name
        tab = Tab(await (await user(browser)).new_page(), filled.site, bundle)
        for look in [*looks(bundle), *(foreign_looks(bundle) if name == OURS else ())]:
            picture = pictures / f"{look.title.replace(' ', '-')}-{name}.png"
            made[name, look.title] = await visit(tab, look, filled.ids, picture)

    async with chromium() as browser:
        await asyncio.gather(*(one(filled, bundle) for filled in sites.values() for bundle in BUNDLES))
    return made


@pytest.mark.parametrize(
    ("title", "server"),
    [*((title, server) for title in TITLES for server in (THEIRS, OURS)), *((title, OURS) for title in FOREIGN_TITLES)],
)
def test_page_shows_what_a_user_looks_for(visits: Visits, title: str, server: str) -> None:
    seen = visits[server, title]
    assert not seen.missing, "\n".join([f"{title} on {server}, see {seen.picture}:", *seen.missing])


@pytest.mark.parametrize("title", TITLES)
def test_page_fails_and_complains_no_more_than_on_the_real_server_and_asks_nobody_else(
    visits: Visits, title: str
) -> None:
    more = visits[OURS, title].happened.beyond(visits[THEIRS, title].happened)
    assert not more, "\n".join([f"{title}:", *more])


@pytest.mark.parametrize("title", FOREIGN_TITLES)
def test_page_of_what_others_wrote_fails_no_more_than_one_like_it_on_the_real_server(
    visits: Visits, title: str
) -> None:
    bundle, _, name = title.partition(" ")
    more = visits[OURS, title].happened.beyond(visits[THEIRS, f"{bundle} {LIKENED[name]}"].happened)
    assert not more, "\n".join([f"{title}:", *more])


async def test_page_of_a_run_that_goes_on_shows_its_end_without_a_reload(
    sites: Mapping[str, Filled], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with AsyncExitStack() as stack:
        runs = {
            name: await stack.enter_async_context(patience(filled.site.url, tmp_path_factory.mktemp(name)))
            for name, filled in sites.items()
        }
        browser = await stack.enter_async_context(chromium())
        tabs: dict[tuple[str, str], Tab] = {}
        for name, filled in sites.items():
            path = f"/runs/flow-run/{await runs[name].begun()}"
            for bundle in BUNDLES:
                tabs[name, bundle] = tab = Tab(await (await user(browser)).new_page(), filled.site, bundle)
                await tab.go(path)

        async def missing(*texts: str) -> list[str]:
            found = await asyncio.gather(*(unseen(tab.page, texts) for tab in tabs.values()))
            return [
                f"{bundle} on {name}: {sentence}"
                for (name, bundle), sentences in zip(tabs, found, strict=True)
                for sentence in sentences
            ]

        assert await missing("waits-for-a-word", "Running", "listening") == []
        for tab in tabs.values():
            await tab.page.evaluate("window.stillTheSame = true")
        await asyncio.gather(*(run.say("storm") for run in runs.values()))
        assert await missing("Completed") == []
        for (name, bundle), tab in tabs.items():
            assert await tab.page.evaluate("window.stillTheSame === true"), f"{bundle} on {name} was loaded again"
        for bundle in BUNDLES:
            assert tabs[OURS, bundle].happened().beyond(tabs[THEIRS, bundle].happened()) == [], bundle
