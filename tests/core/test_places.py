"""Which uris lie in the shared place, and by which keys."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.core.errors import Invalid
from isogloss.core.places import SharedPlace, checked_key, key_at, uri_at

LOCAL = SharedPlace(scheme="file", root="/data/objects/shared/")
BUCKET = SharedPlace(scheme="s3", root="s3://bucket/prefix/shared/")
PLACES = [LOCAL, BUCKET]

# Every character but a slash, controls and half a pair of surrogates.
characters: st.SearchStrategy[str] = st.characters(codec="utf-8", exclude_characters="/\x7f", min_codepoint=32)
names = st.text(characters, min_size=1, max_size=12).filter(lambda name: name not in (".", ".."))
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
places = st.sampled_from(PLACES)


@given(place=places, path=paths)
def test_a_uri_and_its_key_give_each_other(place: SharedPlace, path: str) -> None:
    assert key_at(place, place.root + path) == f"shared/{path}"
    assert uri_at(place, f"shared/{path}") == place.root + path


@given(place=places, rest=st.text(st.sampled_from(list("a./\\% \x00é")), max_size=12))
def test_every_key_that_a_uri_gives_lies_below_the_shared_place(place: SharedPlace, rest: str) -> None:
    try:
        key = key_at(place, place.root + rest)
    except Invalid:
        return
    top, *below = key.split("/")
    assert top == "shared"
    assert below
    assert not {"", ".", ".."} & set(below)
    assert "\x00" not in key


@given(place=places, uri=st.text(max_size=40))
def test_no_other_uri_is_let_in(place: SharedPlace, uri: str) -> None:
    with pytest.raises(Invalid):
        key_at(place, uri)


@pytest.mark.parametrize(
    ("place", "uri"),
    [
        (LOCAL, "/data/objects/shared"),
        (LOCAL, "/data/objects/shared/"),
        (LOCAL, "/data/objects/shared///"),
        (LOCAL, "/data/objects/shared-evil/x"),
        (LOCAL, "/data/objects/owned/x"),
        (LOCAL, "/data/objects/shared/../owned/x"),
        (LOCAL, "/data/objects/shared/a/../../owned/x"),
        (LOCAL, "/data/objects/shared/./x"),
        (LOCAL, "/data/objects/shared/a\x00b"),
        (LOCAL, "/data/objects/shared/a\nb"),
        (LOCAL, "/data/objects/shared/\udcff"),
        (LOCAL, "data/objects/shared/x"),
        (LOCAL, "file:///data/objects/shared/x"),
        (LOCAL, "/etc/passwd"),
        (LOCAL, ""),
        (BUCKET, "s3://bucket/prefix/shared/"),
        (BUCKET, "s3://bucket/prefix/shared-evil/x"),
        (BUCKET, "s3://bucket/prefix/x"),
        (BUCKET, "s3://other/prefix/shared/x"),
        (BUCKET, "s3://bucket.evil.example/prefix/shared/x"),
        (BUCKET, "gs://bucket/prefix/shared/x"),
        (BUCKET, "/prefix/shared/x"),
        (BUCKET, "s3://bucket/prefix/shared/../x"),
        (BUCKET, "s3://bucket/prefix/shared//x"),
    ],
)
def test_what_is_not_below_the_root_is_refused(place: SharedPlace, uri: str) -> None:
    with pytest.raises(Invalid) as caught:
        key_at(place, uri)
    assert caught.value.field == "uri"
    assert place.root in caught.value.reason


@pytest.mark.parametrize(
    "name", ["100%", "a%20b", "%2e%2e", "%2F", "a b", " a ", "größe", "报告", "a..b", "...", "x#1"]
)
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.scheme)
def test_names_are_taken_letter_by_letter(place: SharedPlace, name: str) -> None:
    assert key_at(place, f"{place.root}{name}/data.json") == f"shared/{name}/data.json"


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.scheme)
def test_a_directory_may_be_written_with_a_slash_at_its_end(place: SharedPlace) -> None:
    assert key_at(place, f"{place.root}model/1/") == "shared/model/1"


def test_several_slashes_are_one_on_a_disk() -> None:
    assert key_at(LOCAL, "/data/objects/shared//model///1//") == "shared/model/1"


@pytest.mark.parametrize("key", ["", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "a\x00", "a\x7f", "\ud800"])
def test_what_can_be_no_key_is_refused(key: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked_key(key)
    assert caught.value.field == "key"


@pytest.mark.parametrize("key", ["owned/a", "shared", "shared-evil/a", "a"])
def test_only_what_is_shared_has_a_uri(key: str) -> None:
    with pytest.raises(Invalid):
        uri_at(LOCAL, key)


def test_a_shared_place_shows_no_credential() -> None:
    fields: tuple[Any, ...] = SharedPlace.__struct_fields__
    assert fields == ("scheme", "root", "endpoint", "region")
