"""Events over HTTP: kept in bulk, filtered, and read page by page; on both engines."""

import base64
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from isogloss.core.access import Principal, Role
from isogloss.core.registry import Registry
from tests.adapters.prefect.serving import Answer, Served

NOON = "2025-06-15T12:00:00Z"
"""Some hours before the time of the tests' clock."""


@pytest.fixture
def api(registry: Registry) -> Served:
    return Served(registry)


def event_of(name: str, resource: str, *related: tuple[str, str], at: str = NOON, **members: Any) -> dict[str, Any]:
    """An event of a resource, with related ones by their roles; ``labels`` are the resource's own."""
    labels = members.pop("labels", {})
    return {
        "occurred": at,
        "event": name,
        "resource": {"prefect.resource.id": resource, **labels},
        "related": [{"prefect.resource.id": each, "prefect.resource.role": role} for role, each in related],
        "id": str(uuid4()),
        **members,
    }


async def keep(api: Served, *events: dict[str, Any]) -> None:
    answer = await api("POST", "/events", list(events))
    assert (answer.status, answer.json) == (204, None)


async def names(api: Served, asked: dict[str, Any]) -> list[str]:
    """The names of the events that a filter finds, in their order; the total must be how many they are."""
    page = await api.post("/events/filter", {"filter": asked})
    assert page["total"] == len(page["events"])
    return [event["event"] for event in page["events"]]


SOME = [
    event_of(
        "lamp.lit", "lamp.1", ("place", "room.1"), at="2025-06-15T12:00:01Z", labels={"colour": "red", "a_b": "x"}
    ),
    event_of("lamp.out", "lamp.2", ("place", "room.2"), ("owner", "ann"), at="2025-06-15T12:00:02Z"),
    event_of("door.open", "door.1", ("place", "room.1"), at="2025-06-15T12:00:03Z", payload={"by": "Bob_1"}),
    event_of("lamp.lit", "lamp.1", ("way", "room.1"), at="2025-06-15T12:00:04Z", labels={"colour": "blue"}),
]
LIT, OUT, OPEN, AGAIN = range(4)

FOUND: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "all, the newest first": ({}, (AGAIN, OPEN, OUT, LIT)),
    "the oldest first": ({"order": "ASC"}, (LIT, OUT, OPEN, AGAIN)),
    "between two times, both included": (
        {"occurred": {"since": "2025-06-15T12:00:02Z", "until": "2025-06-15T12:00:03Z"}},
        (OPEN, OUT),
    ),
    "by name": ({"event": {"name": ["lamp.out", "other"]}}, (OUT,)),
    "by prefix": ({"event": {"prefix": ["lamp.", "x"]}}, (AGAIN, OUT, LIT)),
    "by prefix and name": ({"event": {"prefix": ["lamp."], "name": ["door.open"]}}, ()),
    "without a name": ({"event": {"exclude_name": ["lamp.lit"]}}, (OPEN, OUT)),
    "without a prefix": ({"event": {"exclude_prefix": ["lamp.l", "door"]}}, (OUT,)),
    "by empty lists": ({"event": {"prefix": [], "name": [], "exclude_name": []}, "id": {"id": []}}, (3, 2, 1, 0)),
    "by id": ({"id": {"id": [SOME[OUT]["id"]]}}, (OUT,)),
    "by resource": ({"resource": {"id": ["lamp.1", "x"]}}, (AGAIN, LIT)),
    "by the beginning of the resource": ({"resource": {"id_prefix": ["lamp."]}}, (AGAIN, OUT, LIT)),
    "by one that is only related": ({"resource": {"id": ["room.1"]}}, ()),
    "one of each resource": ({"resource": {"distinct": True}}, (AGAIN, OPEN, OUT)),
    "the oldest of each resource": ({"resource": {"distinct": True}, "order": "ASC"}, (LIT, OUT, OPEN)),
    "one of each resource that a name has": (
        {
            "resource": {"distinct": True},
            "event": {"name": ["lamp.lit"]},
            "occurred": {"until": "2025-06-15T12:00:03Z"},
        },
        (LIT,),
    ),
    "by any resource": ({"any_resource": {"id": ["room.1", "lamp.2"]}}, (AGAIN, OPEN, OUT, LIT)),
    "by the beginning of any resource": ({"any_resource": {"id_prefix": ["room.1", "an"]}}, (AGAIN, OPEN, OUT, LIT)),
    "by one that meets both": ({"any_resource": {"id": ["room.1"], "id_prefix": ["lamp."]}}, ()),
    "by two of any": ({"any_resource": [{"id": ["room.1"]}, {"id_prefix": ["lamp."]}]}, (AGAIN, LIT)),
    "by any resource without criteria": ({"any_resource": {}}, (AGAIN, OPEN, OUT, LIT)),
    "by related": ({"related": {"id": ["room.1"]}}, (AGAIN, OPEN, LIT)),
    "by one that is not related": ({"related": {"id": ["lamp.1"]}}, ()),
    "by role": ({"related": {"role": ["owner"]}}, (OUT,)),
    "by related in a role": ({"related": {"id": ["room.1"], "role": ["place"]}}, (OPEN, LIT)),
    "by pairs": ({"related": {"resources_in_roles": [["room.1", "way"], ["ann", "owner"]]}}, (AGAIN, OUT)),
    "by two related": ({"related": [{"id": ["room.2"]}, {"role": ["owner"]}]}, (OUT,)),
    "by label": ({"resource": {"labels": {"colour": "red"}}}, (LIT,)),
    "by labels": ({"resource": {"labels": {"colour": ["red", "blue"], "a_b": "?"}}}, (LIT,)),
    "by the beginning of a label": ({"resource": {"labels": {"colour": "b*"}}}, (AGAIN,)),
    "by another label's value": ({"resource": {"labels": {"aab": "x"}}}, ()),
    "by what a label is not": ({"resource": {"labels": {"colour": "!red"}}}, (AGAIN,)),
    "by a label without patterns": ({"resource": {"labels": {"colour": []}}}, ()),
    "by a pattern of the resource": ({"resource": {"labels": {"prefect.resource.id": ["d*.?", "*.2"]}}}, (OPEN, OUT)),
    "by what the resource is not": ({"resource": {"labels": {"prefect.resource.id": "!lamp.*"}}}, (OPEN,)),
    "by the role of a resource": ({"resource": {"labels": {"prefect.resource.role": "place"}}}, ()),
    "by the role of related": ({"related": {"labels": {"prefect.resource.role": "way"}}}, (AGAIN,)),
    "by no role of related": ({"related": {"labels": {"prefect.resource.role": []}}}, (AGAIN, OPEN, OUT, LIT)),
    "by the role of any": ({"any_resource": {"labels": {"prefect.resource.role": ["owner"]}}}, (OUT,)),
    "by text": ({"text": {"query": "BOB_1"}}, (OPEN,)),
    "by text that only looks alike": ({"text": {"query": "bob-1"}}, ()),
    "by words": ({"text": {"query": "lamp.1 -blue +room"}}, (LIT,)),
    "by a name of our own": ({"text": {"query": "payload"}}, ()),
    "by no words": ({"text": {"query": " "}}, (AGAIN, OPEN, OUT, LIT)),
}


async def test_filters_find_what_they_ask_for(api: Served) -> None:
    await keep(api, *SOME)
    found = {}
    for name, (asked, _) in FOUND.items():
        page = await api.post("/events/filter", {"filter": asked})
        assert page["total"] == len(page["events"]), name
        found[name] = [event["id"] for event in page["events"]]

    assert found == {name: [SOME[place]["id"] for place in places] for name, (_, places) in FOUND.items()}


async def test_letters_and_wildcards_of_prefixes_stand_for_themselves(api: Served) -> None:
    await keep(api, event_of("a_b", "r_1"), event_of("axb", "rx1"), event_of("A_b", "R_1"))

    assert await names(api, {"event": {"prefix": ["a_"]}}) == ["a_b"]
    assert await names(api, {"resource": {"id_prefix": ["r_"]}}) == ["a_b"]
    assert await names(api, {"event": {"prefix": ["%"]}}) == []


async def test_without_times_events_of_half_a_year_until_now_are_found(api: Served) -> None:
    await keep(api, event_of("past", "r"), event_of("future", "r", at="2025-06-15T15:06:41Z"))

    assert await names(api, {}) == ["past"]
    assert await names(api, {"occurred": {"until": "2026-01-01T00:00:00Z"}}) == ["future", "past"]


async def test_pages_follow_each_other_to_the_end(api: Served) -> None:
    made = [event_of("e", "r", at=f"2025-06-15T12:00:{second:02d}Z") for second in range(5)]
    await keep(api, *made, event_of("other", "r"))
    page = await api.post("/events/filter", {"filter": {"event": {"name": ["e"]}}, "limit": 2})
    told, totals = [], []
    while True:
        told.append([event["id"] for event in page["events"]])
        totals.append(page["total"])
        if page["next_page"] is None:
            break
        root, path = page["next_page"].split("/api", 1)
        assert root == "http://test:80"
        page = await api.get(path)
        # What comes meanwhile is behind the time at which the first page was asked for.
        await keep(api, event_of("e", "r", at="2025-06-15T23:00:00Z"))

    newest_first = [event["id"] for event in reversed(made)]
    assert told == [newest_first[:2], newest_first[2:4], newest_first[4:]]
    assert totals == [5, 5, 5]


async def test_a_page_of_nothing_tells_the_total(api: Served) -> None:
    await keep(api, event_of("e", "r"))
    page = await api.post("/events/filter", {"limit": 0})

    assert (page["events"], page["total"]) == ([], 1)
    assert (await api.get(page["next_page"].split("/api", 1)[1]))["events"] == []


def made_up(**changes: Any) -> str:
    token = {"filter": {}, "total": 1, "limit": 50, "offset": 0} | changes
    return base64.urlsafe_b64encode(json.dumps(token).encode()).decode()


async def next_page(api: Served, token: str) -> Answer:
    return await api("GET", f"/events/filter/next?page-token={token}")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "\u00e9",
        base64.b64encode(b"[]").decode(),
        made_up(limit=51),
        made_up(limit=-1),
        made_up(offset=-1),
        made_up(offset=2**63),
        made_up(total="1"),
        made_up(filter={"unknown": 1}),
        made_up(filter=None),
    ],
)
async def test_a_token_that_nobody_was_given_is_refused(api: Served, token: str) -> None:
    answer = await next_page(api, token)

    assert (answer.status, answer.json) == (403, {"detail": "Forbidden"})


async def test_a_page_without_a_token_is_refused_as_invalid(api: Served) -> None:
    answer = await api("GET", "/events/filter/next")

    assert answer.status == 422
    assert answer.json["exception_detail"][0]["loc"] == ["query", "page-token"]


async def test_a_token_that_was_made_up_shows_nothing_that_its_reader_may_not_see(registry: Registry) -> None:
    await keep(Served(registry), event_of("e", "r"))
    token = made_up(filter={"occurred": {"since": "2000-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}})
    stranger = Principal(user_id="mia", name="mia", role=Role.MEMBER)

    assert len((await next_page(Served(registry), token)).json["events"]) == 1
    assert (await next_page(Served(registry, caller=stranger), token)).json["events"] == []
    assert (await Served(registry, caller=stranger).post("/events/filter"))["total"] == 0


async def test_a_viewer_reads_events_and_sends_none(registry: Registry) -> None:
    viewer = Served(registry, caller=Principal(user_id=None, name="eve", role=Role.VIEWER))
    answer = await viewer("POST", "/events", [event_of("e", "r")])

    assert (answer.status, "role editor" in answer.json["exception_message"]) == (403, True)
    assert (await viewer.post("/events/filter"))["total"] == 0


async def test_events_that_are_sent_again_stay_as_they_were(api: Served) -> None:
    first = event_of("first", "r")
    await keep(api, first)
    await keep(api, {**first, "event": "second"}, event_of("third", "r", at="2025-06-15T12:00:01Z"))

    assert await names(api, {}) == ["third", "first"]


LONG = "x" * 1025
REFUSED: dict[str, tuple[dict[str, Any], list[Any], str]] = {
    "a long name": ({"event": LONG}, ["event"], "Value error, Event name must be at most 1024 characters"),
    "a name of many bytes": (
        {"event": "\u00e9" * 600},
        ["event"],
        "Value error, Names must be at most 1024 bytes long.",
    ),
    "no resource id": (
        {"resource": {"a": "b"}},
        ["resource"],
        "Value error, Resources must include the prefect.resource.id label",
    ),
    "an empty resource id": (
        {"resource": {"prefect.resource.id": ""}},
        ["resource"],
        "Value error, The prefect.resource.id label must be non-empty",
    ),
    "a long resource id": (
        {"resource": {"prefect.resource.id": LONG}},
        ["resource"],
        "Value error, Names must be at most 1024 bytes long.",
    ),
    "no role": (
        {"related": [{"prefect.resource.id": "r"}]},
        ["related", 0],
        "Value error, Related Resources must include the prefect.resource.role label",
    ),
    "an empty role": (
        {"related": [{"prefect.resource.id": "r", "prefect.resource.role": ""}]},
        ["related", 0],
        "Value error, The prefect.resource.role label must be non-empty",
    ),
    "many labels": (
        {"resource": {str(number): "" for number in range(501)}},
        ["resource"],
        "Value error, The maximum number of labels per resource is 500",
    ),
    "many related resources": (
        {"related": [{"prefect.resource.id": "r", "prefect.resource.role": "x"}] * 101},
        ["related"],
        "Value error, The maximum number of related resources is 100",
    ),
    "a label that is no text": ({"resource": {"prefect.resource.id": 1}}, ["resource", "prefect.resource.id"], ""),
    "an id that is none": ({"id": "x"}, ["id"], ""),
    "a payload that is a list": ({"payload": []}, ["payload"], ""),
}


@pytest.mark.parametrize(("changes", "loc", "said"), REFUSED.values(), ids=REFUSED)
async def test_events_that_make_no_sense_are_refused_and_with_them_all_others(
    api: Served, changes: dict[str, Any], loc: list[Any], said: str
) -> None:
    answer = await api("POST", "/events", [event_of("e", "r"), event_of("e", "r") | changes])
    [error] = answer.json["exception_detail"]

    assert answer.status == 422
    assert error["loc"] == ["body", 1, *loc]
    assert not said or error["msg"] == said
    assert (await api.post("/events/filter"))["total"] == 0


UNANSWERABLE: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "an unknown member": ({"unknown": 1}, ["unknown"]),
    "a long text": ({"text": {"query": "x" * 201}}, ["text", "query"]),
    "no time": ({"occurred": {"since": None}}, ["occurred", "since"]),
    "nothing for occurred": ({"occurred": None}, ["occurred"]),
    "another order": ({"order": "UP"}, ["order"]),
    "one of two filters": ({"related": [{"x": 1}]}, ["related", "EventRelatedFilter"]),
    "one of two kinds of pattern": ({"resource": {"labels": {"a": 1}}}, ["resource", "labels", "a", "str"]),
    "a pattern that reaches on": ({"resource": {"labels": {"a": "*b"}}}, ["resource", "labels"]),
    "a pattern that would do": (
        {"related": {"labels": {"a": ["b", "b?*"]}}},
        ["related", "EventRelatedFilter", "labels"],
    ),
    "many prefixes": ({"event": {"prefix": [str(number) for number in range(101)]}}, ["event", "prefix"]),
    "many filters": ({"any_resource": [{}] * 101}, ["any_resource"]),
    "text that cannot be stored": ({"resource": {"labels": {"a": "\0"}}}, ["resource", "labels"]),
}


@pytest.mark.parametrize(("asked", "loc"), UNANSWERABLE.values(), ids=UNANSWERABLE)
async def test_what_cannot_be_answered_is_refused(api: Served, asked: dict[str, Any], loc: list[Any]) -> None:
    answer = await api("POST", "/events/filter", {"filter": asked})

    assert answer.status == 422
    assert answer.json["exception_detail"][0]["loc"] == ["body", "filter", *loc]


@pytest.mark.parametrize("limit", [-1, 51, "x"])
async def test_a_limit_is_validated_with_the_body(api: Served, limit: object) -> None:
    answer = await api("POST", "/events/filter", {"limit": limit})

    assert (answer.status, answer.json["exception_detail"][0]["loc"]) == (422, ["body", "limit"])


async def test_ids_are_told_dashed_and_in_lower_case(api: Served) -> None:
    event = event_of("e", "r")
    await keep(api, {**event, "id": UUID(event["id"]).hex.upper()})
    [kept] = (await api.post("/events/filter", {"filter": {"id": {"id": [event["id"].upper()]}}}))["events"]

    assert kept["id"] == event["id"]
