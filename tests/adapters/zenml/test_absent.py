"""What this registry does not keep, and what clients are told instead."""

import pytest

from isogloss.core.registry import Registry
from tests.adapters.zenml.serving import Served


@pytest.mark.parametrize("path", ["/secrets", "/service_connectors"])
async def test_what_is_not_kept_is_listed_as_nothing_and_refused_in_words(registry: Registry, path: str) -> None:
    served = Served(registry)
    page = await served.get(path, {"hydrate": True, "sort_by": "created"})
    assert page == {"index": 1, "max_size": 20, "total_pages": 1, "total": 0, "items": []}
    answer = await served("POST", path, {"name": "x"})
    assert (answer.status, answer.json["detail"][0]) == (501, "NotImplementedError")
    assert "keeps no" in answer.json["detail"][1]


async def test_types_of_connectors_are_left_to_the_client(registry: Registry) -> None:
    served = Served(registry)
    assert await served.get("/service_connector_types") == []
    answer = await served("GET", "/service_connector_types/aws")
    assert (answer.status, answer.json["detail"][0]) == (404, "KeyError")


async def test_settings_can_be_read_but_not_changed(registry: Registry) -> None:
    served = Served(registry)
    settings = await served.get("/settings", {"hydrate": True})
    assert settings["body"]["server_id"] == registry.id
    assert settings["metadata"] == {}
    answer = await served("PUT", "/settings", {"server_name": "mine"})
    assert (answer.status, answer.json["detail"][0]) == (501, "NotImplementedError")
