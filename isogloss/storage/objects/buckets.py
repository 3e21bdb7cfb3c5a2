"""From the URL of a bucket and the environment to objects in it."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from obstore.store import AzureStore, GCSStore, S3Store

from isogloss.core.places import SHARED, SharedPlace, checked_key
from isogloss.storage.objects.azure_uploads import AzureUploads
from isogloss.storage.objects.cloud import CloudObjects
from isogloss.storage.objects.s3_uploads import S3Uploads
from isogloss.storage.objects.signing import BucketSigner

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config

# A body may take its time, since it is read as fast as some client takes it; only silence ends it.
CLIENT: "ClientConfig" = {"connect_timeout": "5s", "read_timeout": "30s", "timeout": "6h"}
# The library would try for three minutes. Nobody waits that long for an answer.
RETRIES: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}


def open_bucket(storage_url: str, environment: Mapping[str, str]) -> CloudObjects:
    """The objects at a URL whose scheme is s3, gs or az; raises as ``open_objects`` does."""
    scheme, _, rest = storage_url.partition("://")
    bucket, _, path = rest.partition("/")
    if set(bucket) & set("@:?#"):
        # It would be shown to clients as part of the root.
        raise ValueError("what follows the scheme must be the bucket's name alone, without credentials")
    prefix = checked_key(path.strip("/")) if path.strip("/") else None
    root = "/".join([f"{scheme}://{bucket}", *([prefix] if prefix else []), SHARED, ""])
    match scheme:
        case "s3":
            return _open_s3(bucket, prefix, root, environment)
        case "gs":
            return _open_google(bucket, prefix, root)
        case "az":
            azure = AzureStore(bucket, prefix=prefix, client_options=CLIENT, retry_config=RETRIES)
            signer = BucketSigner(azure, f"az://{bucket}")
            return CloudObjects(azure, SharedPlace(scheme=scheme, root=root), signer, AzureUploads(signer))
    raise ValueError(f"{scheme!r} is no scheme of a place for objects; it must be file, s3, gs or az")


def _open_google(bucket: str, prefix: str | None, root: str) -> CloudObjects:
    def at(above: str | None) -> GCSStore:
        return GCSStore(bucket, prefix=above, client_options=CLIENT, retry_config=RETRIES)

    def path_of(key: str) -> str:
        # The library writes keys, and the prefix, into these addresses as they are: "#" would end one, and "%2e%2e"
        # lead to an object above. What we encode ourselves it leaves as it is.
        return quote(f"{prefix}/{key}" if prefix else key)

    signer = BucketSigner(at(None), f"gs://{bucket}", path_of)
    # Its uploads in parts take more than signed addresses of one object, so the parts come to the gateway.
    return CloudObjects(at(prefix), SharedPlace(scheme="gs", root=root), signer, None)


def _open_s3(bucket: str, prefix: str | None, root: str, environment: Mapping[str, str]) -> CloudObjects:
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL") or None
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or None
    # Clients get no credential of ours, not even one that somebody wrote into the address.
    public = endpoint and re.sub("(?<=//)[^/]*@", "", endpoint)

    def at(address: str | None) -> S3Store:
        client: ClientConfig = {**CLIENT, "allow_http": address is not None and address.startswith("http://")}
        config = _s3_config(environment, address, region)
        return S3Store(bucket, prefix=prefix, config=config, client_options=client, retry_config=RETRIES)

    return CloudObjects(
        at(endpoint),
        SharedPlace(scheme="s3", root=root, endpoint=public, region=region),
        BucketSigner(at(public), f"s3://{bucket}"),
        S3Uploads(bucket, prefix, endpoint=public, region=region, environment=environment),
    )


def _s3_config(environment: Mapping[str, str], endpoint: str | None, region: str | None) -> "S3Config":
    config: S3Config = {}
    if endpoint is not None:
        config["aws_endpoint_url_s3"] = endpoint
    if region is not None:
        config["region"] = region
    if key := environment.get("AWS_ACCESS_KEY_ID"):
        config["access_key_id"] = key
    if secret := environment.get("AWS_SECRET_ACCESS_KEY"):
        config["secret_access_key"] = secret
    if token := environment.get("AWS_SESSION_TOKEN"):
        config["session_token"] = token
    return config
