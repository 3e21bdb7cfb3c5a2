"""Signing in with ``tfy login``: the command line shows an address, and a user approves it there in a browser."""

import base64
import json
import os
import sys
import time
from pathlib import Path

import requests
from checks import SERVER, STORAGE, expect, holds, unique
from device_page import USER, run_and_approve

KEPT = Path.home() / ".truefoundry" / "credentials.json"

# With this the client needs no session, and makes none.
for variable in ("TFY_API_KEY", "TFY_HOST"):
    del os.environ[variable]


def command(*arguments: str) -> str:
    """What the command line prints; an address that it shows is approved by a user."""
    return run_and_approve([str(Path(sys.executable).with_name("tfy")), *arguments], SERVER)


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
