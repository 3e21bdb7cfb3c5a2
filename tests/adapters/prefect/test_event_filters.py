"""Filters of events against the vendor's meaning of them, spelled out once more over the events as they were sent; on
both engines.
"""

import fnmatch
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.adapters.prefect.bodies.events import EventCreate, EventFilter
from isogloss.adapters.prefect.event_filters import event_query, settled
from isogloss.adapters.prefect.event_translate import event_report
from isogloss.core.access import ANYBODY
from isogloss.core.registry import Registry
from isogloss.core.registry.events import keep_events, list_and_count_events
from tests.storage.sql.test_agreement import run_property
from tests.support.registries import START

ID, ROLE = "prefect.resource.id", "prefect.resource.role"
Labels = dict[str, str]
Event = dict[str, Any]

names = st.sampled_from(["a", "a.b", "A.b", "a_b", "a%b", "b"])
prefixes = st.sampled_from(["", "a", "a.", "a_", "A", "%"])
roles = st.sampled_from(["x", "y"])
seconds = st.integers(0, 5)


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, max_size=2)


def objects(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that have some of these members."""
    return st.fixed_dictionaries({}, optional=members)


def an_event(number: int) -> Event:
    """One of twelve that differ in whatever is asked for."""
    words = ("a", "a.b", "A.b", "a_b", "a%b", "b")
    related = [
        {ID: words[(number + each) % 6], ROLE: "xy"[(number + each) % 2], "l": words[each]}
        for each in range(1, number % 3 + 1)
    ]
    labels = {} if number % 4 == 0 else {"l": words[number % 5], "l_m": "a"}
    return {
        "id": str(UUID(int=number)),
        "occurred": START // 1_000_000 + number // 2,
        "event": words[number % 6],
        "resource": {ID: words[number * 5 % 6], **labels},
        "related": related,
        "payload": {"said": words[number * 7 % 6]},
    }


EVENTS = [an_event(number) for number in range(12)]

patterns = st.sampled_from(["a", "a_b", "?_b", "a*", "!a", "!a*", "A?b", "", "!", "*"])
labels = st.dictionaries(st.sampled_from(["l", "l_m", "m", ID, ROLE]), patterns | some(patterns), max_size=2)
resource = objects(id=some(names), id_prefix=some(prefixes), labels=labels, distinct=st.booleans())
related = objects(id=some(names), role=some(roles), resources_in_roles=some(st.tuples(names, roles)), labels=labels)
anything = objects(id=some(names), id_prefix=some(prefixes), labels=labels)
filters = objects(
    occurred=st.fixed_dictionaries({"since": seconds, "until": seconds}).map(
        lambda given: {name: START // 1_000_000 + second for name, second in given.items()}
    ),
    event=objects(prefix=some(prefixes), exclude_prefix=some(prefixes), name=some(names), exclude_name=some(names)),
    resource=resource,
    related=related | some(related),
    any_resource=anything | some(anything),
    id=objects(id=some(st.integers(0, 12).map(lambda number: str(UUID(int=number))))),
    text=objects(query=st.sampled_from(["a_b", "A%B", "a.b -a_b", "+b +a", ""])).filter(bool),
    order=st.sampled_from(["ASC", "DESC"]),
)


def fits(pattern: str, value: str | None) -> bool:
    if value is None:
        return False
    fitting = fnmatch.fnmatchcase(value, pattern.removeprefix("!"))
    return not fitting if pattern.startswith("!") else fitting


def listed(given: Any) -> list[Any]:
    if given is None:
        return []
    return given if isinstance(given, list) else [given]


def meets(asked: dict[str, Any], one: Labels, *, primary: bool) -> bool:
    """Whether a resource meets what is asked of it."""
    role = "" if primary else one[ROLE]
    known: dict[str, str | None] = {**one, ROLE: None}
    given = dict(asked.get("labels") or {})
    ids, in_roles = listed(given.pop(ID, None) or None), given.get(ROLE)
    return all(
        [
            not asked.get("id") or one[ID] in asked["id"],
            not asked.get("id_prefix") or one[ID].startswith(tuple(asked["id_prefix"])),
            not asked.get("role") or role in asked["role"],
            not asked.get("resources_in_roles") or (one[ID], role) in asked["resources_in_roles"],
            not ids or any(fits(pattern, one[ID]) for pattern in ids),
            not in_roles or role in listed(in_roles),
            *(any(fits(pattern, known.get(name)) for pattern in listed(given[name])) for name in given if name != ROLE),
        ]
    )


def asks(asked: dict[str, Any]) -> bool:
    return any(asked.get(name) for name in ("id", "id_prefix", "role", "resources_in_roles", "labels"))


def satisfies(asked: dict[str, Any], event: Event) -> bool:
    """Whether an event satisfies a filter, whatever others there are."""
    times = asked.get("occurred", {"since": 0, "until": 2**40})
    name = asked.get("event", {})
    own = asked.get("resource", {})
    has_role = ROLE in (own.get("labels") or {})
    everything = [(event["resource"], True), *((each, False) for each in event["related"])]
    return all(
        [
            times["since"] <= event["occurred"] <= times["until"],
            not name.get("prefix") or event["event"].startswith(tuple(name["prefix"])),
            not event["event"].startswith(tuple(name.get("exclude_prefix", ()))),
            not name.get("name") or event["event"] in name["name"],
            event["event"] not in name.get("exclude_name", ()),
            not has_role and meets(own, event["resource"], primary=True),
            *(
                any(meets(each, one, primary=False) for one in event["related"])
                for each in listed(asked.get("related"))
                if asks(each)
            ),
            *(
                any(meets(each, one, primary=primary) for one, primary in everything)
                for each in listed(asked.get("any_resource"))
                if asks(each)
            ),
            not asked.get("id", {}).get("id") or event["id"] in asked["id"]["id"],
            mentions(asked.get("text", {}).get("query", ""), event),
        ]
    )


def mentions(query: str, event: Event) -> bool:
    """Whether an event has what the words of one of the queries above ask for."""
    text = f"{event['event']} {event['resource']} {event['related']} {event['payload']}".replace("'", '"').lower()
    wanted, unwanted, required = list[str](), list[str](), list[str]()
    for word in query.lower().split():
        {"-": unwanted, "+": required}.get(word[0], wanted).append(word.lstrip("-+"))
    return (
        (not wanted or any(word in text for word in wanted))
        and not any(word in text for word in unwanted)
        and all(word in text for word in required)
    )


def expected(asked: dict[str, Any]) -> list[str]:
    """The ids of the events that a filter finds, in their order."""
    found = sorted(
        (event for event in EVENTS if satisfies(asked, event)),
        key=lambda event: (event["occurred"], event["id"]),
        reverse=asked.get("order", "DESC") == "DESC",
    )
    if asked.get("resource", {}).get("distinct"):
        found = list({event["resource"][ID]: event for event in reversed(found)}.values())
        found.sort(key=lambda event: (event["occurred"], event["id"]), reverse=asked.get("order", "DESC") == "DESC")
    return [event["id"] for event in found]


async def test_every_filter_finds_what_the_vendor_means(registry: Registry) -> None:
    project = registry.default_project
    told = [event_report(EventCreate.model_validate(event), project.id, START) for event in EVENTS]
    await keep_events(registry, ANYBODY, told)

    @settings(max_examples=150)
    @given(asked=filters)
    async def agrees(asked: dict[str, Any]) -> None:
        wanted = settled(EventFilter.model_validate(asked), START + 100_000_000)
        found, total = await list_and_count_events(registry, ANYBODY, event_query(wanted, project.id, 50, 0))
        assert [event.id for event in found] == expected(asked)
        assert total == len(found)

    await run_property(agrees)
