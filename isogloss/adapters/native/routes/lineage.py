"""References, runs, links and lineage: what things are called, and what they were made from."""

from typing import cast

from isogloss.adapters.call import Call, number
from isogloss.adapters.native import translate, wire
from isogloss.adapters.native.endpoints import (
    PAGING,
    Endpoint,
    Parameter,
    asked,
    body_of,
    next_after,
    path_id,
    text_parameter,
    whole_parameter,
)
from isogloss.adapters.native.routes.projects import PROJECT, project_id_of
from isogloss.adapters.operations import Read, Write
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import catalogue, derivations, lineage_graph, references
from isogloss.core.registry.lineage_graph import DEPTH, MOST_DEPTH, MOST_NODES, NODES, Direction

_REFERENCE = text_parameter(
    "ref", "A version or run: an id, or any dialect's name for a version, such as `zenml:report:3`.", required=True
)
_DIRECTION = Parameter(
    name="direction",
    description="`up` for what it was made from, `down` for what was made from it.",
    schema={"type": "string", "enum": ["up", "down", "both"], "default": "both"},
)
_LINEAGE = (
    _REFERENCE,
    _DIRECTION,
    whole_parameter("depth", "How many edges away, between versions and runs.", 0, MOST_DEPTH, DEPTH),
    whole_parameter("nodes", "How many nodes the graph has at most.", 1, MOST_NODES, NODES),
)
_LINKS = (PROJECT, *PAGING)


async def resolve(call: Call, unit: Reader) -> wire.Resolved:
    """What a reference names."""
    query = asked(call, (_REFERENCE,))
    return translate.resolved(await references.resolve(call.registry, unit, call.caller, query.needed("ref")))


async def get_run(call: Call, unit: Reader) -> wire.Run:
    """A run or step."""
    asked(call, ())
    return translate.run(await catalogue.get_any_run(unit, call.caller, call.path_id("run")))


async def get_lineage(call: Call, unit: Reader) -> wire.Lineage:
    """The graph around a version or run."""
    query = asked(call, _LINEAGE)
    depth = number(query.values, "depth", DEPTH, 0, MOST_DEPTH)
    nodes = number(query.values, "nodes", NODES, 1, MOST_NODES)
    found = await lineage_graph.lineage_of(
        call.registry,
        unit,
        call.caller,
        query.needed("ref"),
        direction=cast("Direction", query.one("direction") or "both"),
        depth=depth,
        nodes=nodes,
    )
    return translate.lineage(found)


async def list_links(call: Call, unit: Reader) -> wire.LinkPage:
    """A page of explicit links."""
    query = asked(call, _LINKS)
    limit, after = query.limit(), query.after()
    project_id = await project_id_of(call, unit, query)
    rows = await derivations.links_of(unit, call.caller, project_id, limit=limit + 1, after=after)
    return wire.LinkPage([translate.link(row) for row in rows[:limit]], next_after(rows, limit))


async def create_link(call: Call, unit: Writer) -> wire.Link:
    """Say that a version or run was made from another one; once more, the link that is there."""
    asked(call, ())
    body = body_of(call, wire.NewLink)
    return translate.link(await derivations.link(call.registry, unit, call.caller, body.made, body.source))


async def delete_link(call: Call, unit: Writer) -> wire.Link:
    """Take an explicit link back."""
    asked(call, ())
    return translate.link(await derivations.unlink(unit, call.caller, call.path_id("link")))


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        route=Read("GET", "/resolve", resolve),
        summary="Tell what a reference names",
        group="Lineage",
        parameters=(_REFERENCE,),
        answer=wire.Resolved,
    ),
    Endpoint(
        route=Read("GET", "/lineage", get_lineage),
        summary="Get the graph of what a version or run was made from, and what was made from it",
        group="Lineage",
        parameters=_LINEAGE,
        answer=wire.Lineage,
    ),
    Endpoint(
        route=Read("GET", "/runs/{run:str}", get_run),
        summary="Get a run or step",
        group="Lineage",
        parameters=(path_id("run", "The run's id."),),
        answer=wire.Run,
    ),
    Endpoint(
        route=Read("GET", "/links", list_links),
        summary="List explicit links, the oldest first",
        group="Lineage",
        parameters=_LINKS,
        answer=wire.LinkPage,
    ),
    Endpoint(
        route=Write("POST", "/links", create_link),
        summary="Say that a version or run was made from another",
        group="Lineage",
        body=wire.NewLink,
        answer=wire.Link,
    ),
    Endpoint(
        route=Write("DELETE", "/links/{link:str}", delete_link),
        summary="Take an explicit link back",
        group="Lineage",
        parameters=(path_id("link", "The link's id."),),
        answer=wire.Link,
    ),
)
