"""The list of versions that the vendor calls internal: of several kinds at once, with what clients say of files."""

from typing import Any

from isogloss.adapters.call import Call, flag
from isogloss.adapters.operations import Read, Route
from isogloss.adapters.truefoundry.around import around_versions
from isogloss.adapters.truefoundry.kinds import ARTIFACT, EVERY_KIND, MODEL, Kind
from isogloss.adapters.truefoundry.pages import Page, last, page, read_page, texts
from isogloss.adapters.truefoundry.routes.versions import find_versions, read_wanted
from isogloss.adapters.truefoundry.version_translate import VersionRow, internal_of, kind_of, size_of, version
from isogloss.core.ports import Reader


async def list_versions_of_kinds(call: Call, unit: Reader) -> Page:
    """The versions of several kinds, newest first, that satisfy all parameters that are given."""
    query = call.query()
    asked, kinds = read_page(query), _kinds(query)
    detailed = flag(query, "include_internal_metadata", False)
    wanted = await read_wanted(call, unit, query, kinds, ARTIFACT.id_field)
    if wanted is None or not kinds:
        return page(asked, 0, [])
    total, rows = await find_versions(call, unit, wanted, last(query, "tag"), asked.limit, asked.offset)
    around = await around_versions(call, unit, rows, project=wanted.project)
    return page(asked, total, [_internal(row, version(row, around), detailed=detailed) for row in rows])


def _kinds(query: dict[str, list[str]]) -> tuple[Kind, ...]:
    """The kinds that are asked for: artifacts where nobody says. Types that nothing here is of ask for nothing."""
    given = texts(query, "artifact_types")
    wanted = {kind for kind in EVERY_KIND if kind.fqn_type in given} if given else {ARTIFACT}
    if flag(query, "include_model_versions", False):
        wanted.add(MODEL)
    return tuple(kind for kind in EVERY_KIND if kind in wanted)


def _internal(row: VersionRow, shown: dict[str, Any], *, detailed: bool) -> dict[str, Any]:
    """A version with the FQN of its artifact and, if that is asked for, what its client says of its files."""
    shown["artifact_fqn"] = str(shown["fqn"]).rpartition(":")[0]
    if not detailed:
        return shown
    kind = kind_of(row.kind)
    shown["artifact_size"] = size_of(row, kind)
    if kind.noun == ARTIFACT.noun:
        internal = internal_of(row, kind)
        shown |= {"artifact_metadata": shown["manifest"]["metadata"], "internal_metadata": internal}
    return shown


ROUTES: tuple[Route, ...] = (Read("GET", "/x/artifact-versions", list_versions_of_kinds),)
