"""Addresses of buckets: what they let their holder do, and what is said where none can be signed."""

import hashlib
import json
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from isogloss.core.errors import Invalid
from isogloss.core.ports import Signer
from isogloss.storage.objects import open_objects
from isogloss.storage.objects.signing import CannotSign
from tests.support.s3 import S3Server, is_signed

# A name with whatever an address would change, or would end at.
KEY = "owned/p/v/files/größe 100%/a%20b+c&d=e#f?g;h"
PATH = "owned/p/v/files/gr%C3%B6%C3%9Fe%20100%25/a%2520b"
AZURE_KEY = "a2V5IG9mIGFuIGFjY291bnQ="


async def signer_of(url: str, environment: dict[str, str]) -> Signer:
    signer = (await open_objects(url, environment)).signer
    assert signer is not None
    return signer


@pytest.mark.parametrize("prefix", ["", "/pre fix", "/a/b%2F"])
async def test_whoever_holds_an_address_moves_the_bytes(s3: S3Server, prefix: str) -> None:
    objects = await open_objects(f"s3://{s3.make_bucket()}{prefix}", s3.environment)
    assert objects.signer is not None
    [put] = await objects.signer.sign("PUT", [KEY], 60)
    [get] = await objects.signer.sign("GET", [KEY], 60)
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.put(put, content=b"bytes")).is_success
        assert (await client.get(get)).content == b"bytes"
    assert await objects.read(KEY, 100) == b"bytes"


async def test_addresses_come_in_the_order_of_their_keys(s3: S3Server) -> None:
    objects = await open_objects(f"s3://{s3.make_bucket()}/pre fix", s3.environment)
    assert objects.signer is not None
    keys = [f"owned/{number}" for number in range(20)]
    for key in keys:
        await objects.write(key, key.encode())
    addresses = await objects.signer.sign("GET", keys, 60)
    async with httpx.AsyncClient(trust_env=False) as client:
        assert [(await client.get(address)).text for address in addresses] == keys
    assert await objects.signer.sign("GET", [], 60) == []


async def test_an_address_is_signed_for_one_method_and_one_object(s3: S3Server) -> None:
    signer = await signer_of("s3://bucket/pre fix", dict(s3.environment))
    [put] = await signer.sign("PUT", ["owned/a"], 60)
    assert "X-Amz-Expires=60&" in put
    assert is_signed("PUT", put, s3.environment)
    assert not is_signed("GET", put, s3.environment)
    assert not is_signed("PUT", put.replace("owned/a", "owned/b"), s3.environment)
    assert not is_signed("PUT", put.replace("Expires=60", "Expires=61"), s3.environment)


async def test_an_address_leads_to_the_server_that_clients_are_told(s3: S3Server) -> None:
    endpoint = s3.endpoint.replace("//", "//user:pass@")
    environment = {**s3.environment, "AWS_ENDPOINT_URL_S3": endpoint}
    [address] = await (await signer_of("s3://bucket", environment)).sign("GET", ["owned/a"], 60)
    assert address.startswith(f"{s3.endpoint}/bucket/owned/a?")
    assert "test-secret" not in address


async def test_what_is_no_key_is_not_signed(s3: S3Server) -> None:
    signer = await signer_of("s3://bucket/pre fix", dict(s3.environment))
    for key in ("../a", "owned/../../a", "owned//a", ""):
        with pytest.raises(Invalid):
            await signer.sign("GET", ["owned/a", key], 60)


def verify_google(method: str, address: str, key: rsa.RSAPublicKey) -> None:
    """Raises unless Google would take this address: version 4 of its signatures, in the query."""
    url = urlsplit(address)
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    signed = "&".join(sorted(each for each in url.query.split("&") if not each.startswith("X-Goog-Signature=")))
    request = "\n".join([method, url.path, signed, f"host:{url.netloc}", "", "host", "UNSIGNED-PAYLOAD"])
    scope = asked["X-Goog-Credential"].partition("/")[2]
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = "\n".join(["GOOG4-RSA-SHA256", asked["X-Goog-Date"], scope, digest])
    key.verify(bytes.fromhex(asked["X-Goog-Signature"]), text.encode(), PKCS1v15(), SHA256())


@pytest.mark.parametrize("prefix", ["", "/pre fix", "/a%2Fb"])
async def test_google_signs_by_the_key_of_a_service_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    account = {
        "type": "service_account",
        "client_email": "files@project.iam.gserviceaccount.com",
        "private_key_id": "1",
        "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    }
    (tmp_path / "account.json").write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(tmp_path / "account.json"))
    objects = await open_objects(f"gs://bucket{prefix}", {})
    assert objects.signer is not None
    # Parts of large objects come to the gateway.
    assert objects.uploads is None
    for name in (KEY, "owned/p/v/files/%2e%2e/%2E./a", "owned/p/v/files/%252e%2F\uff0e\uff0e/ü"):
        [address] = await objects.signer.sign("PUT", [name], 60)
        verify_google("PUT", address, key.public_key())
        url = urlsplit(address)
        assert (url.netloc, url.fragment) == ("storage.googleapis.com", "")
        assert "X-Goog-Expires=60" in url.query
        assert unquote(url.path) == f"/bucket{prefix}/{name}"


async def test_azure_signs_by_the_key_of_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", AZURE_KEY)
    signer = await signer_of("az://container/pre fix", {})
    [get], [put] = await signer.sign("GET", [KEY], 60), await signer.sign("PUT", [KEY], 60)
    for address, permission in ((get, "r"), (put, "w")):
        url = httpx.URL(address)
        assert address.startswith(f"https://account.blob.core.windows.net/container/pre%20fix/{PATH}")
        assert (url.params["sr"], url.params["sp"]) == ("b", permission)
        assert url.params["sig"]
        assert not url.fragment


async def test_credentials_that_sign_nothing_are_told_at_the_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    monkeypatch.setenv("AZURE_STORAGE_SAS_KEY", "sv=2023-11-03&sig=theirs")
    signer = await signer_of("az://container", {})
    with pytest.raises(CannotSign, match=r"az://container cannot sign addresses: .*SAS tokens.* key") as caught:
        await signer.sign("GET", ["owned/a"], 60)
    assert "\n" not in str(caught.value)
    assert "theirs" not in str(caught.value)
