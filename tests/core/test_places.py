"""Which uris lie in the shared place, and by which keys."""

import ntpath
import posixpath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace

from isogloss.core.errors import Invalid
from isogloss.core.places import (
    PATH_BYTES,
    SharedPlace,
    checked_key,
    checked_path,
    is_laid_out,
    is_upload,
    key_at,
    laid_out_at,
    laid_out_place,
    laid_out_prefix,
    moved,
    moved_json,
    owned_key,
    owned_key_at,
    owned_place,
    owned_prefix,
    owned_uri,
    upload_prefix,
    uri_at,
)
from tests.support.hostile_paths import HOSTILE, ORDINARY

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


def letting_through(path: str) -> bool:
    try:
        return checked_path(path) == path
    except Invalid:
        return False


def test_there_are_many_hostile_paths_of_both_kinds() -> None:
    let_through = [path for path in HOSTILE if letting_through(path)]
    assert len(let_through) >= 200
    assert len(HOSTILE) - len(let_through) >= 200


@pytest.mark.parametrize("path", HOSTILE, ids=ascii)
def test_a_hostile_path_is_refused_or_stays_where_it_is_put(path: str) -> None:
    """Whoever resolves what was let through, on POSIX or on Windows, finds a path below the one that it is put into."""
    if letting_through(path):
        assert posixpath.normpath(f"/base/{path}") == f"/base/{path}"
        assert ntpath.normpath(ntpath.join("E:\\base", path)) == "\\".join(["E:", "base", *path.split("/")])
        assert posixpath.commonpath([owned_key("p", "v"), owned_key("p", "v", path)]) == owned_key("p", "v")


@pytest.mark.parametrize("path", ORDINARY, ids=ascii)
def test_a_path_may_have_whatever_every_storage_keeps(path: str) -> None:
    assert checked_path(path) == path
    assert owned_key("p", "v", path) == f"owned/p/v/files/{path}"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "one slash between"),
        ("/a", "one slash between"),
        ("a/", "one slash between"),
        ("a//b", "one slash between"),
        ("a/../b", "'..'"),
        ("./a", "'.'"),
        ("a\x00", "control characters"),
        ("a\nb", "control characters"),
        ("a\\b", "no backslash"),
        ("..\\..\\a", "no backslash"),
        ("C:", "letter of a drive"),
        ("c:a/b", "letter of a drive"),
        ("\ud800", "Unicode"),
        ("a\uffff", "U\\+FFFF"),
        ("a" * 256, "255 bytes in each"),
        ("é" * 128, "255 bytes in each"),
        ("a/" * 128 + "a", "128 names"),
        ("/".join(["é" * 100] * 5), "896 bytes"),
        ("a" * 10_000_000, "896 bytes"),
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_a_path_that_is_refused_is_told_why(path: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason) as caught:
        checked_path(path)
    assert caught.value.field == "path"
    assert len(str(caught.value)) < 5 * PATH_BYTES


@given(path=st.text(st.one_of(st.sampled_from(list("./\\%a ")), st.characters()), max_size=40))
def test_no_text_leads_out_of_what_owns_the_file(path: str) -> None:
    if letting_through(path):
        assert posixpath.normpath(f"/base/{path}") == f"/base/{path}"


@given(place=places, project=names, owner=names, path=paths)
def test_what_is_owned_and_its_uri_give_each_other(place: SharedPlace, project: str, owner: str, path: str) -> None:
    for key in (owned_place(project), owned_prefix(project, owner), owned_key(project, owner, path)):
        uri = owned_uri(place, key)
        assert owned_key_at(place, uri) == key
        assert owned_key_at(place, f"{uri}/") == key
        with pytest.raises(Invalid):
            key_at(place, uri)


def test_what_is_owned_lies_beside_what_is_shared() -> None:
    assert owned_uri(LOCAL, "owned/p/v") == "/data/objects/owned/p/v"
    assert owned_uri(BUCKET, "owned/p/v/files/a b") == "s3://bucket/prefix/owned/p/v/files/a b"
    assert owned_uri(SharedPlace(scheme="file", root="/shared/shared/"), "owned/p") == "/shared/owned/p"


@pytest.mark.parametrize("rest", ["", "/", "//", "../shared/a", "a/../../shared/b", "./a", "a//b", "a\x00"])
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.scheme)
def test_what_is_not_owned_has_no_key(place: SharedPlace, rest: str) -> None:
    root = owned_uri(place, "owned/x").removesuffix("x")
    for uri in (root + rest, root.removesuffix("/") + "-evil/" + rest, place.root + rest, rest):
        with pytest.raises(Invalid) as caught:
            owned_key_at(place, uri)
        assert caught.value.field == "uri"
        assert root in caught.value.reason


@pytest.mark.parametrize("key", ["shared/a", "owned", "owned-evil/a", "a"])
def test_only_what_is_owned_has_such_a_uri(key: str) -> None:
    with pytest.raises(Invalid):
        owned_uri(LOCAL, key)


@pytest.mark.parametrize(("project", "owner"), [("..", "v"), ("p", ".."), ("", "v"), ("p", ""), ("p", "\x00")])
def test_an_owner_without_a_good_name_owns_nothing(project: str, owner: str) -> None:
    with pytest.raises(Invalid):
        owned_key(project, owner, "a")


def test_a_shared_place_shows_no_credential() -> None:
    fields: tuple[Any, ...] = SharedPlace.__struct_fields__
    assert fields == ("scheme", "root", "endpoint", "region")


@given(place=places, version_id=st.uuids().map(str), revision=st.uuids().map(str))
def test_what_was_laid_out_is_told_by_its_uri(place: SharedPlace, version_id: str, revision: str) -> None:
    prefix = laid_out_prefix("project", version_id)
    key = f"{prefix}/{revision}"
    assert key.startswith(f"{laid_out_place('project')}/")
    assert laid_out_at("project", version_id, uri_at(place, key)) == key
    assert is_laid_out(key)
    for uri in (None, uri_at(place, prefix), f"{uri_at(place, prefix)}/../{revision}", f"{uri_at(place, key)}/.."):
        assert laid_out_at("project", version_id, uri) is None
    assert laid_out_at("other", version_id, uri_at(place, key)) is None


@pytest.mark.parametrize(("key", "is_one"), [("shared/isogloss", True), ("shared/isogloss-mine/a", False)])
def test_only_one_prefix_of_the_shared_place_is_the_registry_s(key: str, is_one: bool) -> None:
    assert is_laid_out(key) is is_one


elsewhere = st.sampled_from([*PLACES, SharedPlace(scheme="file", root='/odd "\\/shared/')])


@given(elsewhere, elsewhere, paths)
def test_what_lies_in_a_place_lies_in_another_under_the_same_key(old: SharedPlace, new: SharedPlace, path: str) -> None:
    key = f"shared/{path}"
    assert moved(uri_at(old, key), old, new) == uri_at(new, key)
    owned = owned_key("project", "version", path)
    assert moved(owned_uri(old, owned), old, new) == owned_uri(new, owned)
    assert moved(moved(uri_at(old, key), old, new), new, old) == uri_at(old, key)


@given(elsewhere, elsewhere, st.text(characters))
def test_what_lies_in_no_place_stays_as_it_is(old: SharedPlace, new: SharedPlace, text: str) -> None:
    beside = old.root.removesuffix("/") + "-of-others/a"
    assert moved(beside, old, new) == beside
    assert moved(f"see {old.root}a", old, new) == f"see {old.root}a"
    assert moved(text, old, new) == text or text.startswith(old.root[:-1])


def test_on_a_disk_several_slashes_are_one() -> None:
    assert moved("/data/objects/shared//a//b", LOCAL, BUCKET) == "s3://bucket/prefix/shared/a/b"
    assert moved("/data/objects/shared", LOCAL, BUCKET) == "s3://bucket/prefix/shared"


texts = st.one_of(
    st.text(characters),
    st.builds(lambda place, path: place.root + path, elsewhere, paths),
    st.builds(lambda place, before: before + place.root, elsewhere, st.text('"\\ /', min_size=1, max_size=3)),
)
documents = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**60), 2**60), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)


@given(elsewhere, elsewhere, documents)
def test_in_json_each_text_is_moved_and_nothing_else(old: SharedPlace, new: SharedPlace, document: object) -> None:
    def told(value: Any) -> Any:
        match value:
            case str():
                # Slashes stay as they are there.
                return moved(value, replace(old, scheme="s3"), new)
            case list():
                return [told(each) for each in value]
            case dict():
                return {told(name): told(each) for name, each in value.items()}
        return value

    text = json.encode(document).decode()
    assert json.decode(moved_json(text, old, new)) == told(document)
    if old.root == new.root:
        assert moved_json(text, old, new) == text


def test_uploads_are_told_from_files_that_bear_their_name() -> None:
    key = owned_key("project", "version", "uploads/a")
    assert is_upload(f"{upload_prefix(key, 'x')}/1")
    assert not is_upload(key)
    assert not is_upload("shared/project/version/uploads/a")
