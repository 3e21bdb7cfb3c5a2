"""Uploads in parts that go to a container of Azure: blocks of a blob, by one signed address of the blob."""

import base64
import secrets
from urllib.parse import quote

from isogloss.core.ports import DirectUpload, Signer

_HEX_DIGITS = 15


class AzureUploads:
    """Uploads to a container, whose addresses ``signer`` signs.

    A signature that lets its holder write a blob lets him send blocks of it and put them together as well, because it
    does not cover what is done to the blob.
    """

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    async def begin(self, key: str, parts: int, seconds: int) -> DirectUpload:
        [address] = await self._signer.sign("PUT", [key], seconds)
        reference = secrets.token_hex(_HEX_DIGITS)
        blocks = [_block_id(reference, number) for number in range(1, parts + 1)]
        return DirectUpload(
            provider="azure",
            part_urls=[f"{address}&comp=block&blockid={quote(block, safe='')}" for block in blocks],
            finish_url=f"{address}&comp=blocklist",
            reference=reference,
            block_ids=blocks,
        )

    async def abort(self, key: str, reference: str) -> None:
        """Nothing: Azure has no such request, and throws blocks away that no list named within a week."""


def _block_id(reference: str, number: int) -> str:
    # All ids of a blob must be of one length. With the upload's own name in them, two uploads never mix their blocks.
    return base64.b64encode(f"{reference}{number:06}".encode()).decode()
