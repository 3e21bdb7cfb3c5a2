"""The language of searches for runs: what is written is what is found, on both engines, and mistakes are named."""

import math
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from isogloss.adapters.call import Malformed
from isogloss.adapters.truefoundry.run_language import (
    MOST_COMPARISONS,
    PARAMETER,
    TAG,
    read_filter,
    read_order,
)
from isogloss.core.query import AnyOf, Compare, Has, KeyedSort, Operator, Sort, all_of
from isogloss.core.registry import Registry
from tests.adapters.truefoundry.serving import Served, make_repo
from tests.storage.sql.test_agreement import run_property

NAMES = ("alpha", "Beta", "a_b", "a-b")
TEXTS = ("", "a", "A", "ab", "a%", "a_b", "it's", '"', "C:\\data\\", "\\", "`", "é", "[a]", "*")
KEYS = ("lr", "a.b", "with space", "1.5", 'quo"te', "tick`", "it's", "a/b-c", "é", "and")
STATUSES = ("RUNNING", "FINISHED", "FAILED")
NUMBERS = (-1.5, 0.0, 1.0, 2.0, math.inf, -math.inf, math.nan)
START = 1_700_000_000_000


class Tracked(Struct, frozen=True):
    """A run as the test knows it."""

    id: str
    name: str
    status: str
    start: int
    end: int | None
    params: dict[str, str]
    tags: dict[str, str]
    metrics: dict[str, float]


class Term(Struct, frozen=True):
    """One comparison: of what, how and with what."""

    group: str
    key: str
    operator: str
    value: Any


def quoted(key: str, mark: str) -> str:
    return mark + key.replace(mark, mark * 2) + mark


def written(term: Term, mark: str, quote: str, upper: bool) -> str:
    """The term as somebody may write it."""
    plain = re.fullmatch(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*", term.key)
    key = term.key if plain and mark == "" else quoted(term.key, mark or "`")
    name = term.key if term.group == "attribute" and quote == "'" else f"{term.group}.{key}"
    operator = term.operator if upper else term.operator.lower()
    if "NULL" in term.operator:
        return f"{name} {operator}"
    if isinstance(term.value, tuple):
        return f"{name} {operator} ({', '.join(quoted(each, quote) for each in term.value)})"
    value = quoted(term.value, quote) if isinstance(term.value, str) else repr(term.value)
    return f"{name} {operator} {value}" if upper or operator.isalpha() else f"{name}{operator}{value}"


def like(pattern: str, text: str, flags: re.RegexFlag) -> bool:
    parts = {"%": ".*", "_": "."}
    expression = "".join(parts.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, text, flags | re.DOTALL) is not None


def satisfies(term: Term, run: Tracked) -> bool:
    """What a term means, by the language's description and nothing of what is tested."""
    if term.group == "attribute":
        known = {"run_name": run.name, "run_id": run.id, "status": run.status, "start_time": run.start}
        found: Any = (known | {"end_time": run.end})[term.key]
    else:
        rows: dict[str, dict[str, Any]] = {"metrics": run.metrics, "params": run.params, "tags": run.tags}
        found = rows[term.group].get(term.key)
    if term.operator == "IS NULL":
        return found is None
    if found is None:
        return False
    if isinstance(found, float) and math.isnan(found):
        return term.operator == "!="
    meanings: dict[str, Callable[[], bool]] = {
        "IS NOT NULL": lambda: True,
        "=": lambda: found == term.value,
        "!=": lambda: found != term.value,
        "<": lambda: found < term.value,
        "<=": lambda: found <= term.value,
        ">": lambda: found > term.value,
        ">=": lambda: found >= term.value,
        "LIKE": lambda: like(term.value, found, re.NOFLAG),
        "ILIKE": lambda: like(term.value, found, re.IGNORECASE | re.ASCII),
        "IN": lambda: found in term.value,
        "NOT IN": lambda: found not in term.value,
    }
    return bool(meanings[term.operator]())


texts = st.sampled_from(TEXTS)
keys = st.sampled_from(KEYS)
signs = st.sampled_from(("=", "!=", "<", "<=", ">", ">="))
numbers = st.sampled_from((-1.5, 0, 1, 1.0, 2e0, 1e300, -7))
patterns = st.text("aAb%_é'[*?", max_size=4)


def with_texts(group: str, names: st.SearchStrategy[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[Term]:
    return st.one_of(
        st.builds(Term, st.just(group), names, st.sampled_from(("=", "!=")), values),
        st.builds(Term, st.just(group), names, st.sampled_from(("LIKE", "ILIKE")), patterns),
        st.builds(
            Term,
            st.just(group),
            names,
            st.sampled_from(("IN", "NOT IN")),
            st.lists(values, min_size=1, max_size=3).map(tuple),
        ),
    )


presence = st.builds(
    Term, st.sampled_from(("params", "tags")), keys, st.sampled_from(("IS NULL", "IS NOT NULL")), st.none()
)
terms = st.one_of(
    with_texts("params", keys, texts),
    with_texts("tags", keys, texts),
    with_texts("attribute", st.just("run_name"), st.sampled_from(NAMES)),
    with_texts("attribute", st.just("status"), st.sampled_from(STATUSES)),
    st.builds(Term, st.just("metrics"), keys, signs, numbers),
    st.builds(
        Term,
        st.just("attribute"),
        st.sampled_from(("start_time", "end_time")),
        signs,
        st.sampled_from((START, START + 1, START + 1.5, 0, 1e40, -1e40)),
    ),
    presence,
)
writings = st.tuples(st.sampled_from(("", "`", '"')), st.sampled_from(("'", '"')), st.booleans())


async def fill(served: Served) -> tuple[str, list[Tracked]]:
    """Runs with a little of everything, and the id of their repo."""
    repo_id = (await make_repo(served))["id"]
    made = []
    for place in range(24):
        name = NAMES[place] if place < len(NAMES) else f"run-{place}"
        params = {KEYS[place % 10]: TEXTS[place % 14], KEYS[(place * 3) % 10]: TEXTS[(place * 5) % 14]}
        tags = {KEYS[(place * 7) % 10]: TEXTS[(place * 9) % 14]}
        metrics = {KEYS[place % 10]: NUMBERS[place % 7], KEYS[(place + 1) % 10]: NUMBERS[(place * 2) % 7]}
        start, end = START + place % 4, (None, START, START + 2)[place % 3]
        status = STATUSES[place % 3]
        pairs = [{"key": key, "value": value} for key, value in tags.items()]
        body = {"experiment_id": repo_id, "name": name, "start_time": float(start), "tags": pairs}
        run_id = (await served.post("/runs", body))["run"]["info"]["run_id"]
        changes = {"status": status} | ({} if end is None else {"end_time": end})
        await served.put(f"/runs/{run_id}", changes)
        batch = {
            "params": [{"key": key, "value": value} for key, value in params.items()],
            "metrics": [{"key": key, "value": value, "timestamp": 0, "step": 0} for key, value in metrics.items()],
        }
        await served.post(f"/runs/{run_id}/batch", batch)
        made.append(Tracked(run_id, name, status, start, end, params, tags, metrics))
    return repo_id, made


async def test_every_filter_finds_what_it_says(registry: Registry) -> None:
    served = Served(registry)
    repo_id, made = await fill(served)

    @settings(max_examples=250)
    @given(found=st.lists(st.tuples(terms, writings), min_size=1, max_size=3))
    async def agrees(found: list[tuple[Term, tuple[str, str, bool]]]) -> None:
        text = " AND ".join(written(term, *how) for term, how in found)
        page = await served.post("/runs/search", {"experiment_ids": [repo_id], "filter": text, "order_by": ["run_id"]})
        expected = sorted(run.id for run in made if all(satisfies(term, run) for term, _ in found))
        assert ([each["info"]["run_id"] for each in page["runs"]], page["total"]) == (expected, len(expected)), text

    await run_property(agrees)


async def test_every_order_is_by_what_it_says_with_what_is_absent_last(registry: Registry) -> None:
    served = Served(registry)
    repo_id, made = await fill(served)
    # The newest come first where nothing else tells runs apart, and the greater id among those of one time.
    newest = sorted(made, key=lambda run: (run.start, run.id), reverse=True)

    def value(identifier: str, run: Tracked) -> Any:
        group, _, key = identifier.partition(".")
        if group == "attribute":
            return {"start_time": run.start, "end_time": run.end, "run_name": run.name, "status": run.status}[key]
        rows: dict[str, dict[str, Any]] = {"metrics": run.metrics, "params": run.params, "tags": run.tags}
        return rows[group].get(key)

    def ordered(runs: list[Tracked], identifier: str, descending: bool) -> list[Tracked]:
        """In order of what a run has there, equal ones as they were: numbers, what is none, runs without."""
        found = [(value(identifier, run), run) for run in runs]
        absent = [run for each, run in found if each is None]
        unordered = [run for each, run in found if isinstance(each, float) and math.isnan(each)]
        rest = [(each, run) for each, run in found if each is not None and each == each]
        rest.sort(key=lambda pair: pair[0], reverse=descending)
        return [*(run for _, run in rest), *unordered, *absent]

    identifiers = [f"{group}.{key}" for group in ("metrics", "params", "tags") for key in ("lr", "a.b", "1.5")]
    identifiers += [f"attribute.{name}" for name in ("start_time", "end_time", "run_name", "status")]

    @settings(max_examples=120)
    @given(orders=st.lists(st.tuples(st.sampled_from(identifiers), st.booleans()), max_size=3))
    async def agrees(orders: list[tuple[str, bool]]) -> None:
        words = [f"{identifier} {'DESC' if descending else 'asc'}" for identifier, descending in orders]
        page = await served.post("/runs/search", {"experiment_ids": [repo_id], "order_by": words})
        expected = newest
        for identifier, descending in reversed(orders):
            expected = ordered(expected, identifier, descending)
        assert [each["info"]["run_id"] for each in page["runs"]] == [run.id for run in expected], words

    await run_property(agrees)


@pytest.mark.parametrize(
    "text",
    [
        "params.lr = '1'",
        "param.lr='1'",
        'parameters.lr = "1"',
        "parameter.`lr` = '1'",
        "Params.\"lr\" = '1'",
        "  params . lr = '1'  ",
    ],
)
def test_a_parameter_is_written_in_many_ways(text: str) -> None:
    key = Compare("key", Operator.EQ, "lr")
    assert read_filter(text) == Has(PARAMETER, all_of(key, Compare("value", Operator.EQ, "1")))


def test_an_empty_filter_states_nothing() -> None:
    assert read_filter("") == read_filter("  \n ") == all_of()


def test_lists_bind_as_one_value() -> None:
    assert read_filter("run_id IN ('a', 'b''c')") == AnyOf("id", ("a", "b'c"))
    assert read_filter("tags.k in ('a')") == Has(TAG, all_of(Compare("key", Operator.EQ, "k"), AnyOf("value", ("a",))))


def test_orders_are_written_in_many_ways() -> None:
    assert read_order("attribute.start_time DESC") == read_order("start_time desc") == Sort("started", True)
    assert read_order("run_name") == read_order("attributes.`run name` ASC") == Sort("name")
    assert read_order("metrics.`a b` desc") == KeyedSort("metric", "a b", "value", True)
    assert read_order("params.lr ASC") == KeyedSort("parameter", "lr", "value")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("params.lr = '1' OR params.lr = '2'", "'OR' at character 17: expected AND; there is no OR"),
        ("params.lr = 1", "'1' at character 13: expected a text in quotes"),
        ("params.lr > '1'", "'>' at character 11: expected one of =, !=, LIKE, ILIKE"),
        ("metrics.acc = '1'", "character 15: expected a number"),
        ("metrics.acc LIKE 'a'", "'LIKE' at character 13: expected one of >, >=, <, <=, =, !="),
        ("metrics.acc IN ('1')", "'IN' at character 13: expected a comparison with a number"),
        ("metrics.acc IS NULL", "for parameters and tags"),
        ("colour = 'red'", "'colour' at character 1: expected one of the attributes end_time"),
        ("run.colour = 'red'", "'colour' at character 5: expected one of the attributes"),
        ("notes.a = 'b'", "'notes' at character 1: expected one of attributes, metrics, params and tags"),
        ("params.lr =", "'params.lr =' ends where more is needed"),
        ("params.lr", "ends where more is needed"),
        ("params. = 'a'", "'=' at character 9: expected a key"),
        ("params.a. = 'a'", "'=' at character 11: expected the rest of the key"),
        ("params.lr = 'it's'", "s"),
        ("params.lr = 'open", '"\'open" at character 13 is not understood; a quote is not closed'),
        ("tags.a IN ('a' 'b')", "expected ','"),
        ("tags.a IN ()", "expected a text in quotes"),
        ("tags.a NOT LIKE 'b'", "'LIKE' at character 12: expected IN"),
        ("params.lr = '1' AND", "ends where more is needed"),
        ("params.lr = '1' params.a = '2'", "'params' at character 17: expected AND"),
        ("params.lr = '1'; drop", "';"),
        ("start_time > 'x'", "expected a number"),
        ("start_time > 1e9999999999999999999", "expected a number"),
        ("= 'a'", "'=' at character 1: expected an attribute, metrics.KEY, params.KEY or tags.KEY"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, told: str) -> None:
    with pytest.raises(Malformed) as caught:
        read_filter(text)

    assert caught.value.where == "body.filter"
    assert told in caught.value.reason


@pytest.mark.parametrize("text", ["", "metrics.acc DOWN", "metrics.acc DESC, a", "colour", "metrics.acc DESC DESC"])
def test_an_order_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match=r"body\.order_by"):
        read_order(text)


def test_a_filter_holds_no_more_comparisons_than_engines_take() -> None:
    many = " and ".join(["params.lr = '1'"] * MOST_COMPARISONS)
    read_filter(many)
    with pytest.raises(Malformed, match="more than 100 comparisons"):
        read_filter(f"{many} and params.lr = '1'")


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1e-999", "9" * 400])
def test_a_number_beyond_all_times_is_only_far(number: str) -> None:
    for sign in ("<", "=", ">="):
        read_filter(f"attributes.start_time {sign} {number}")


@given(text=st.text("abm.'\"`=<>!() ,0e-\\A%", max_size=30))
def test_any_text_is_understood_or_refused(text: str) -> None:
    for read in (read_filter, read_order):
        with suppress(Malformed):
            read(text)
