"""Whether two seeded servers give the same answers, so that the figures compare like with like."""

from collections.abc import Mapping
from typing import Any

from bench.differences import first_difference
from bench.prefect.rows import flow_run_id, key
from bench.servers import ask
from bench.suite import Address, Size

#: Each server makes these its own way.
OWN = ("id", "latest_id")


def compare(size: Size, theirs: Address, ours: Address) -> None:
    """Ask both for the same pages; raise AssertionError with the first difference."""
    by_key = {"artifacts": {"key": {"any_": [key(size.names // 2)]}}, "sort": "CREATED_DESC"}
    by_run = {"artifacts": {"flow_run_id": {"any_": [flow_run_id(0)]}}, "sort": "CREATED_DESC"}
    questions: list[tuple[str, Mapping[str, Any] | None]] = [
        ("/artifacts/latest/filter", {"sort": "KEY_ASC", "limit": 200}),
        ("/artifacts/filter", {"sort": "CREATED_DESC", "limit": 200}),
        ("/artifacts/filter", by_key),
        ("/artifacts/filter", by_run),
        (f"/artifacts/{key(0)}/latest", None),
        ("/artifacts/count", {}),
        ("/artifacts/latest/count", {}),
    ]
    for path, body in questions:
        expected, found = _ask(theirs, path, body), _ask(ours, path, body)
        difference = first_difference(expected, found)
        assert difference is None, f"{path} {body}: the servers differ: {difference}"


def _ask(address: Address, path: str, body: Mapping[str, Any] | None) -> Any:
    """The answer without the members that each server makes its own way."""
    found = ask(address.port, address.prefix + path, body)
    for row in found if isinstance(found, list) else [found]:
        if isinstance(row, dict):
            for member in OWN:
                row.pop(member, None)
    return found
