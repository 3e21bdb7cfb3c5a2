"""Addresses of a bucket, signed so that whoever holds one may read or write that one object for a while."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, cast

import obstore
from obstore.exceptions import BaseError

from isogloss.core.places import checked_key

if TYPE_CHECKING:
    from isogloss.storage.objects.cloud import Bucket


class CannotSign(Exception):
    """The credentials that the gateway has for a bucket sign no addresses. ``str(error)`` says what does."""


class BucketSigner:
    """Signs addresses of objects in a bucket, below the prefix that it was opened with.

    ``location`` is the bucket as whoever runs the gateway calls it, and ``path_of`` what the library takes for a key.
    """

    def __init__(self, bucket: "Bucket", location: str, path_of: Callable[[str], str] = checked_key) -> None:
        self._bucket = bucket
        self._location = location
        self._path_of = path_of

    async def sign(self, method: str, keys: Sequence[str], seconds: int) -> list[str]:
        """As the port says. Raises ``CannotSign``."""
        paths = [self._path_of(checked_key(key)) for key in keys]
        verb = cast("Literal['GET', 'PUT']", method)
        try:
            return list(await obstore.sign_async(self._bucket, verb, paths, timedelta(seconds=seconds)))
        except BaseError as error:
            # The library tells the reason in the first line, and what it knows beside in many more.
            reason = str(error).partition("\n")[0]
            raise CannotSign(
                f"The credentials for {self._location} cannot sign addresses: {reason.rstrip('.')}. It takes an access "
                "key of S3, the key of a service account of Google, or the key of an account of Azure; or an identity "
                "that the vendor lets sign."
            ) from error
