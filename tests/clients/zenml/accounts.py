"""Who works here: users, service accounts whose keys another client uses, secrets, and code repositories."""

import os

import requests
from checks import SERVER, another_client, expect, holds, http, raises, unique
from zenml import save_artifact
from zenml.client import Client
from zenml.exceptions import EntityExistsError, IllegalOperationError

client = Client()
name = unique("account")
required = "ZENML_STORE_API_KEY" in os.environ or "ZENML_STORE_USERNAME" in os.environ

# What the server says of itself, and whom it lets in.
told = requests.get(f"{SERVER}/api/v1/info", timeout=60).json()
expect((told["version"], told["active"]), ("0.98.0", True), "the server's version")
stranger = requests.get(f"{SERVER}/api/v1/current-user", timeout=60)
expect(stranger.status_code, 401 if required else 200, "somebody without credentials")
if required:
    holds(stranger.headers.get("www-authenticate") or stranger.json()["detail"][0] == "CredentialsNotValid", "told how")
    wrong = requests.post(f"{SERVER}/api/v1/login", data={"username": "admin", "password": "wrong"}, timeout=60)
    expect((wrong.status_code, wrong.json()["detail"][0]), (401, "CredentialsNotValid"), "a wrong password")
    nonsense = {"Authorization": "Bearer nonsense"}
    expect(requests.get(f"{SERVER}/api/v1/tags", headers=nonsense, timeout=60).status_code, 401, "a wrong token")

# Users.
me = client.active_user
expect(client.get_user(me.id).name, me.name, "a user by id")
expect(http("GET", "/current-user").json()["name"], me.name, "the same on the wire")
if not me.is_service_account:
    holds(me.name in {row.name for row in client.list_users(size=100)}, "users")

# What is there by the start, and what there is none of.
stack = client.active_stack_model
expect((stack.name, set(stack.components)), ("default", {"orchestrator", "artifact_store", "deployer"}), "the stack")
store = client.get_stack_component("artifact_store", "default")
expect((store.flavor_name, client.list_stacks(component_id=store.id).total), ("local", 1), "its store")
holds({"local", "s3"} <= {row.name for row in client.list_flavors(type="artifact_store", size=200)}, "flavors")
expect(client.list_code_repositories().total, 0, "no code repository")
expect(client.list_secrets().total, 0, "no secret")
expect(client.list_services().total, 0, "no service")
expect(client.list_schedules().total, 0, "no schedule")
expect(save_artifact(1, f"{name}-after").version, "1", "work goes on")

# A service account and its keys are an administrator's to make.
if not me.is_admin:
    refused = raises(IllegalOperationError, lambda: client.create_service_account(name), "made by somebody else")
    holds("admin" in str(refused), f"and told so: {refused}")
    print("done")
    raise SystemExit
account = client.create_service_account(name, description="for a machine")
expect((account.name, account.description, account.active), (name, "for a machine", True), "an account")
raises(EntityExistsError, lambda: client.create_service_account(name), "a name that is taken")
expect(client.get_service_account(name).id, account.id, "by its name")
expect([row.id for row in client.list_service_accounts(name=name)], [account.id], "listed")
key = client.create_api_key(name, name="first", description="d")
holds(key.key and key.key.startswith("ZENKEY_"), "a key, shown once")
raises(EntityExistsError, lambda: client.create_api_key(name, name="first"), "made twice")
kept = client.get_api_key(name, "first")
expect((kept.id, kept.key, kept.active, kept.description), (key.id, None, True, "d"), "and never again")
expect([row.name for row in client.list_api_keys(name)], ["first"], "its keys")

text = (
    "from zenml import save_artifact\nfrom zenml.client import Client\n"
    "client = Client()\n"
    f"version = save_artifact('by a machine', '{name}')\n"
    "print('saved', version.version, version.user.name, client.active_user.name)\n"
)
if required:
    # Another client works under the account's key, and no longer once the key is gone.
    printed = another_client("machine", text, {"ZENML_STORE_API_KEY": key.key})
    holds(f"saved 1 {name} {name}" in printed, f"another client with the key: {printed}")
    version = client.get_artifact_version(name)
    expect((version.user.id, version.user.is_service_account), (account.id, True), "whose it is")
    expect([row.id for row in client.list_artifact_versions(user=name)], [version.id], "found by that")
    rotated = client.rotate_api_key(name, "first")
    holds(rotated.key and rotated.key != key.key, "the key is another")


def login(secret: str) -> int:
    """The status that a key is answered when it signs in."""
    return requests.post(f"{SERVER}/api/v1/login", data={"password": secret}, timeout=60).status_code


if required:
    expect((login(rotated.key), login(key.key)), (200, 401), "the new one is good, the old one is not")
    client.update_api_key(name, "first", active=False)
    expect(login(rotated.key), 401, "an inactive one")
    client.update_api_key(name, "first", active=True)
    expect(login(rotated.key), 200, "an active one")
    client.update_service_account(name, active=False)
    expect(login(rotated.key), 401, "that of an inactive account")
    client.update_service_account(name, active=True)
client.delete_api_key(name, "first")
expect(client.list_api_keys(name).total, 0, "no key is left")
if required:
    expect(login(rotated.key), 401, "a key that is gone")
renamed = client.update_service_account(name, updated_name=f"{name}-new", description="other")
expect((renamed.name, renamed.description), (f"{name}-new", "other"), "renamed")
spare = client.create_service_account(f"{name}-spare")
client.delete_service_account(spare.id)
raises(KeyError, lambda: client.get_service_account(spare.id), "an account that is gone")
print("done")
