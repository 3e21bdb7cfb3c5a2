"""A user with a browser, on the page on which a device is let in whose command line shows the page's address."""

import os
import re
import subprocess
from collections.abc import Sequence
from html import unescape
from urllib.parse import urljoin

import requests
from expecting import expect, holds

USER, PASSWORD = os.environ["PAGE_USER"], os.environ["PAGE_PASSWORD"]


def run_and_approve(arguments: Sequence[str], server: str) -> str:
    """What a command prints; an address of the page that it shows is approved by the user."""
    address = re.compile(rf"{re.escape(server)}/devices/verify\?\S+")
    printed = []
    # A browser that opens nothing: this program is the browser.
    environment = {**os.environ, "COLUMNS": "4000", "NO_COLOR": "1", "BROWSER": "true", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    ) as shell:
        try:
            for line in shell.stdout or ():
                printed.append(line)
                if shown := address.search(line):
                    _approve(shown[0])
        except BaseException:
            shell.kill()
            raise
    expect(shell.returncode, 0, f"the exit status of {' '.join(arguments)}, which printed {''.join(printed)}")
    return "".join(printed)


def _approve(address: str) -> None:
    """What a user does on the page: name and password, and then a look at the device and a click."""
    first = requests.get(address, timeout=60)
    expect(first.status_code, 200, "the page")
    form = _filled(first)
    holds(form["user_code"], "the page knows the code from its address")
    wrong = _send(first, {**form, "name": USER, "password": "wrong"})
    expect(wrong.status_code, 401, "a wrong password")
    second = _send(wrong, {**_filled(wrong), "password": PASSWORD})
    expect(second.status_code, 200, "the right one")
    holds(form["user_code"] in second.text and USER in second.text, f"it says who and what: {second.text}")
    done = _send(second, {**_filled(second), "decision": "approve"})
    holds(done.status_code == 200 and "may sign in now" in done.text, f"approved: {done.text}")


def _filled(page: requests.Response) -> dict[str, str]:
    """What a browser would send of the page's form before anybody types."""
    found = re.findall(r'<input (?:type="hidden" )?name="(\w+)" value="([^"]*)"', page.text)
    return {field: unescape(value) for field, value in found}


def _send(page: requests.Response, form: dict[str, str]) -> requests.Response:
    """The page that follows the form of this one."""
    action = re.search(r'<form method="post" action="([^"]*)"', page.text)
    assert action is not None, "the page has a form"
    return requests.post(urljoin(page.url, unescape(action[1])), data=form, timeout=60)
