"""Signing in with ``zenml login URL``: the command line shows an address, and a user approves it there in a browser."""

import os
import platform
import sys
from pathlib import Path

from checks import SERVER, another_client, expect, holds, raises, unique
from device_page import USER, run_and_approve

name = unique("device")

# With any of these the command line refuses to sign in.
for variable in [known for known in os.environ if known.startswith("ZENML_STORE_")]:
    del os.environ[variable]


def sign_in() -> str:
    """What the command line prints, which a user approves at the address that it shows."""
    return run_and_approve([str(Path(sys.executable).with_name("zenml")), "login", SERVER], SERVER)


def another_process(text: str, fails: bool = False) -> str:
    """What a new process with the same configuration prints, and no credentials but those that are kept there."""
    return another_client("later", text, {"ZENML_CONFIG_PATH": os.environ["ZENML_CONFIG_PATH"]}, fails)


sign_in()

# Not before: what the client has read of its configuration once, it does not read again.
from zenml import load_artifact, save_artifact  # noqa: E402
from zenml.client import Client  # noqa: E402
from zenml.config.global_config import GlobalConfiguration  # noqa: E402
from zenml.exceptions import CredentialsNotValid  # noqa: E402

client = Client()
expect((client.zen_store.url, client.active_user.name), (SERVER, USER), "signed in as who approved it")
holds(client.list_artifacts().total >= 0, "artifacts are listed")
expect((save_artifact(7, name).version, load_artifact(name)), ("1", 7), "and saved")
printed = another_process(f"from zenml import load_artifact\nprint('loaded', load_artifact('{name}'))")
holds("loaded 7" in printed, f"another process is signed in, too: {printed}")
[device] = client.list_authorized_devices(status="active", hydrate=True)
expect((device.user.name, device.client_id), (USER, GlobalConfiguration().user_id), "whose the device is")
expect((device.hostname, device.zenml_version), (platform.node(), "0.98.0"), "what it says of itself")

# A device that is locked is signed out at once, and is told to sign in again.
client.update_authorized_device(device.id, locked=True)
locked = raises(CredentialsNotValid, client.list_artifacts, "the credentials of a locked device")
holds(f"zenml login {SERVER}" in str(locked), f"told what to do: {locked}")
printed = another_process("from zenml.client import Client\nClient().list_artifacts()", fails=True)
holds(f"zenml login {SERVER}" in printed, f"told again: {printed}")

# Then it is another device, which is signed out when that is deleted.
sign_in()
text = (
    "from zenml.client import Client\nfrom zenml.exceptions import CredentialsNotValid\n"
    "client = Client()\n"
    f"assert client.get_artifact_version('{name}').version == '1'\n"
    "[device] = client.list_authorized_devices(status='active')\n"
    f"assert str(device.id) != '{device.id}'\n"
    "client.delete_authorized_device(device.id)\n"
    "try:\n    client.list_artifacts()\nexcept CredentialsNotValid as error:\n    print('signed out:', error)\n"
)
printed = another_process(text)
holds("signed out:" in printed and f"zenml login {SERVER}" in printed, f"a device that is gone: {printed}")
print("done")
