"""What is said of two answers that are not alike."""

from bench.differences import first_difference


def test_equal_answers_have_no_difference_whatever_the_order_of_members() -> None:
    assert first_difference({"a": [1, None], "b": "x"}, {"b": "x", "a": [1.0, None]}) is None


def test_the_first_place_is_named() -> None:
    theirs = {"total": 2, "items": [{"name": "a"}, {"name": "b"}]}
    ours = {"total": 2, "items": [{"name": "a"}, {"name": "c"}]}
    assert first_difference(theirs, ours) == "answer.items[1].name is 'b' on their side, 'c' on ours"


def test_a_missing_member_an_extra_one_and_another_length_are_differences() -> None:
    assert first_difference({"a": 1}, {}) == "answer has no 'a' on our side"
    assert first_difference({}, {"a": 1}) == "answer has 'a' on our side only"
    assert first_difference([1], [1, 2]) == "answer has 1 items on their side, 2 on ours"


def test_true_is_not_one_and_null_is_not_empty() -> None:
    assert first_difference([1], [True]) is not None
    assert first_difference({"a": None}, {"a": {}}) is not None
