"""What is found at ``/``: by a person, and by a program."""

import re
from html import unescape
from pathlib import Path

import httpx
import pytest

from isogloss.adapters import native
from isogloss.gateway.bundles import open_interface
from isogloss.gateway.settings import Auth
from tests.gateway.pages import PAGES, make_package
from tests.gateway.toy import INNER, TOY, client, toy_app

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
HOST = {"host": "registry.example.org:8000"}


async def start_page(headers: dict[str, str], public_url: str = "") -> httpx.Response:
    async with client(toy_app(PUBLIC_URL=public_url)) as http:
        return await http.get("/", headers=headers)


async def test_it_names_every_api_and_loads_nothing() -> None:
    page = await start_page(BROWSER | HOST)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["vary"] == "Accept"
    assert "http://registry.example.org:8000/toy" in page.text
    assert "TOY_URL=http://registry.example.org:8000/toy" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not re.search(r"<(script|link|img)|src=|@import|url\(", page.text)


async def test_it_names_no_dialect_without_a_client() -> None:
    assert re.findall("<h2>(.*)</h2>", (await start_page(BROWSER)).text) == ["toy"]


async def test_its_addresses_are_the_public_ones_where_these_are_known() -> None:
    page = await start_page(BROWSER, "https://public.example.org")
    assert "https://public.example.org/toy" in page.text


async def test_nothing_that_is_asked_gets_into_it() -> None:
    assert "<script>" not in (await start_page(BROWSER | {"host": "<script>"})).text


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html;q=0", ""])
async def test_programs_get_the_same_as_plain_text(accept: str) -> None:
    plain, page = await start_page({"accept": accept} | HOST), await start_page(BROWSER | HOST)
    assert plain.headers["content-type"] == "text/plain; charset=utf-8"
    assert "<" not in plain.text
    bare = unescape(re.sub("<[^>]+>", "", page.text[page.text.index("<body>") :]))
    for line in filter(None, (line.strip() for line in plain.text.splitlines())):
        assert line in bare or line.startswith("State: "), line


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
async def test_it_tells_of_the_web_pages_and_of_the_reference_where_there_are_any(tmp_path: Path, accept: str) -> None:
    interface = open_interface("toy", PAGES, make_package(tmp_path))
    dialects = (TOY, INNER, native.dialect)
    async with client(toy_app(dialects=dialects[:2])) as http:
        without = (await http.get("/", headers={"accept": accept})).text
    assert "Web pages" not in without
    assert "itself" not in without
    app = toy_app(dialects=dialects, interfaces=[interface], auth=Auth.REQUIRED)
    async with client(app) as http:
        page = (await http.get("/", headers={"accept": accept})).text
    assert "http://gateway.test/new/" in page
    assert "http://gateway.test/api/isogloss/v1/docs" in page
    assert "isogloss token create NAME" in page
    assert "TOY_KEY=NAME:TOKEN" in page
    if accept == "text/html":
        assert re.findall('href="([^"]*)"', page) == ["/new/", "/api/isogloss/v1/docs", "/health", "/ready"]
