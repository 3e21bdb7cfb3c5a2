"""The requests that Prefect's clients and page make of artifacts, and what we promise for each."""

import random
from collections.abc import Mapping, Sequence
from typing import Final

from bench.prefect.rows import flow_run_id, flow_runs, key, new_artifact
from bench.suite import Address, Load, Size
from bench.wire import request

#: What the vendor's own client sends with every request (it accepts gzip too: that has a row of its own).
HEADERS: Final = {
    "accept": "*/*",
    "user-agent": "prefect/3.8.8 (API 0.8.4)",
    "x-prefect-api-version": "0.8.4",
}
READS: Final = 15.0
CREATES: Final = 10.0


def loads(size: Size) -> Sequence[Load]:
    """All loads over the rows of `size`: the promised ones first."""

    def any_key(chance: random.Random) -> str:
        return key(chance.randrange(size.names))

    def any_run(chance: random.Random) -> str:
        return flow_run_id(chance.randrange(flow_runs(size)))

    def latest_10(address: Address, _: random.Random) -> bytes:
        return _post(address, "/artifacts/latest/filter", {"limit": 10})

    def latest_200(address: Address, _: random.Random) -> bytes:
        return _post(address, "/artifacts/latest/filter", {"limit": 200})

    def by_key(address: Address, chance: random.Random) -> bytes:
        wanted = {"artifacts": {"key": {"any_": [any_key(chance)]}}, "sort": "UPDATED_DESC", "limit": 10}
        return _post(address, "/artifacts/filter", wanted)

    def latest_of_key(address: Address, chance: random.Random) -> bytes:
        return _get(address, f"/artifacts/{any_key(chance)}/latest")

    def create(address: Address, chance: random.Random) -> bytes:
        return _post(address, "/artifacts/", new_artifact(size, chance))

    def newest_200(address: Address, _: random.Random) -> bytes:
        return _post(address, "/artifacts/filter", {"sort": "CREATED_DESC", "limit": 200})

    def latest_200_gzip(address: Address, _: random.Random) -> bytes:
        headers = {"accept-encoding": "gzip, deflate"}
        return _post(address, "/artifacts/latest/filter", {"limit": 200}, headers)

    def by_id(address: Address, chance: random.Random) -> bytes:
        return _get(address, f"/artifacts/{chance.choice(address.ids)}")

    def by_flow_run(address: Address, chance: random.Random) -> bytes:
        return _post(address, "/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [any_run(chance)]}}})

    def count(address: Address, _: random.Random) -> bytes:
        return _post(address, "/artifacts/count", {})

    def change(address: Address, chance: random.Random) -> bytes:
        changed = {"data": chance.random() * 100, "description": f"Changed to {chance.randrange(1000)}"}
        return request(
            "PATCH",
            f"{address.prefix}/artifacts/{chance.choice(address.ids)}",
            address.port,
            headers=HEADERS,
            body=changed,
        )

    return [
        Load("latest-10", "latest/filter, limit 10", latest_10, wanted=READS),
        Load("latest-200", "latest/filter, limit 200", latest_200, wanted=READS),
        Load("by-key", "filter by key, limit 10", by_key, wanted=READS),
        Load("key-latest", "GET {key}/latest", latest_of_key, wanted=READS),
        Load("newest-200", "filter, newest 200", newest_200),
        Load("latest-200-gzip", "latest/filter, limit 200, gzip", latest_200_gzip),
        Load("by-id", "GET {id}", by_id),
        Load("by-flow-run", "filter by flow run", by_flow_run),
        Load("count", "count", count),
        Load("create", "create", create, writes=True, wanted=CREATES),
        Load("change", "PATCH", change, writes=True),
    ]


def _post(address: Address, path: str, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> bytes:
    sent = {**HEADERS, **(headers or {})}
    return request("POST", address.prefix + path, address.port, headers=sent, body=body)


def _get(address: Address, path: str) -> bytes:
    return request("GET", address.prefix + path, address.port, headers=HEADERS)
