"""A server that speaks S3, for the tests of what lies in a bucket."""

from collections.abc import Iterator

import pytest

from tests.support.s3 import S3Server, s3_server


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """A server that speaks S3, for the whole session."""
    with s3_server() as server:
        yield server
