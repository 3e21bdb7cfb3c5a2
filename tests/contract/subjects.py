"""The dialects whose contracts are held: what each of them brings to the tests that are the same for all."""

import re
from collections.abc import Callable
from typing import Any, Protocol

from msgspec import Struct

from isogloss.adapters.prefect.dialect import ROUTES as PREFECT_ROUTES
from isogloss.adapters.truefoundry.dialect import FAMILIES, FLOW
from isogloss.adapters.zenml.dialect import ROUTES as ZENML_ROUTES
from isogloss.adapters.zenml.routes import PREFIX
from tests.contract.document import operations, published
from tests.contract.seeds import PrefectSeeds
from tests.contract.truefoundry_seeds import CREDENTIAL, TrueFoundrySeeds
from tests.contract.zenml_seeds import ZenMLSeeds
from tests.support.gateways import Gateway


class Seeds(Protocol):
    """Rows for requests to hit."""

    def place(self, path: str) -> dict[str, str]:
        """What stands for the parameters of a path of the document: rows that the request may delete."""
        ...

    def for_member(self, name: str) -> str | None:
        """The id of an existing row for a member that refers to one; None for any other member."""
        ...


class Subject(Struct, frozen=True, kw_only=True):
    """A dialect under test.

    ``base`` is what its document leaves out of all paths; ``served`` are its operations as ``METHOD /path``, with
    ``{}`` for each parameter, of which the ``unlisted`` tell of the process and are left out of the contract.
    ``examples`` is how many requests are generated for an operation and a mode, and ``storm`` how many that no client
    would send for an operation. ``unmeetable`` are members and parameters that name what nobody can make here: left
    in, nearly every request would be refused for them. ``credential`` is the header that requests have to bear even
    where everybody is let in. ``headers`` are hostile ones, ``hostile`` such values of
    members and parameters. ``lists`` are the reads that print all that was taken: method, path and body.
    """

    dialect: str
    base: str
    seeds: Callable[[Gateway], Seeds]
    served: frozenset[str]
    unlisted: frozenset[str] = frozenset()
    examples: int
    storm: int
    unmeetable: tuple[str, ...]
    headers: tuple[dict[str, str], ...]
    hostile: tuple[Any, ...]
    lists: tuple[tuple[str, str, Any], ...]
    credential: dict[str, str] = {}


def anonymous(operation: str) -> str:
    """An operation with ``{}`` for each parameter: the routes call them otherwise than the document."""
    return re.sub(r"\{[^}]*\}", "{}", operation)


def _pages(dialect: str) -> list[str]:
    """The lists of a document that can be read without saying more."""
    paths = published(dialect)["paths"]
    return [path for path, item in paths.items() if "{" not in path and "Page_" in str(item.get("get", {}))]


PREFECT = Subject(
    dialect="prefect",
    base="/api",
    seeds=PrefectSeeds,
    served=frozenset(anonymous(f"{route.method} {route.path}") for route in PREFECT_ROUTES),
    unlisted=frozenset({"GET /ready", "GET /version"}),
    examples=12,
    storm=48,
    unmeetable=("work_pool_name", "work_queue_name", "global_concurrency_limit_id", "x-prefect-api-version"),
    headers=({"x-prefect-api-version": "0.8.4.5"}, {"x-prefect-api-version": "9" * 5000}),
    hostile=({"any_": []}, {"any_": None}, {"like_": "%" * 20_000}),
    lists=tuple(
        ("POST", path, {})
        for path in (
            "/artifacts/filter",
            "/artifacts/latest/filter",
            "/flow_runs/filter",
            "/task_runs/filter",
            "/logs/filter",
        )
    ),
)

ZENML = Subject(
    dialect="zenml",
    base="",
    seeds=ZenMLSeeds,
    served=frozenset(anonymous(f"{route.method} {PREFIX}{route.path}") for route in ZENML_ROUTES),
    examples=6,
    storm=-(-2800 // len(operations(published("zenml")))),
    unmeetable=("scope_user",),
    headers=(
        {"idempotency-key": "not-a-uuid"},
        {"idempotency-key": "0" * 32},
        {"authorization": "Bearer \xff"},
        {"cookie": "zenml-server-x=" + "y" * 3000},
    ),
    hostile=("oneof:[", 'oneof:[1,null,{},"a"]', "gt:1e999", "in:,", "isnull:x", "contains:%\0", "desc:created"),
    lists=tuple(("GET", f"{path}?hydrate=true&size=10000", None) for path in _pages("zenml")),
)

_PLAIN_LISTS = ("artifacts", "models", "prompts", "agent-skills", "ml-repos", "data-directories")
_LISTS = (*_PLAIN_LISTS, *(f"{noun}-versions" for noun in ("artifact", "model", "prompt", "agent-skill")))

TRUEFOUNDRY = Subject(
    dialect="truefoundry",
    base="",
    seeds=TrueFoundrySeeds,
    served=frozenset(
        anonymous(f"{route.method} {manner.prefix}{route.path}") for manner, routes in FAMILIES for route in routes
    ),
    # MLflow has these two, whose shapes the family is of; the vendor's document does not.
    unlisted=frozenset({f"POST {FLOW}/runs/delete", f"POST {FLOW}/runs/restore"}),
    examples=3,
    storm=-(-2800 // len(operations(published("truefoundry")))),
    unmeetable=("page_token", "pageToken"),
    headers=({"authorization": "Bearer a.b.\xff"}, {"host": "x" * 3000}),
    hostile=("artifact:a/b", "model:default/default/x:latest", "latest", "v", "1e400", "metrics.x > 1 and", "s3://"),
    lists=tuple(("GET", f"/api/svc/v1/{noun}?limit=1000", None) for noun in _LISTS),
    credential={"authorization": f"Bearer {CREDENTIAL}"},
)

SUBJECTS = (PREFECT, ZENML, TRUEFOUNDRY)
