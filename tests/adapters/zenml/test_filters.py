"""Lists answer what the filter language means, spelled out once more over plain dictionaries; on both engines."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.core.access import Principal, Role
from isogloss.core.model import Artifact, User, Version
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import Registry
from tests.adapters.zenml.rows import add
from tests.adapters.zenml.serving import Served
from tests.storage.sql.test_agreement import run_property

Row = dict[str, Any]
Test = Callable[[Row, str, Any], bool]
Asked = tuple[str, str, Any]
"""A parameter, an operator and its operand: text, a list, or None."""

NAMES = ("alpha", "Alpha", "a%b", "a_b", "axb", "ümlaut", "Ümlaut", "7.5x", "model:x", "like:a")
LABELS = (None, "10", "007", "gold", "1e1", "Gold", "-3", "latest")
TAGS = ("red", "Red", "r%d", "blue", "0", "1.5")
STORES = ("0a1b2c3d-0000-4000-8000-0000000000aa", "0a1b2c3d-0000-4000-8000-0000000000bb", None)
TYPES = ("DataArtifact", "ModelArtifact", "BaseArtifact")
METADATA: tuple[dict[str, Any], ...] = (
    {},
    {"acc": 0.5, "ok": True},
    {"acc": 12, "note": "fine"},
    {"acc": "12", "note": "Fi%e", "d": {"x": [1]}},
    {"ok": False, "acc": -1},
)
SOURCES = ("builtins.int", "zenml.Loader", {"module": "a.b", "attribute": "C", "type": "user"})

STEPS = (0, 1, 999_999, 1_000_000, 500_000)
"""How much time passes between two versions, in microseconds, in turns."""


def like(pattern: str, value: str) -> bool:
    """SQL's LIKE without an escape: wildcards everywhere, ASCII letters in either case."""
    parts = {"%": ".*", "_": "."}
    expression = "".join(parts.get(character, re.escape(character)) for character in ascii_lower(pattern))
    return re.fullmatch(expression, ascii_lower(value), re.DOTALL) is not None


def ascii_lower(value: str) -> str:
    return "".join(character.lower() if character.isascii() else character for character in value)


def ordered(value: Any, operator: str, operand: Any) -> bool:
    return bool(
        {
            "gt": value > operand,
            "gte": value >= operand,
            "lt": value < operand,
            "lte": value <= operand,
        }[operator]
    )


def leading(value: str) -> float:
    found = re.match(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", value, re.ASCII | re.IGNORECASE)
    return float(found[0]) if found else 0.0


def text(value: str | None, operator: str, operand: Any) -> bool:
    """Text: what is null satisfies nothing but ``isnull``."""
    if operator in ("isnull", "isnotnull"):
        return (value is None) == (operator == "isnull")
    if value is None:
        return False
    match operator:
        case "equals":
            return bool(value == operand)
        case "notequals":
            return bool(value != operand)
        case "contains":
            return like(f"%{operand}%", value)
        case "notcontains":
            return not like(f"%{operand}%", value)
        case "startswith":
            return like(f"{operand}%", value)
        case "endswith":
            return like(f"%{operand}", value)
        case "oneof":
            return value in operand
        case "notoneof":
            return value not in operand
    return leading(value) != 0 and ordered(leading(value), operator, float(operand))


def identifier(value: str | None, operator: str, operand: Any) -> bool:
    """Ids are compared without dashes; what is no UUID equals none, and differs from all, also from null."""
    bare = None if value is None else value.replace("-", "")
    if operator in ("equals", "notequals"):
        plain = operand.replace("-", "").lower()
        if re.fullmatch("[0-9a-f]{32}", plain) is None:
            return operator == "notequals"
        return text(bare, operator, plain)
    if isinstance(operand, list):
        return text(bare, operator, [member.replace("-", "") for member in operand])
    return text(bare, operator, None if operand is None else operand.replace("-", ""))


def plain(value: Any, operator: str, operand: Any) -> bool:
    """Numbers, moments and truths."""
    if operator in ("isnull", "isnotnull"):
        return (value is None) == (operator == "isnull")
    if value is None:
        return False
    if operator == "in":
        return bool(operand[0] <= value <= operand[1])
    if operator in ("equals", "notequals"):
        return bool((value == operand) == (operator == "equals"))
    return ordered(value, operator, operand)


def moment(value: int, operator: str, operand: Any) -> bool:
    return plain(value, operator, instants(operand) if isinstance(operand, str) else operand)


def instants(operand: str) -> Any:
    found = [
        int(datetime.strptime(part, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()) * 1_000_000
        for part in operand.split(",")
    ]
    return found if len(found) > 1 else found[0]


def tagged(row: Row, operator: str, operand: Any) -> bool:
    if operator in ("isnull", "isnotnull"):
        return (not row["tags"]) == (operator == "isnull")
    return any(text(tag, operator, operand) for tag in row["tags"])


def by_user(row: Row, operator: str, operand: Any) -> bool:
    user = row["user"]
    if user is None:
        return False
    return identifier(user["id"], operator, operand) or any(
        text(user[name], operator, operand) for name in ("name", "full_name")
    )


def by_artifact(row: Row, operator: str, operand: Any) -> bool:
    return identifier(row["artifact_id"], operator, operand) or text(row["artifact"], operator, operand)


def measured(row: Row, operator: str, operand: Any) -> bool:
    """Some value that a key had, as JSON text with its quotes and without. The operand is ``key:[operator:]value``."""
    key, inner, value = operand
    return any(json_text(kept, inner, value) for name, kept in row["metadata"] if name == key)


def json_text(value: str, operator: str, operand: Any) -> bool:
    match operator:
        case "equals":
            return value in (operand, f'"{operand}"')
        case "notequals":
            return value not in (operand, f'"{operand}"')
        case "oneof":
            return any(value in (member, f'"{member}"') for member in operand)
        case "notoneof":
            return all(value not in (member, f'"{member}"') for member in operand)
        case "startswith":
            return like(f"{operand}%", value) or like(f'"{operand}%', value)
        case "endswith":
            return like(f"%{operand}", value) or like(f'%{operand}"', value)
    return text(value, operator, operand)


def of(name: str, test: Callable[[Any, str, Any], bool]) -> Test:
    return lambda row, operator, operand: test(row[name], operator, operand)


COMMON: dict[str, Test] = {
    "id": of("id", identifier),
    "created": of("created", moment),
    "updated": of("updated", moment),
    "tags": tagged,
    "user": by_user,
    "has_custom_name": of("custom", plain),
}
VERSION_TESTS = COMMON | {
    "artifact": by_artifact,
    "version": of("version", text),
    "version_number": of("number", plain),
    "uri": of("uri", text),
    "materializer": of("materializer", text),
    "data_type": of("data_type", text),
    "type": of("type", text),
    "artifact_store_id": of("store_id", identifier),
    "run_metadata": measured,
}
ARTIFACT_TESTS = COMMON | {"name": of("artifact", text)}

fragments = st.one_of(
    st.sampled_from(
        (*NAMES, *(label for label in LABELS if label), *TAGS, *TYPES, "ann", "Ann Lee", "/data/", "zenml")
    ),
    st.text("aAeErRdü%_1.7x-", min_size=1, max_size=4),
)
numbers = st.sampled_from(["0", "1", "7", "7.5", "10", "-3", "12", "0.5", "1e1"])


LISTS, NOTHING = ("oneof", "notoneof"), ("isnull", "isnotnull")
WORDS = ("equals", "notequals", "contains", "notcontains", "startswith", "endswith")
ORDERS = ("gt", "gte", "lt", "lte")


def asked(name: str, operands: dict[tuple[str, ...], st.SearchStrategy[Any]]) -> st.SearchStrategy[Asked]:
    """Conditions on a parameter in which every operator is equally frequent."""
    by_operator = {operator: drawn for operators, drawn in operands.items() for operator in operators}
    return st.sampled_from(sorted(by_operator)).flatmap(
        lambda operator: st.tuples(st.just(name), st.just(operator), by_operator[operator])
    )


def several(operands: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(operands, min_size=1, max_size=3)


def texts(name: str, operands: st.SearchStrategy[str] = fragments, *, orders: bool = True) -> st.SearchStrategy[Asked]:
    kinds = {WORDS: operands, LISTS: several(operands), NOTHING: st.none()}
    return asked(name, kinds | ({ORDERS: numbers} if orders else {}))


def identifiers(name: str, known: list[str]) -> st.SearchStrategy[Asked]:
    whole = st.sampled_from([*known, "no-uuid", "0" * 32])
    part = st.builds(
        lambda value, low, length: value[low : low + length], whole, st.integers(0, 20), st.integers(1, 14)
    )
    start = st.builds(lambda value, length: value[:length], whole, st.integers(1, 30))
    return asked(
        name,
        {
            WORDS[:2]: whole | whole.map(str.upper) | whole.map(lambda value: value.replace("-", "")),
            LISTS: several(whole),
            ("contains", "notcontains", "endswith"): part.filter(lambda value: bool(value.strip("-"))),
            ("startswith",): start | start.map(str.upper) | st.sampled_from(["0_", "%1"]),
            NOTHING: st.none(),
        },
    )


def moments(name: str, known: list[int]) -> st.SearchStrategy[Asked]:
    seconds = st.builds(lambda at, more: at // 1_000_000 + more, st.sampled_from(known), st.sampled_from((-1, 0, 1)))
    words = seconds.map(lambda at: datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S"))
    return asked(
        name,
        {
            (*WORDS[:2], *ORDERS): words,
            ("in",): st.tuples(words, words).map(",".join),
            NOTHING: st.none(),
        },
    )


def metadata(name: str) -> st.SearchStrategy[Asked]:
    keys = st.sampled_from(["acc", "ok", "note", "d", "none"])
    values = st.sampled_from(["0.5", "12", "true", "false", "fine", "Fi%e", "Fine", "f", "e", '"', "x"])
    return st.builds(lambda key, inner: (name, "metadata", (key, *inner[1:])), keys, texts("", values))


def common(rows: list[Row]) -> list[st.SearchStrategy[Asked]]:
    users = sorted({row["user"]["id"] for row in rows if row["user"]})
    return [
        identifiers("id", [row["id"] for row in rows]),
        moments("created", sorted({row["created"] for row in rows})),
        moments("updated", sorted({row["updated"] for row in rows})),
        texts("tags"),
        texts("user", orders=False) | asked("user", {("equals", "notequals", "startswith"): st.sampled_from(users)}),
        asked("has_custom_name", {("equals",): st.booleans()}),
    ]


def spelled(name: str, operator: str, operand: Any) -> tuple[str, str]:
    """A condition as a client writes it; equality often goes without saying."""
    if operator == "metadata":
        key, inner, value = operand
        return name, f"{key}:{spelled('', inner, value)[1]}"
    if operator in ("isnull", "isnotnull"):
        return name, f"{operator}:"
    if operator in ("oneof", "notoneof"):
        return name, f"{operator}:{json.dumps(operand)}"
    if operator == "equals" and len(str(operand)) % 2:
        return name, str(operand)
    return name, f"{operator}:{operand}"


async def populate(registry: Registry) -> tuple[list[Row], list[Row]]:
    """Artifacts and versions with a bit of everything, and what is known of them."""
    users: list[Row | None] = [None]
    callers = [Principal(user_id=None, name="nobody", role=Role.ADMIN)]
    for name, full_name in (("ann", "Ann Lee"), ("Bob_1", None)):
        user = User(
            id=registry.new_id(),
            name=name,
            role="admin",
            service=False,
            password=None,
            active=True,
            stamp="",
            full_name=full_name,
            email=None,
            description=None,
            facet=None,
            created=0,
            updated=0,
        )
        await add(registry, user)
        users.append({"id": user.id, "name": name, "full_name": full_name or ""})
        callers.append(Principal(user_id=user.id, name=name, role=Role.ADMIN))
    rows: list[Row] = []
    for number in range(40):
        registry.clock.advance(STEPS[number % len(STEPS)])  # type: ignore[attr-defined]
        served = Served(registry, caller=callers[number % 3])
        name, label = NAMES[number % len(NAMES)], LABELS[number * 3 % len(LABELS)]
        tags = [tag for place, tag in enumerate(TAGS) if number >> place & 1 and number % 3]
        first, second = METADATA[number % len(METADATA)], METADATA[number // 7 % len(METADATA)]
        body = {
            "project": registry.default_project.id,
            "artifact_name": name,
            "has_custom_name": number % 4 == 1,
            "version": label if number < len(NAMES) * 2 else None,
            "type": TYPES[number % len(TYPES)],
            "uri": f"/data/{name}/{number % 5}",
            "materializer": SOURCES[number % len(SOURCES)],
            "data_type": SOURCES[number // 2 % len(SOURCES)],
            "save_type": "manual",
            "tags": tags,
            "metadata": first,
        }
        answer = await served("POST", "/artifact_versions", body)
        if answer.status == 409:
            continue
        assert answer.status == 200, answer
        made = answer.json
        store_id = STORES[number % len(STORES)]
        await served.post(
            "/run-metadata",
            {
                "project": registry.default_project.id,
                "resources": [{"id": made["id"], "type": "artifact_version"}],
                "values": second,
                "types": dict.fromkeys(second, "str"),
            },
        )
        # What others keep inline lies nowhere.
        uri = None if number % 11 == 5 else body["uri"]
        row = await _written(registry, made["id"], store_id=store_id, uri=uri)
        rows.append(
            {
                "id": row.id,
                "artifact_id": row.artifact_id,
                "artifact": name,
                "created": row.created,
                "updated": row.updated,
                "user": users[number % 3],
                "version": row.label,
                "number": integer(row.label),
                "uri": uri,
                "materializer": compact(made["body"]["materializer"]),
                "data_type": compact(made["body"]["data_type"]),
                "type": body["type"],
                "store_id": store_id,
                "tags": sorted(tags),
                "metadata": [(key, compact(value)) for values in (first, second) for key, value in values.items()],
            }
        )
    artifacts = await _artifacts(registry, users)
    custom = {artifact["id"]: artifact["custom"] for artifact in artifacts}
    for known in rows:
        known["custom"] = custom[known["artifact_id"]]
    return artifacts, rows


def integer(label: str) -> int | None:
    return int(label) if re.fullmatch(r"[+-]?\d+", label) else None


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


async def _written(registry: Registry, version_id: str, **values: object) -> Version:
    """A version whose fields are changed behind everybody's back."""

    async def work(unit: Writer) -> Version:
        await unit.change(Version, {"id": version_id}, **values)
        found = await unit.get(Version, id=version_id)
        assert found is not None
        return found

    return await registry.store.write(work)


async def _artifacts(registry: Registry, users: list[Row | None]) -> list[Row]:
    served = Served(registry)
    by_id = {user["id"]: user for user in users if user is not None}

    async def work(unit: Reader) -> list[Artifact]:
        return await unit.find(Artifact)

    found = sorted(await registry.store.read(work), key=lambda artifact: artifact.id)
    tags = {artifact.id: sorted(TAGS[: place % 3]) for place, artifact in enumerate(found)}
    for artifact in found:
        await served.put(f"/artifacts/{artifact.id}", {"add_tags": tags[artifact.id]})
    return [
        {
            "id": artifact.id,
            "artifact": artifact.name,
            "created": artifact.created,
            "updated": artifact.updated,
            "custom": artifact.custom_name,
            "user": by_id.get(artifact.author_id or ""),
            "tags": tags[artifact.id],
        }
        for artifact in await registry.store.read(work)
    ]


SORTS: dict[str, Callable[[Row], Any]] = {
    "id": lambda row: row["id"],
    "created": lambda row: row["created"],
    "updated": lambda row: row["updated"],
    "user": lambda row: row["user"] and row["user"]["name"],
    "tags": lambda row: ", ".join(row["tags"]) or None,
}
VERSION_SORTS = SORTS | {
    "version": lambda row: row["version"],
    "version_number": lambda row: row["number"],
    "uri": lambda row: row["uri"],
    "artifact_store_id": lambda row: row["store_id"],
}


async def check(
    registry: Registry,
    path: str,
    rows: list[Row],
    tests: dict[str, Test],
    sorts: dict[str, Callable[[Row], Any]],
    conditions: list[st.SearchStrategy[Asked]],
) -> None:
    served = Served(registry)

    @settings(max_examples=250)
    @given(
        wanted=st.lists(st.one_of(conditions), max_size=3),
        either=st.booleans(),
        sort=st.sampled_from(sorted(sorts)),
        direction=st.sampled_from(["", "asc:", "desc:"]),
        size=st.sampled_from([1, 3, 100]),
    )
    async def agrees(wanted: list[Asked], either: bool, sort: str, direction: str, size: int) -> None:
        # Of a parameter that is a truth the last one counts alone.
        wanted = [each for each in wanted if each[0] != "has_custom_name"] + [
            each for each in wanted if each[0] == "has_custom_name"
        ][-1:]

        def satisfies(row: Row) -> bool:
            truths = [tests[name](row, operator, operand) for name, operator, operand in wanted]
            return not truths or (any(truths) if either else all(truths))

        def key(row: Row) -> tuple[bool, Any, str]:
            value = sorts[sort](row)
            return value is not None, 0 if value is None else value, row["id"]

        expected = sorted(filter(satisfies, rows), key=key, reverse=direction == "desc:")
        query: list[tuple[str, object]] = [spelled(*each) for each in wanted]
        query += [
            ("logical_operator", "or" if either else "and"),
            ("sort_by", direction + sort),
            ("size", size),
        ]
        page = await served.get(path, query)
        assert page["total"] == len(expected), query
        assert [item["id"] for item in page["items"]] == [row["id"] for row in expected[:size]], query

    await run_property(agrees)


async def test_versions_are_those_that_the_conditions_mean(registry: Registry) -> None:
    artifacts, rows = await populate(registry)
    assert len(rows) > 30
    integers = st.sampled_from([-3, 0, 7, 10, 2**70, -(2**70)])
    wholes = [each["id"] for each in artifacts]
    conditions = [
        *common(rows),
        texts("artifact", orders=False) | asked("artifact", {WORDS[:2]: st.sampled_from(wholes)}),
        texts("version"),
        asked("version_number", {(*WORDS[:2], *ORDERS): integers, NOTHING: st.none()}),
        texts("uri"),
        texts(
            "materializer", st.sampled_from([*(row["materializer"] for row in rows), "module", "builtins.int", "int"])
        ),
        texts("data_type", st.sampled_from([*(row["data_type"] for row in rows), '"attribute":"C"', "%user%"])),
        texts("type", st.sampled_from([*TYPES, "Artifact", "data", "%el%"]), orders=False),
        identifiers("artifact_store_id", [store for store in STORES if store]),
        metadata("run_metadata"),
    ]
    await check(registry, "/artifact_versions", rows, VERSION_TESTS, VERSION_SORTS, conditions)


async def test_artifacts_are_those_that_the_conditions_mean(registry: Registry) -> None:
    rows, _ = await populate(registry)
    sorts = SORTS | {"name": lambda row: row["artifact"], "has_custom_name": lambda row: row["custom"]}
    await check(registry, "/artifacts", rows, ARTIFACT_TESTS, sorts, [*common(rows), texts("name")])


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"name": "oneof:a"}, 422),
        ({"name": "oneof:{}"}, 422),
        ({"name": "isnull:x"}, 422),
        ({"name": "gt:a"}, 400),
        ({"id": "gt:1"}, 400),
        ({"created": "yesterday"}, 422),
        ({"created": "2026-01-01T00:00:00"}, 422),
        ({"created": "in:2026-01-01 00:00:00"}, 422),
        ({"has_custom_name": "maybe"}, 422),
        ({"sort_by": "nothing"}, 422),
        ({"logical_operator": "xor"}, 422),
        ({"size": 0}, 422),
        ({"size": 10_001}, 422),
        ({"page": 0}, 422),
        ({"page": 2}, 400),
        ({"project": "nowhere"}, 404),
    ],
)
async def test_questions_that_are_none_are_refused(registry: Registry, query: dict[str, object], status: int) -> None:
    assert (await Served(registry)("GET", "/artifacts", query=query)).status == status


async def test_what_a_list_does_not_know_is_ignored(registry: Registry) -> None:
    assert (await Served(registry).get("/artifacts", {"nothing": "x"}))["total"] == 0
