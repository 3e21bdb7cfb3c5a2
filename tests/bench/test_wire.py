"""The load generator's HTTP reader: wherever the socket cuts the bytes, it finds the same answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.wire import ProtocolError, ResponseReader, request

PLAIN = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n[1,2]"
EMPTY = b"HTTP/1.1 204 No Content\r\nserver: x\r\n\r\n"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\n[1,\r\r\nA;name=value\r\n2,\r\n3,\r\n4]\r\n0\r\n\r\n"
)
TRAILED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n7\r\n0\r\nx-sum: 7\r\n\r\n"
FAILED = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\nConnection: close\r\n\r\nbusy"
ANSWERS = [(PLAIN, 201), (EMPTY, 204), (CHUNKED, 200), (TRAILED, 200), (FAILED, 503)]


@pytest.mark.parametrize(("answer", "status"), ANSWERS)
def test_every_cut_gives_the_status_at_the_last_byte(answer: bytes, status: int) -> None:
    for cut in range(1, len(answer)):
        reader = ResponseReader()
        assert reader.feed(answer[:cut]) is None
        assert reader.feed(answer[cut:]) == status
        assert reader.received == len(answer)


@given(st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=5), st.integers(1, 7))
def test_one_reader_reads_answer_after_answer(answers: list[tuple[bytes, int]], step: int) -> None:
    reader = ResponseReader()
    for answer, status in answers:
        seen = [reader.feed(answer[start : start + step]) for start in range(0, len(answer), step)]
        assert seen == [None] * (len(seen) - 1) + [status]


def test_the_beginning_of_a_failure_is_kept_and_of_a_success_is_not() -> None:
    reader = ResponseReader()
    seen = []
    for answer in (PLAIN, FAILED, PLAIN):
        reader.feed(answer)
        seen.append((reader.preview, reader.closing))
    assert seen == [(b"", False), (b"busy", True), (b"", False)]


@pytest.mark.parametrize(
    "wrong",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nserver: x\r\n\r\nuntil the end",
        PLAIN + b"x",
        CHUNKED + b"x",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nmany\r\n",
    ],
)
def test_what_is_no_answer_is_refused(wrong: bytes) -> None:
    with pytest.raises(ProtocolError):
        ResponseReader().feed(wrong)


def test_a_request_has_a_length_only_with_a_body() -> None:
    assert request("GET", "/a", 80) == b"GET /a HTTP/1.1\r\nhost: 127.0.0.1:80\r\n\r\n"
    sent = request("POST", "/a", 80, headers={"accept": "*/*"}, body={"key": "ä"})
    head, _, body = sent.partition(b"\r\n\r\n")
    assert body.decode() == '{"key":"ä"}'
    assert b"\r\naccept: */*\r\n" in head
    assert head.endswith(b"\r\ncontent-length: 12")
