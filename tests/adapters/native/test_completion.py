"""The XML that finishes an upload in parts."""

import contextlib
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.adapters.native.completion import completed, read_parts
from isogloss.adapters.native.failures import Refusal
from isogloss.core.registry.multipart import Part

BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def document(parts: str) -> bytes:
    return f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()


def refusal(body: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        read_parts(body)
    assert caught.value.status == 400
    return caught.value.detail


@given(st.lists(st.tuples(st.integers(min_value=0, max_value=10_000), st.text("abcdef0123456789-", min_size=1))))
def test_parts_come_in_the_order_of_the_document(parts: list[tuple[int, str]]) -> None:
    body = "".join(f'<Part><PartNumber>{number}</PartNumber><ETag>"{tag}"</ETag></Part>' for number, tag in parts)
    assert read_parts(document(body)) == [Part(number, tag) for number, tag in parts]


def test_names_spaces_and_other_members_do_not_matter() -> None:
    body = (
        b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?>\n"
        b'<s3:CompleteMultipartUpload xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/">\n'
        b"  <s3:Part><s3:ChecksumSHA256>abc</s3:ChecksumSHA256><s3:ETag>&quot;a&#45;1&quot;</s3:ETag>\n"
        b"    <s3:PartNumber> 1 </s3:PartNumber></s3:Part>\n"
        b"  <s3:Part><s3:PartNumber>2</s3:PartNumber></s3:Part>\n"
        b"</s3:CompleteMultipartUpload>\n"
    )
    assert read_parts(body) == [Part(1, "a-1"), Part(2, None)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_no_entity_is_declared_in_any_encoding(encoding: str) -> None:
    text = (
        f'<?xml version="1.0" encoding="{encoding[:6]}"?>{BOMB}<CompleteMultipartUpload>&b;</CompleteMultipartUpload>'
    )
    assert "document type" in refusal(text.encode(encoding))


def test_no_file_of_the_server_is_read() -> None:
    external = b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><CompleteMultipartUpload>&x;</CompleteMultipartUpload>'
    assert "document type" in refusal(external)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no element found"),
        (b"{}", "not the XML"),
        (b"<CompleteMultipartUpload>", "no element found"),
        (b"<CompleteMultipartUpload>&undefined;</CompleteMultipartUpload>", "undefined entity"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "unknown encoding"),
        (b"<BlockList/>", "this is a BlockList"),
        (document("<Part/>"), "this is ''"),
        (document("<Part><PartNumber>one</PartNumber></Part>"), "this is 'one'"),
        (document("<Part><PartNumber>-1</PartNumber></Part>"), "this is '-1'"),
        (document("<Part><PartNumber>1234567890</PartNumber></Part>"), "this is '1234567890'"),
    ],
)
def test_what_is_no_list_of_parts_is_refused(body: bytes, reason: str) -> None:
    assert reason in refusal(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(Refusal):
        read_parts(body)


def test_the_answer_tells_key_and_tag() -> None:
    answer = ElementTree.fromstring(completed("owned/p/o/files/a & <b>.bin", "6d-5"))
    assert answer.tag.endswith("}CompleteMultipartUploadResult")
    assert [child.text for child in answer] == ["owned/p/o/files/a & <b>.bin", '"6d-5"']
