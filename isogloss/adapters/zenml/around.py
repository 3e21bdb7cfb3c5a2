"""What the rows of a page refer to: users, tags and runs, each in one statement for the whole page."""

from collections.abc import Iterable

from msgspec import Raw

from isogloss.adapters.zenml.translate import Around, lean_tag, lean_user
from isogloss.core.model import Tag, User
from isogloss.core.ports import Reader
from isogloss.core.query import AnyOf, Compare, Operator, Query, Sort, all_of

_TAG_FIELDS = tuple(f"tag.{name}" for name in Tag.__struct_fields__)


async def users_of(unit: Reader, ids: Iterable[str | None]) -> dict[str, Raw]:
    """The users of these ids that exist, encoded as they stand within other things."""
    wanted = list({each for each in ids if each is not None})
    return {user.id: lean_user(user) for user in await unit.find(User, id=wanted)} if wanted else {}


async def tags_of(unit: Reader, entity: str, ids: list[str]) -> dict[str, list[Raw]]:
    """The tags of things by the things' ids, in the order of their names, encoded as they stand within them."""
    if not ids:
        return {}
    rows = await unit.rows(
        Query(
            source="tag_link",
            fields=("entity_id", *_TAG_FIELDS),
            project_id=None,
            where=all_of(Compare("entity", Operator.EQ, entity), AnyOf("entity_id", tuple(ids))),
            sort=Sort("tag.name", then="entity_id"),
        )
    )
    found: dict[str, list[Raw]] = {}
    encoded: dict[str, Raw] = {}
    for entity_id, *values in rows:
        tag_id = values[0]
        if tag_id not in encoded:
            encoded[tag_id] = lean_tag(Tag(**dict(zip(Tag.__struct_fields__, values, strict=True))))
        found.setdefault(entity_id, []).append(encoded[tag_id])
    return found


async def existing_runs(unit: Reader, ids: Iterable[str | None]) -> frozenset[str]:
    """Which of these runs and steps exist."""
    wanted = tuple({each for each in ids if each is not None})
    if not wanted:
        return frozenset()
    rows = await unit.rows(Query(source="run", fields=("id",), project_id=None, where=AnyOf("id", wanted)))
    return frozenset(row[0] for row in rows)


async def around_artifacts(unit: Reader, rows: list[tuple[object, ...]]) -> tuple[Around, dict[str, tuple[str, str]]]:
    """What rows of ``ARTIFACT_FIELDS`` refer to: at most three statements.

    The second part has id and label of the newest version that is shown, where the newest of all is not.
    """
    around = Around(
        users=await users_of(unit, (row[3] for row in rows)),  # type: ignore[misc]
        tags=await tags_of(unit, "artifact", [str(row[0]) for row in rows]),
    )
    hidden = tuple(str(row[0]) for row in rows if row[10])
    if not hidden:
        return around, {}
    newest = await unit.rows(
        Query(
            source="newest_shown_version",
            fields=("id", "version.id", "version.label"),
            project_id=None,
            where=AnyOf("id", hidden),
        )
    )
    return around, {artifact_id: (version_id, label) for artifact_id, version_id, label in newest}


async def around_versions(unit: Reader, rows: list[tuple[object, ...]]) -> Around:
    """What rows of ``VERSION_FIELDS`` refer to: at most three statements."""
    return Around(
        users=await users_of(unit, (row[3] for row in rows)),  # type: ignore[misc]
        tags=await tags_of(unit, "version", [str(row[0]) for row in rows]),
        runs=await existing_runs(unit, (each for row in rows for each in (row[13], row[14]))),  # type: ignore[misc]
    )
