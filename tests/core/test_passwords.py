"""What is kept of a password."""

import pytest

from isogloss.core.passwords import hash_password, kept_password, verify_password


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isogloss.core.passwords._SCRYPT_N", 2)


async def test_a_password_is_known_by_its_digest() -> None:
    kept = hash_password("correct horse")
    assert "correct" not in kept
    assert kept != hash_password("correct horse")
    for digest in (kept, await kept_password("correct horse")):
        assert verify_password("correct horse", digest)
        assert not verify_password("correct horsf", digest)
        assert not verify_password("", digest)
    with pytest.raises(ValueError, match="scrypt"):
        verify_password("x", kept.replace("scrypt", "md5"))
