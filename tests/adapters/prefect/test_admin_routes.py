"""What the server tells of itself."""

from isogloss.core.registry import Registry
from tests.adapters.prefect.serving import Served


async def test_settings_are_those_that_web_pages_read_and_none_of_ours(registry: Registry) -> None:
    answer = await Served(registry)("GET", "/admin/settings")
    assert (answer.status, answer.json) == (
        200,
        {
            "server": {"analytics_enabled": False, "ui": {"show_promotional_content": False}},
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": False,
        },
    )
