"""Ranges of bytes and conditions, as pure functions of the headers."""

from hypothesis import example, given
from hypothesis import strategies as st

from isogloss.adapters.native.ranges import Span, Unsatisfiable, asked_range, http_date, is_unchanged, names

SECOND = 1_000_000
contents = st.binary(max_size=60)
places = st.integers(min_value=0, max_value=80)


def part(content: bytes, header: str) -> bytes | None:
    """What a range has of the content; null where nothing satisfies it."""
    asked = asked_range(header, len(content))
    if isinstance(asked, Unsatisfiable):
        return None
    return content if asked is None else content[asked.start : asked.end]


@given(contents, places, places)
def test_a_range_from_first_to_last_is_a_slice(content: bytes, first: int, more: int) -> None:
    sliced = content[first : first + more + 1]
    assert part(content, f"bytes={first}-{first + more}") == (sliced or None)


@given(contents, places)
def test_a_range_without_an_end_is_the_rest(content: bytes, first: int) -> None:
    assert part(content, f"bytes={first}-") == (content[first:] or None)


@given(contents, places)
@example(b"", 1)
@example(b"abc", 0)
def test_a_range_without_a_start_is_the_last_bytes(content: bytes, length: int) -> None:
    assert part(content, f"bytes=-{length}") == ((content[-length:] if length else b"") or None)


@given(st.integers(min_value=0, max_value=10**30), st.integers(min_value=0, max_value=10**30), places)
def test_a_range_that_is_there_lies_within_the_object(first: int, last: int, size: int) -> None:
    asked = asked_range(f"bytes={first}-{last}", size)
    if isinstance(asked, Span):
        assert 0 <= asked.start < asked.end <= size


@given(st.text(max_size=30))
@example("bytes=")
@example("bytes=-")
@example("bytes=5-4")
@example("bytes=0-1,3-4")
@example("lines=1-2")
@example("bytes=+1-2")
@example("bytes=٣-٤")
@example(f"bytes={'9' * 5000}-")
def test_what_is_no_single_range_is_the_whole_or_a_range_of_it(header: str) -> None:
    asked = asked_range(header, 10)
    assert asked is None or isinstance(asked, Unsatisfiable) or 0 <= asked.start < asked.end <= 10


def test_spaces_and_case_mean_nothing() -> None:
    assert asked_range(" Bytes = 1 - 3 ", 10) == Span(1, 4)
    assert asked_range(None, 10) is None
    assert asked_range("bytes=0-1,3-4", 10) is None


def test_a_tag_is_named_alone_in_a_list_or_by_a_star() -> None:
    for header in ('"a"', '"b", "a"', '"b","a"', "*", " * "):
        assert names(header, "a", weak=False), header
    for header in ('"b"', "a", "", '"aa"', '"A"', '"b, a"'):
        assert not names(header, "a", weak=False), header


def test_a_weak_tag_counts_only_where_weak_ones_do() -> None:
    assert names('W/"a"', "a", weak=True)
    assert not names('W/"a"', "a", weak=False)


def test_a_part_fits_by_its_tag_or_by_its_date() -> None:
    modified = 1_750_000_000 * SECOND + 123_456
    date = http_date(modified)
    assert date == "Sun, 15 Jun 2025 15:06:40 GMT"
    for if_range in (None, '"a"', date):
        assert is_unchanged(if_range, "a", modified), if_range
    for if_range in ('"b"', 'W/"a"', http_date(modified + SECOND), http_date(modified - SECOND), "yesterday", ""):
        assert not is_unchanged(if_range, "a", modified), if_range
