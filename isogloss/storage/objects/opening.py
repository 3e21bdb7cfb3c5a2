"""From a URL and the environment to an open place for bytes, and to what clients are told of it."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote

from obstore.store import AzureStore, GCSStore, S3Store

from isogloss.core.places import SHARED, SharedPlace, checked_key
from isogloss.storage.objects.cloud import CLIENT, RETRIES, CloudObjects
from isogloss.storage.objects.local import LocalObjects, make_directories

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config


async def open_objects(storage_url: str, environment: Mapping[str, str]) -> LocalObjects | CloudObjects:
    """The objects at a URL: ``file:///path``, ``s3://bucket/prefix``, ``gs://bucket/prefix`` or ``az://container/prefix``.

    Directories are made; a bucket is not asked for before it is used. S3 takes address, region and credentials from
    the AWS_* variables of ``environment``. What else a vendor's own tools read, such as the role of a machine and all
    variables of Google and Azure, is read by the library itself.
    Raises ``OSError`` where a directory cannot be made, ``Invalid`` or ``obstore``'s errors where the rest makes no
    sense.
    """
    scheme, _, rest = storage_url.partition("://")
    if scheme == "file":
        root = await asyncio.to_thread(make_directories, unquote(rest))
        return LocalObjects(root, SharedPlace(scheme=scheme, root=f"{root}/{SHARED}/"))
    bucket, _, path = rest.partition("/")
    prefix = checked_key(path.strip("/")) if path.strip("/") else None
    root = "/".join([f"{scheme}://{bucket}", *([prefix] if prefix else []), SHARED, ""])
    match scheme:
        case "s3":
            endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL") or None
            region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or None
            shared = SharedPlace(scheme=scheme, root=root, endpoint=endpoint, region=region)
            client: ClientConfig = {**CLIENT, "allow_http": endpoint is not None and endpoint.startswith("http://")}
            config = _s3_config(environment, endpoint, region)
            s3 = S3Store(bucket, prefix=prefix, config=config, client_options=client, retry_config=RETRIES)
            return CloudObjects(s3, shared)
        case "gs":
            google = GCSStore(bucket, prefix=prefix, client_options=CLIENT, retry_config=RETRIES)
            return CloudObjects(google, SharedPlace(scheme=scheme, root=root))
        case "az":
            azure = AzureStore(bucket, prefix=prefix, client_options=CLIENT, retry_config=RETRIES)
            return CloudObjects(azure, SharedPlace(scheme=scheme, root=root))
    raise ValueError(f"{scheme!r} is no scheme of a place for objects; it must be file, s3, gs or az")


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
