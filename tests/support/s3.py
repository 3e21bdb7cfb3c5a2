"""A server that speaks S3, for tests: moto's, on a thread of its own and a port of its own."""

import hashlib
import hmac
import secrets
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from urllib.parse import parse_qs, urlsplit

from moto.server import ThreadedMotoServer
from msgspec import Struct

REGION = "us-east-1"

# The server asks for a signature and does not check it.
OPERATOR = {
    "authorization": f"AWS4-HMAC-SHA256 Credential=operator/20260101/{REGION}/s3/aws4_request, "
    "SignedHeaders=host, Signature=0"
}


class S3Server(Struct, frozen=True):
    """A running server. ``environment`` holds the AWS_* variables by which any client reaches it."""

    endpoint: str
    environment: Mapping[str, str]

    def make_bucket(self) -> str:
        """The name of a new bucket."""
        name = f"bucket-{secrets.token_hex(6)}"
        self.request("PUT", f"/{name}")
        return name

    def request(self, method: str, path: str, content: bytes | None = None) -> bytes:
        """One request past the code under test. ``path`` is encoded as in a URL."""
        request = urllib.request.Request(f"{self.endpoint}{path}", content, OPERATOR, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read())


def is_signed(method: str, address: str, environment: Mapping[str, str]) -> bool:
    """Whether a server that knows the secret would take this address: version 4 of AWS's signatures, in the query."""
    url = urlsplit(address)
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    signed = "&".join(sorted(each for each in url.query.split("&") if not each.startswith("X-Amz-Signature=")))
    request = "\n".join([method, url.path, signed, f"host:{url.netloc}", "", "host", "UNSIGNED-PAYLOAD"])
    scope = asked["X-Amz-Credential"].split("/")[1:]
    text = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            asked["X-Amz-Date"],
            "/".join(scope),
            hashlib.sha256(request.encode()).hexdigest(),
        ]
    )
    key = reduce(_hmac, scope, f"AWS4{environment['AWS_SECRET_ACCESS_KEY']}".encode())
    return hmac.compare_digest(_hmac(key, text).hex(), asked["X-Amz-Signature"])


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Starts a server that keeps everything in memory, and stops it with the block."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        environment = {
            "AWS_ACCESS_KEY_ID": "test-key",
            "AWS_SECRET_ACCESS_KEY": "test-secret",
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ENDPOINT_URL_S3": endpoint,
        }
        yield S3Server(endpoint=endpoint, environment=environment)
    finally:
        server.stop()
