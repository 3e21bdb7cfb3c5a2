"""What Prefect hands to the gateway."""

from isogloss.adapters.prefect.dialect import PREFECT, ROUTES, connect


def test_a_client_is_pointed_here() -> None:
    assert connect("http://host:1", "NAME", None) == ["export PREFECT_API_URL=http://host:1/api"]
    assert connect("http://host:1", "me", "key") == [
        "export PREFECT_API_URL=http://host:1/api",
        "export PREFECT_API_AUTH_STRING=me:key",
    ]


def test_each_operation_is_served_once() -> None:
    operations = [(route.method, route.path) for route in ROUTES]
    assert len(set(operations)) == len(operations)


def test_only_health_and_readiness_are_open() -> None:
    assert PREFECT.open_paths == {"/api/health", "/api/ready"}
