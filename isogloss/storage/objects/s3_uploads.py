"""Uploads in parts that go to a bucket of S3, by addresses signed for them.

obstore signs no address with more than a key in it, so this is botocore's. Its calls wait, and run on threads.
"""

import asyncio
import os
import threading
from collections.abc import Mapping
from typing import Any

from isogloss.core.places import checked_key
from isogloss.core.ports import DirectUpload

ATTEMPTS = 3
CONNECT_SECONDS, READ_SECONDS = 5, 30

_FIRST_REGION = "us-east-1"


class S3Uploads:
    """Uploads to a bucket, below ``prefix``. ``endpoint`` is the address by which clients reach the server.

    Address, region and credentials follow the rules by which the bucket was opened.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str | None,
        *,
        endpoint: str | None,
        region: str | None,
        environment: Mapping[str, str],
    ) -> None:
        self._bucket = bucket
        self._above = f"{prefix}/" if prefix else ""
        self._endpoint = endpoint
        self._region = region or _FIRST_REGION
        self._environment = environment
        self._opening = threading.Lock()
        self._opened: Any = None

    async def begin(self, key: str, parts: int, seconds: int) -> DirectUpload:
        return await asyncio.to_thread(self._begin, self._target(key), parts, seconds)

    async def abort(self, key: str, reference: str) -> None:
        await asyncio.to_thread(self._abort, self._target(key), reference)

    def _target(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._above + checked_key(key)}

    def _begin(self, target: dict[str, str], parts: int, seconds: int) -> DirectUpload:
        client = self._client()
        reference = client.create_multipart_upload(**target)["UploadId"]
        upload = {**target, "UploadId": reference}

        def sign(operation: str, method: str, **more: Any) -> str:
            return str(client.generate_presigned_url(operation, {**upload, **more}, seconds, method))

        try:
            return DirectUpload(
                provider="s3",
                part_urls=[sign("upload_part", "PUT", PartNumber=number) for number in range(1, parts + 1)],
                finish_url=sign("complete_multipart_upload", "POST"),
                reference=reference,
            )
        except BaseException:
            self._abort(target, reference)
            raise

    def _abort(self, target: dict[str, str], reference: str) -> None:
        client = self._client()
        try:
            client.abort_multipart_upload(**target, UploadId=reference)
        except client.exceptions.NoSuchUpload:
            return

    def _client(self) -> Any:
        with self._opening:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def _open(self) -> Any:
        # It takes a tenth of a second and ten megabytes, which most installations never need.
        from botocore.config import Config
        from botocore.session import Session

        session = Session()
        # What lies in a home directory is not what the bucket was opened by.
        session.set_config_variable("config_file", os.devnull)
        session.set_config_variable("credentials_file", os.devnull)
        key, secret = self._environment.get("AWS_ACCESS_KEY_ID"), self._environment.get("AWS_SECRET_ACCESS_KEY")
        if key and secret:
            session.set_credentials(key, secret, self._environment.get("AWS_SESSION_TOKEN"))
        return session.create_client(
            "s3",
            region_name=self._region,
            endpoint_url=self._endpoint,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "auto" if self._endpoint is None else "path"},
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                # Clients send no checksums of S3's own kinds, and an upload that was begun with one demands them.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                ignore_configured_endpoint_urls=True,
            ),
        )
