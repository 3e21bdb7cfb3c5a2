"""The page on which a user lets a device sign in, as a browser without JavaScript has it, on both engines."""

import re
from collections.abc import AsyncIterator
from html import unescape
from typing import TypeVar
from urllib.parse import urlencode

import httpx
import pytest

from isogloss.core import passwords
from isogloss.core.model import Device
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import Registry
from isogloss.core.registry.devices import APPROVAL, ATTEMPTS, Begun, Poll, Progress, begin_device, poll_device
from isogloss.core.registry.doorkeeper import Doorkeeper
from isogloss.gateway.device_page import MAX_FORM_BYTES, PATH
from isogloss.gateway.settings import Auth
from tests.gateway.toy import client, toy_app
from tests.support.accounts import add_user, bearer, make_key
from tests.support.registries import Clock

T = TypeVar("T")
ANA = {"name": "ana", "password": "sesame"}


@pytest.fixture(autouse=True)
async def ana(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_SCRYPT_N", 2)
    await add_user(registry, "ana", password="sesame")


@pytest.fixture
async def browser(registry: Registry) -> AsyncIterator[httpx.AsyncClient]:
    async with client(toy_app(registry, gate=Doorkeeper(registry), auth=Auth.REQUIRED)) as http:
        yield http


async def begin(
    registry: Registry, facet: str | None = '{"hostname":"<b>box</b>","os":"Linux","ip_address":"::1"}'
) -> Begun:
    async def work(unit: Writer) -> Begun:
        return await begin_device(registry, unit, "client", facet)

    return await registry.store.write(work)


async def poll(registry: Registry, begun: Begun) -> Poll:
    async def work(unit: Writer) -> Poll:
        return await poll_device(registry, unit, "client", begun.device_code, make_key)

    return await registry.store.write(work)


def fields(page: str) -> dict[str, str]:
    """What a browser would send of the page's form before anybody types."""
    found = re.findall(r'<input (?:type="hidden" )?name="(\w+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


async def signed_in(browser: httpx.AsyncClient, begun: Begun) -> dict[str, str]:
    """The second form, after the first one."""
    answer = await browser.post(PATH, data={"user_code": begun.user_code, **ANA})
    assert answer.status_code == 200, answer.text
    return fields(answer.text)


async def test_a_user_signs_in_sees_the_device_and_approves_it(browser: httpx.AsyncClient, registry: Registry) -> None:
    begun = await begin(registry)
    query = urlencode({"device_id": begun.device.id, "user_code": begun.user_code})
    first = await browser.get(f"{PATH}?{query}")
    assert first.status_code == 200
    assert fields(first.text) == {"user_code": begun.user_code, "name": "", "password": ""}

    second = await browser.post(PATH, data=fields(first.text) | ANA)
    assert second.status_code == 200
    assert "&lt;b&gt;box&lt;/b&gt;" in second.text
    assert "Linux" in second.text
    assert "sesame" not in second.text

    done = await browser.post(PATH, data={**fields(second.text), "decision": "approve", "trusted": "on"})
    assert (done.status_code, "may sign in now" in done.text) == (200, True)
    polled = await poll(registry, begun)
    assert polled.issued is not None
    assert polled.device is not None
    assert polled.device.trusted
    assert (await Doorkeeper(registry)(bearer(polled.issued.key))).name == "ana"


async def test_or_denies_it(browser: httpx.AsyncClient, registry: Registry) -> None:
    begun = await begin(registry, None)
    form = await signed_in(browser, begun)
    done = await browser.post(PATH, data={**form, "decision": "deny"})
    assert "was refused" in done.text
    assert (await poll(registry, begun)).progress is Progress.REFUSED


async def test_a_wrong_password_shows_the_form_again_without_it(browser: httpx.AsyncClient, registry: Registry) -> None:
    begun = await begin(registry)
    answer = await browser.post(PATH, data={"user_code": begun.user_code, "name": 'a"na', "password": "wrong"})
    assert answer.status_code == 401
    assert fields(answer.text) == {"user_code": begun.user_code, "name": 'a"na', "password": ""}
    assert (await poll(registry, begun)).progress is Progress.WAITING


async def test_a_code_that_no_device_shows_or_shows_no_more(browser: httpx.AsyncClient, registry: Registry) -> None:
    assert isinstance(registry.clock, Clock)
    assert (await browser.post(PATH, data={"user_code": "BCDFG-HJKLM", **ANA})).status_code == 404
    begun = await begin(registry)
    form = await signed_in(browser, begun)
    registry.clock.advance(APPROVAL - 1)
    assert (await browser.post(PATH, data={**form, "decision": ""})).status_code == 200
    registry.clock.advance(1)
    assert (await browser.post(PATH, data={**form, "decision": "approve"})).status_code == 401
    assert (await browser.post(PATH, data={"user_code": begun.user_code, **ANA})).status_code == 404


async def test_nothing_is_approved_without_what_only_the_page_gave(
    browser: httpx.AsyncClient, registry: Registry
) -> None:
    begun = await begin(registry)
    form = {**await signed_in(browser, begun), "decision": "approve"}
    session = form.pop("session")
    for forged in (form, {**form, "session": "isg_x.y"}, {**form, "session": ""}):
        assert (await browser.post(PATH, data=forged)).status_code == 401
    for site in ("cross-site", "same-site"):
        elsewhere = await browser.post(PATH, data={**form, "session": session}, headers={"sec-fetch-site": site})
        assert elsewhere.status_code == 403
    assert (await poll(registry, begun)).progress is Progress.WAITING
    own = await browser.post(PATH, data={**form, "session": session}, headers={"sec-fetch-site": "same-origin"})
    assert own.status_code == 200


async def test_wrong_codes_for_a_device_lock_it(browser: httpx.AsyncClient, registry: Registry) -> None:
    begun, other = await begin(registry), await begin(registry)
    form = {**await signed_in(browser, other), "device_id": begun.device.id, "decision": "approve"}
    for _ in range(ATTEMPTS):
        assert (await browser.post(PATH, data=form)).status_code == 404

    async def read(unit: Reader) -> Device | None:
        return await unit.get(Device, id=begun.device.id)

    locked = await registry.store.read(read)
    assert locked is not None
    assert locked.status == "locked"


async def test_it_is_kept_out_of_frames_caches_and_scripts(browser: httpx.AsyncClient) -> None:
    answer = await browser.get(PATH)
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert "<script" not in answer.text


async def test_what_is_no_form(browser: httpx.AsyncClient) -> None:
    assert (await browser.delete(PATH)).status_code == 405
    assert (await browser.post(PATH, content=b"x" * (MAX_FORM_BYTES + 1))).status_code == 413
    for junk in (b"", b"&" * 100, b"a=%00&name=%00&password=%ff", b"\xff\xfe"):
        assert (await browser.post(PATH, content=junk)).status_code == 401
    assert (await browser.get(f"{PATH}?user_code=%00%ff<script>")).status_code == 200


async def test_an_open_registry_needs_none(registry: Registry) -> None:
    async with client(toy_app(registry)) as http:
        for answer in (await http.get(PATH), await http.post(PATH, data=ANA)):
            assert (answer.status_code, "open" in answer.text) == (200, True)
