"""Searches for runs, whichever family asks: which runs are meant, in what order, which page of them."""

import base64
import binascii
from collections.abc import Sequence

from msgspec import Struct

from isogloss.adapters.call import Call, Malformed
from isogloss.adapters.truefoundry.around import projects_of, users_of
from isogloss.adapters.truefoundry.kinds import DIALECT
from isogloss.adapters.truefoundry.lookup import project_of_word, projects_of_ids
from isogloss.adapters.truefoundry.run_language import read_filter, read_order
from isogloss.adapters.truefoundry.run_translate import Whole, data, info
from isogloss.core.access import Role, require
from isogloss.core.model import Project, Run
from isogloss.core.ports import Reader
from isogloss.core.query import AnyOf, Compare, IsNull, KeyedSort, Not, Operator, Query, Sort, Where, all_of
from isogloss.core.registry.runs import RUN
from isogloss.core.registry.tracking import logged

NEWEST_FIRST = Sort("started", descending=True)

GREATEST_PAGE = 50_000
DEFAULT_PAGE = 1_000

VIEWS: dict[str, Where | None] = {"ACTIVE_ONLY": IsNull("deleted"), "DELETED_ONLY": Not(IsNull("deleted")), "ALL": None}
"""Which runs a search sees: those that are there, those that were put away, or both."""


class Search(Struct, frozen=True, kw_only=True):
    """What is searched for. ``repo_ids`` null means all repos."""

    repo_ids: Sequence[str] | None = None
    repo_name: str | None = None
    name: str | None = None
    filter: str = ""
    view: str = "ACTIVE_ONLY"
    orders: Sequence[str] = ()
    limit: int = DEFAULT_PAGE
    offset: int = 0


class Found(Struct, frozen=True, kw_only=True):
    """The page that was found, and the token of the next one, if there is one."""

    runs: list[Whole]
    total: int
    next_page_token: str | None


async def search_runs(call: Call, unit: Reader, asked: Search) -> Found:
    """The runs that are searched for: at most nine statements, whatever the page. Raises ``Denied``, ``Malformed``."""
    require(call.caller, Role.VIEWER)
    conditions = [
        Compare("role", Operator.EQ, RUN),
        Compare("dialect", Operator.EQ, DIALECT),
        VIEWS[asked.view],
        read_filter(asked.filter),
        None if asked.name is None else Compare("name", Operator.EQ, asked.name),
    ]
    orders = tuple(read_order(text) for text in asked.orders)
    projects = await _projects(unit, asked)
    if projects is not None and not projects:
        return Found(runs=[], total=0, next_page_token=None)
    if projects is not None and len(projects) > 1:
        conditions.append(AnyOf("project_id", tuple(project.id for project in projects)))
    query = Query(
        source=RUN,
        fields=Run.__struct_fields__,
        project_id=projects[0].id if projects is not None and len(projects) == 1 else None,
        where=all_of(*conditions),
        orders=_without_default(orders),
        sort=NEWEST_FIRST,
        limit=min(asked.limit, GREATEST_PAGE),
        offset=asked.offset,
    )
    total = await unit.count(query)
    rows = await unit.rows(query) if total > asked.offset else []
    runs = [Run(**dict(zip(Run.__struct_fields__, row, strict=True))) for row in rows]
    end = asked.offset + len(runs)
    return Found(
        runs=await shown(call, unit, runs),
        total=total,
        next_page_token=page_token(end) if runs and end < total else None,
    )


def _without_default(orders: tuple[Sort | KeyedSort, ...]) -> tuple[Sort | KeyedSort, ...]:
    """The orders, short of a last one that is the default: without it, rows come straight off an index."""
    return orders[:-1] if orders and orders[-1] == NEWEST_FIRST else orders


async def _projects(unit: Reader, asked: Search) -> list[Project] | None:
    """The projects that are searched; null for all."""
    if asked.repo_name is not None:
        found = await project_of_word(unit, asked.repo_name)
        return [] if found is None else [found]
    if asked.repo_ids is None:
        return None
    return await projects_of_ids(unit, asked.repo_ids)


async def shown(call: Call, unit: Reader, runs: Sequence[Run]) -> list[Whole]:
    """Runs as they are answered: five statements."""
    tenant = call.host.tenant
    kept = await logged(unit, [run.id for run in runs])
    projects = await projects_of(unit, (run.project_id for run in runs))
    users = await users_of(unit, (run.author_id for run in runs), tenant)
    return [Whole(info(run, projects[run.project_id], users, tenant), data(run, kept)) for run in runs]


def page_token(offset: int) -> str:
    """What stands for the page that begins there. Clients only hand it back."""
    return base64.urlsafe_b64encode(str(offset).encode()).decode()


def read_page_token(token: str, where: str = "body.page_token") -> int:
    """Where the page of a token begins. Raises ``Malformed``."""
    try:
        offset = int(base64.b64decode(token.encode(), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        raise Malformed(where, f"{token!r} is no token of a page that was answered here.") from None
    if not 0 <= offset < 2**62:
        raise Malformed(where, f"{token!r} is no token of a page that was answered here.")
    return offset
