"""Every variable: what it takes, and what it says of a value that it does not."""

from pathlib import Path

import pytest

from isogloss.gateway.problems import BadSetting, Problem
from isogloss.gateway.settings import Auth, is_loopback, read_settings, unknown_variables, without_password


def test_nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = read_settings({})
    assert settings.home == tmp_path / ".isogloss"
    assert settings.database_url == f"sqlite:///{tmp_path}/.isogloss/isogloss.db"
    assert settings.database_path == tmp_path / ".isogloss" / "isogloss.db"
    assert settings.storage_url == f"file://{tmp_path}/.isogloss/objects"
    assert settings.embedded
    assert settings.tenant == "default"
    assert settings.auth is None
    assert settings.public_url is None
    assert settings.admin_password is None
    assert settings.cors_origins == ("*",)
    assert settings.prefect_ui is None


def test_an_empty_variable_counts_as_absent() -> None:
    assert read_settings({"ISOGLOSS_AUTH": "", "ISOGLOSS_MAX_BODY_BYTES": " "}) == read_settings({})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("postgresql://u:p@h/d", "postgresql://u:p@h/d"),
        ("postgres://u:p@h:5433/d", "postgresql://u:p@h:5433/d"),
        ("postgresql+asyncpg://h/d?ssl=require", "postgresql://h/d?ssl=require"),
        ("postgresql://postgres@/d?host=/run/pg", "postgresql://postgres@/d?host=/run/pg"),
        ("sqlite:////var/lib/one.db", "sqlite:////var/lib/one.db"),
        ("sqlite+aiosqlite:////var/lib/one.db", "sqlite:////var/lib/one.db"),
    ],
)
def test_database_urls(given: str, kept: str) -> None:
    settings = read_settings({"ISOGLOSS_DATABASE_URL": given})
    assert settings.database_url == kept
    assert settings.embedded == kept.startswith("sqlite")
    assert (settings.database_path is None) == kept.startswith("postgresql")


def test_a_relative_database_path_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = read_settings({"ISOGLOSS_DATABASE_URL": "sqlite:///data/one.db"})
    assert settings.database_url == f"sqlite:///{tmp_path}/data/one.db"


def test_the_web_pages_of_prefect_are_the_installed_ones_or_those_in_a_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings({"ISOGLOSS_PREFECT_UI": "installed"}).prefect_ui == "installed"
    assert read_settings({"ISOGLOSS_PREFECT_UI": "lib/prefect"}).prefect_ui == f"{tmp_path}/lib/prefect"
    assert read_settings({"ISOGLOSS_PREFECT_UI": "./installed"}).prefect_ui == f"{tmp_path}/installed"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "one.db"),
        ("DATABASE_URL", "mysql://h/d"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:///one.db?mode=ro"),
        ("DATABASE_URL", "postgresql://"),
        ("DATABASE_URL", "postgresql://host"),
        ("DATABASE_URL", "postgresql://host:many/d"),
        ("STORAGE_URL", "ftp://host/files"),
        ("STORAGE_URL", "s3://"),
        ("STORAGE_URL", "file://relative/path"),
        ("STORAGE_URL", "/just/a/path"),
        ("PUBLIC_URL", "registry.example.org"),
        ("PUBLIC_URL", "https://registry.example.org/path"),
        ("PUBLIC_URL", "https://user:pw@registry.example.org"),
        ("PUBLIC_URL", "https://registry.example.org:port"),
        ("TENANT", "a b"),
        ("TENANT", "-a"),
        ("TENANT", "a" * 64),
        ("AUTH", "closed"),
        ("MAX_BODY_BYTES", "16 MiB"),
        ("MAX_BODY_BYTES", "-1"),
        ("MAX_BODY_BYTES", "1.5"),
        ("MAX_BODY_BYTES", "1023"),
        ("EVENT_RETENTION_DAYS", "-1"),
        ("EVENT_RETENTION_DAYS", "a week"),
        ("EVENT_RETENTION_DAYS", "100000"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("CORS_ORIGINS", "dashboard.example.org"),
        ("CORS_ORIGINS", "https://one.example.org, *"),
    ],
)
def test_a_bad_value_names_the_variable_the_value_and_what_is_right(name: str, value: str) -> None:
    with pytest.raises(BadSetting) as caught:
        read_settings({f"ISOGLOSS_{name}": value})
    line = str(caught.value)
    assert line.startswith(f"ISOGLOSS_{name} is {value!r}; it must be ")
    assert "\n" not in line
    assert caught.value.code == 2


def test_secrets_are_not_repeated() -> None:
    with pytest.raises(BadSetting) as caught:
        read_settings({"ISOGLOSS_DATABASE_URL": "postgresql://user:hush@host"})
    assert "hush" not in str(caught.value)
    with pytest.raises(BadSetting) as caught:
        read_settings({"ISOGLOSS_ADMIN_PASSWORD": "hush\n"})
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:p@h:5432/d", "postgresql://u:***@h:5432/d"),
        ("postgresql://u:p@ss@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("postgresql://h/d?user=u&password=p", "postgresql://h/d?user=u&password=***"),
        ("sqlite:////data/one.db", "sqlite:////data/one.db"),
    ],
)
def test_passwords_in_urls_are_not_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_values_that_are_taken() -> None:
    settings = read_settings(
        {
            "ISOGLOSS_PUBLIC_URL": "https://registry.example.org:8443/",
            "ISOGLOSS_AUTH": "REQUIRED",
            "ISOGLOSS_ADMIN_PASSWORD": " pass word ",
            "ISOGLOSS_MAX_BODY_BYTES": "1024",
            "ISOGLOSS_EVENT_RETENTION_DAYS": "0",
            "ISOGLOSS_LOG_LEVEL": "DEBUG",
            "ISOGLOSS_LOG_FORMAT": "json",
            "ISOGLOSS_TENANT": "Acme-1",
            "ISOGLOSS_STORAGE_URL": "s3://bucket/below/",
            "ISOGLOSS_CORS_ORIGINS": "https://one.example.org, http://localhost:3000",
        }
    )
    assert settings.public_url == "https://registry.example.org:8443"
    assert settings.auth is Auth.REQUIRED
    assert settings.admin_password == " pass word "
    assert settings.max_body_bytes == 1024
    assert settings.event_retention_days == 0
    assert settings.log_level == "debug"
    assert settings.log_format == "json"
    assert settings.tenant == "Acme-1"
    assert settings.storage_url == "s3://bucket/below"
    assert settings.cors_origins == ("https://one.example.org", "http://localhost:3000")
    assert read_settings({"ISOGLOSS_CORS_ORIGINS": "none"}).cors_origins == ()


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
        ("192.0.2.1", False),
        ("no-such-host.invalid", False),
    ],
)
def test_open_is_the_default_on_loopback_only(host: str, loopback: bool) -> None:
    assert is_loopback(host) == loopback
    if loopback:
        assert read_settings({}).auth_for(host) is Auth.OPEN
    else:
        with pytest.raises(Problem, match="ISOGLOSS_AUTH=required"):
            read_settings({}).auth_for(host)
    for mode in Auth:
        assert read_settings({"ISOGLOSS_AUTH": mode.value}).auth_for(host) is mode


def test_unknown_variables_are_named_with_the_nearest_known_one() -> None:
    found = unknown_variables({"ISOGLOSS_DATABSE_URL": "x", "ISOGLOSS_HOME": "y", "ISOGLOSS_TEST_X": "z", "PATH": ""})
    assert found == [
        "ISOGLOSS_DATABSE_URL is not a setting and has no effect; the nearest one is ISOGLOSS_DATABASE_URL."
    ]
