"""Signing in with ``tfy login``: the command line shows an address, and a user approves it there in a browser."""

import base64
import json
import os
import re
import subprocess
import sys
import time
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import requests
from checks import SERVER, STORAGE, expect, holds, unique

USER, PASSWORD = os.environ["PAGE_USER"], os.environ["PAGE_PASSWORD"]
KEPT = Path.home() / ".truefoundry" / "credentials.json"
ADDRESS = re.compile(rf"{re.escape(SERVER)}/devices/verify\?\S+")

# With this the client needs no session, and makes none.
for variable in ("TFY_API_KEY", "TFY_HOST"):
    del os.environ[variable]


def command(*arguments: str) -> str:
    """What the command line prints; an address that it shows is approved by a user."""
    printed = []
    # A browser that opens nothing: this program is the browser.
    environment = {**os.environ, "COLUMNS": "4000", "NO_COLOR": "1", "BROWSER": "true", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [str(Path(sys.executable).with_name("tfy")), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    ) as shell:
        try:
            for line in shell.stdout:
                printed.append(line)
                if shown := ADDRESS.search(line):
                    approve(shown[0])
        except BaseException:
            shell.kill()
            raise
    expect(shell.returncode, 0, f"the exit status of tfy {' '.join(arguments)}, which printed {''.join(printed)}")
    return "".join(printed)


def approve(address: str) -> None:
    """What a user does on the page: name and password, and then a look at the device and a click."""
    first = requests.get(address, timeout=60)
    second = send(first, {**filled(first), "name": USER, "password": PASSWORD})
    holds(second.status_code == 200 and USER in second.text, f"signed in: {second.text}")
    done = send(second, {**filled(second), "decision": "approve"})
    holds(done.status_code == 200 and "may sign in now" in done.text, f"approved: {done.text}")


def filled(page: requests.Response) -> dict[str, str]:
    """What a browser would send of the page's form before anybody types."""
    found = re.findall(r'<input (?:type="hidden" )?name="(\w+)" value="([^"]*)"', page.text)
    return {field: unescape(value) for field, value in found}


def send(page: requests.Response, form: dict[str, str]) -> requests.Response:
    """The page that follows the form of this one."""
    action = re.search(r'<form method="post" action="([^"]*)"', page.text)
    return requests.post(urljoin(page.url, unescape(action[1])), data=form, timeout=60)


def kept() -> dict[str, str]:
    """What the client has kept."""
    return json.loads(KEPT.read_text())


def claims(key: str) -> dict:
    """What a key says."""
    return json.loads(base64.urlsafe_b64decode(key.split(".")[1] + "=="))


printed = command("login", "--host", SERVER)
holds(f"Successfully logged in to '{SERVER}' as '{USER}'" in printed, f"signed in as who approved it: {printed}")
first = kept()
holds("Already logged in" in command("login", "--host", SERVER), "and knows it")

# The client takes a key that is about to end for what it says: it asks for the next one, and keeps that.
ending = claims(first["access_token"]) | {"exp": int(time.time()) + 60}
text = base64.urlsafe_b64encode(json.dumps(ending).encode()).rstrip(b"=").decode()
head, _, signature = first["access_token"].split(".")
KEPT.write_text(json.dumps(first | {"access_token": f"{head}.{text}.{signature}"}))

from truefoundry.ml import get_client  # noqa: E402

client = get_client()
repo = unique("device")
client.create_ml_repo(repo, storage_integration_fqn=STORAGE)
holds(repo in client.list_ml_repos(), "the client works with what it was given")
second = kept()
holds(claims(second["access_token"])["exp"] > time.time() + 3600, "it has asked for another key, and kept it")
expect(second["refresh_token"], first["refresh_token"], "which it can do again")

again = requests.get(
    f"{SERVER}/api/svc/v1/session", headers={"Authorization": f"Bearer {second['access_token']}"}, timeout=60
)
expect(again.json()["user"]["email"], claims(second["access_token"])["email"], "the key says whose it is")
command("logout")
holds(not KEPT.exists(), "signed out")
print("done")
