"""What Prefect's web pages are told before anybody signed in."""

import json

import pytest

from isogloss.adapters.prefect.user_interface import PAGES, pages_settings
from isogloss.adapters.user_interface import Situation

NOTHING_SERVED = {
    "api_url": "http://host:1/api",
    "csrf_enabled": False,
    "auth": None,
    "flags": [],
    "default_ui": "v2",
    "available_uis": [],
    "v1_base_url": None,
    "v2_base_url": None,
}


@pytest.mark.parametrize(
    ("served", "more"),
    [
        ((), {}),
        (("v2",), {"available_uis": ["v2"], "v2_base_url": "/v2"}),
        (("v1",), {"default_ui": "v1", "available_uis": ["v1"], "v1_base_url": "/prefect"}),
        (
            ("v2", "v1"),
            {"available_uis": ["v1", "v2"], "v1_base_url": "/prefect", "v2_base_url": "/v2"},
        ),
    ],
)
def test_pages_know_where_the_api_is_and_which_of_them_are_served(
    served: tuple[str, ...], more: dict[str, object]
) -> None:
    told = json.loads(pages_settings(Situation(root="http://host:1", required=False, served=served)))
    assert told == NOTHING_SERVED | more


def test_pages_ask_for_a_credential_where_one_is_required() -> None:
    told = json.loads(pages_settings(Situation(root="http://host:1", required=True, served=())))
    assert told == NOTHING_SERVED | {"auth": "BASIC"}


def test_each_generation_of_pages_finds_the_settings_where_it_looks() -> None:
    # The newer one takes ``/v2`` off its base, the older one takes its base as it is.
    bases = {bundle.name: bundle.base for bundle in PAGES.bundles}
    assert set(PAGES.settings_paths) == {
        f"{bases['v2'].removesuffix('/v2')}/ui-settings",
        f"{bases['v1']}/ui-settings",
    }


def test_links_meet_no_path_of_an_api() -> None:
    first_parts = {base.strip("/") for base in (bundle.base for bundle in PAGES.bundles)}
    assert not PAGES.links & (first_parts | {"api", "health", "ready", "devices", "ui-settings"})
