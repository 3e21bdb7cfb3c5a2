"""Digests in headers."""

import base64
import hashlib

import pytest

from isogloss.adapters.native.digests import read_digests
from isogloss.adapters.native.failures import Refusal
from isogloss.core.registry.transfers import Digest

CONTENT = b"the weights of a model"


def told(algorithm: str) -> str:
    return base64.b64encode(hashlib.new(algorithm, CONTENT).digest()).decode()


def expected(algorithm: str) -> Digest:
    return Digest(algorithm, hashlib.new(algorithm, CONTENT).digest())


def test_no_header_tells_no_digest() -> None:
    assert read_digests(None, None, None) == []


def test_every_header_counts() -> None:
    found = read_digests(told("md5"), f"sha-256=:{told('sha256')}:", f"sha-512=:{told('sha512')}:")
    assert found == [expected("md5"), expected("sha256"), expected("sha512")]


def test_a_header_may_tell_several() -> None:
    header = f"sha-512=:{told('sha512')}: , crc32c=:AAAAAA==:, sha-256 = :{told('sha256')}:;q=1"
    assert read_digests(None, header) == [expected("sha512"), expected("sha256")]


@pytest.mark.parametrize(
    "header", ["", "sha-256", "sha-256=abc", "sha-256=:a:", "sha-256=:YWJj:", "sha-256=:YW Jj:", "sha-256=::", ","]
)
def test_what_is_no_digest_is_refused(header: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_digests(None, header)
    assert caught.value.status == 400


@pytest.mark.parametrize("header", ["", "abc", "YWJj", "é"])
def test_what_is_no_md5_is_refused(header: str) -> None:
    with pytest.raises(Refusal):
        read_digests(header)
