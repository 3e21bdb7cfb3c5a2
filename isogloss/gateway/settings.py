"""What the environment says: every ISOGLOSS_* variable, read and checked once at start."""

import difflib
import ipaddress
import os
import re
import socket
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

from msgspec import Struct

from isogloss.gateway.problems import BadSetting, Problem

DEFAULT_MAX_BODY_BYTES = 16 * 1024 * 1024
DEFAULT_EVENT_RETENTION_DAYS = 7
LOWEST_MAX_BODY_BYTES = 1024
STORAGE_SCHEMES = ("file", "s3", "gs", "az")
LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("text", "json")
INSTALLED = "installed"
"""Stands for the package that is installed beside us, where otherwise a folder is said."""

VARIABLES = (
    "ISOGLOSS_HOME",
    "ISOGLOSS_DATABASE_URL",
    "ISOGLOSS_STORAGE_URL",
    "ISOGLOSS_PUBLIC_URL",
    "ISOGLOSS_TENANT",
    "ISOGLOSS_AUTH",
    "ISOGLOSS_ADMIN_PASSWORD",
    "ISOGLOSS_MAX_BODY_BYTES",
    "ISOGLOSS_EVENT_RETENTION_DAYS",
    "ISOGLOSS_LOG_LEVEL",
    "ISOGLOSS_LOG_FORMAT",
    "ISOGLOSS_CORS_ORIGINS",
    "ISOGLOSS_PREFECT_UI",
)
"""Every variable that means something. Those under ISOGLOSS_TEST_ belong to the tests."""


class Auth(Enum):
    """Whether callers must say who they are."""

    OPEN = "open"
    REQUIRED = "required"


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of one process.

    ``database_url`` begins with ``sqlite:///`` and an absolute path, or with ``postgresql://``. ``auth`` is null where
    nobody said; ``auth_for`` then decides by the address. ``cors_origins`` holds ``*`` alone for any origin, and
    nothing where browsers on other origins get no answer. ``prefect_ui`` is the folder of the package whose web pages
    are served, ``installed`` for the one beside us, and null where none are.
    """

    home: Path
    database_url: str
    storage_url: str
    public_url: str | None = None
    tenant: str = "default"
    auth: Auth | None = None
    admin_password: str | None = None
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES
    event_retention_days: int = DEFAULT_EVENT_RETENTION_DAYS
    log_level: str = "info"
    log_format: str = "text"
    cors_origins: tuple[str, ...] = ("*",)
    prefect_ui: str | None = None

    @property
    def embedded(self) -> bool:
        """Whether the data lies in a file of this machine's own, whose schema ``serve`` keeps current by itself."""
        return self.database_url.startswith("sqlite:")

    @property
    def database_path(self) -> Path | None:
        """The file of an embedded database; null where the data lies elsewhere."""
        return Path(self.database_url.removeprefix("sqlite:///")) if self.embedded else None

    def auth_for(self, host: str) -> Auth:
        """The mode in which to serve on ``host``: as set, else open on a loopback address.

        Raises ``Problem`` for any other address, since nobody said that all who reach it may read and write.
        """
        if self.auth is not None:
            return self.auth
        if is_loopback(host):
            return Auth.OPEN
        raise Problem(
            f"{host} can be reached from other machines, and nothing says who may use the registry: set "
            "ISOGLOSS_AUTH=required, or ISOGLOSS_AUTH=open to let everybody who reaches it read and write.",
            code=2,
        )


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings that the variables give; an empty variable counts as absent. Raises ``BadSetting``."""
    given = {name: value.strip() for name, value in environment.items() if name in VARIABLES and value.strip()}
    home = _home(given.get("ISOGLOSS_HOME", "~/.isogloss"))
    return Settings(
        home=home,
        database_url=_database_url(given.get("ISOGLOSS_DATABASE_URL", f"sqlite:///{home / 'isogloss.db'}")),
        storage_url=_storage_url(given.get("ISOGLOSS_STORAGE_URL", f"file://{quote(str(home / 'objects'))}")),
        public_url=_public_url(given.get("ISOGLOSS_PUBLIC_URL")),
        tenant=_tenant(given.get("ISOGLOSS_TENANT", "default")),
        auth=_auth(given.get("ISOGLOSS_AUTH")),
        admin_password=_admin_password(environment.get("ISOGLOSS_ADMIN_PASSWORD")),
        max_body_bytes=_max_body_bytes(given.get("ISOGLOSS_MAX_BODY_BYTES")),
        event_retention_days=_event_retention_days(given.get("ISOGLOSS_EVENT_RETENTION_DAYS")),
        log_level=_one_of("ISOGLOSS_LOG_LEVEL", given.get("ISOGLOSS_LOG_LEVEL", "info"), LOG_LEVELS),
        log_format=_one_of("ISOGLOSS_LOG_FORMAT", given.get("ISOGLOSS_LOG_FORMAT", "text"), LOG_FORMATS),
        cors_origins=_cors_origins(given.get("ISOGLOSS_CORS_ORIGINS", "*")),
        prefect_ui=installed_or_folder("ISOGLOSS_PREFECT_UI", given.get("ISOGLOSS_PREFECT_UI")),
    )


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """A sentence for each ISOGLOSS_* variable that means nothing, with the nearest one that does."""
    lines = []
    for name in sorted(environment):
        if not name.startswith("ISOGLOSS_") or name in VARIABLES or name.startswith("ISOGLOSS_TEST_"):
            continue
        near = difflib.get_close_matches(name, VARIABLES, n=1, cutoff=0.0)[0]
        lines.append(f"{name} is not a setting and has no effect; the nearest one is {near}.")
    return lines


def without_password(url: str) -> str:
    """The URL as it may be shown: a password in it, wherever it stands, is replaced by ``***``."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "***"
    shown = url
    if "@" in parts.netloc:
        user, _, host = parts.netloc.rpartition("@")
        name, colon, _ = user.partition(":")
        shown = shown.replace(parts.netloc, f"{name}:***@{host}" if colon else f"{name}@{host}", 1)
    return re.sub(r"([?&][^=&]*password[^=&]*=)[^&#]*", r"\1***", shown, flags=re.IGNORECASE)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address; a name counts by all the addresses it stands for."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host or None, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    # An empty host stands for every address of the machine, though it resolves to the loopback ones.
    return bool(host) and all(ipaddress.ip_address(entry[4][0]).is_loopback for entry in found)


def installed_or_folder(name: str, text: str | None) -> str | None:
    """``installed``, or the absolute path of a folder. Raises ``BadSetting``, which calls it ``name``."""
    if not text or text == INSTALLED:
        return text
    return str(_absolute(name, text))


def _home(text: str) -> Path:
    return _absolute("ISOGLOSS_HOME", text)


def _absolute(name: str, text: str) -> Path:
    try:
        return Path(os.path.abspath(Path(text).expanduser()))  # noqa: PTH100 - resolve() would follow links
    except (RuntimeError, ValueError):
        raise BadSetting(name, text, "the path of a directory") from None


_DATABASE_RIGHT = "postgresql://USER:PASSWORD@HOST/NAME or sqlite:///PATH"


def _database_url(text: str) -> str:
    wrong = BadSetting("ISOGLOSS_DATABASE_URL", without_password(text), _DATABASE_RIGHT)
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise wrong
    if scheme in ("sqlite", "sqlite+aiosqlite"):
        path = rest.removeprefix("/")
        if not rest.startswith("/") or not path or "?" in path or path == ":memory:":
            raise wrong
        return f"sqlite:///{_home(path)}"
    if scheme in ("postgresql", "postgres", "postgresql+asyncpg"):
        try:
            parts = urlsplit(f"postgresql://{rest}")
            usable = parts.port is None or parts.port > 0
        except ValueError:
            raise wrong from None
        # Without a host in its place, it may be named in the query: that is how a Unix socket is written.
        if not usable or not (parts.hostname or dict(parse_qsl(parts.query)).get("host")):
            raise wrong
        if not parts.path.strip("/"):
            raise wrong
        return f"postgresql://{rest}"
    raise wrong


def _storage_url(text: str) -> str:
    right = "file:///PATH, s3://BUCKET, gs://BUCKET or az://CONTAINER, with a path behind it if you like"
    wrong = BadSetting("ISOGLOSS_STORAGE_URL", without_password(text), right)
    try:
        parts = urlsplit(text)
    except ValueError:
        raise wrong from None
    if parts.scheme not in STORAGE_SCHEMES:
        raise wrong
    if parts.scheme == "file" and (parts.netloc or not parts.path.startswith("/")):
        raise wrong
    if parts.scheme != "file" and not parts.netloc:
        raise wrong
    return text.rstrip("/")


def _public_url(text: str | None) -> str | None:
    return None if text is None else web_root("ISOGLOSS_PUBLIC_URL", text)


def web_root(name: str, text: str) -> str:
    """The root of a web address, without a slash at its end. Raises ``BadSetting``, which calls it ``name``."""
    right = "the root of a web address without a path, such as https://registry.example.org"
    wrong = BadSetting(name, text, right)
    try:
        parts = urlsplit(text)
        usable = parts.port is None or parts.port > 0
    except ValueError:
        raise wrong from None
    if not usable or parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise wrong
    # Some clients drop a path prefix of their server's address, so only the root of a host serves them all.
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise wrong
    return f"{parts.scheme}://{parts.netloc}"


def _tenant(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}", text):
        raise BadSetting(
            "ISOGLOSS_TENANT", text, "1 to 63 letters, digits, '-' or '_', beginning with a letter or digit"
        )
    return text


def _auth(text: str | None) -> Auth | None:
    if text is None:
        return None
    return Auth(_one_of("ISOGLOSS_AUTH", text, [mode.value for mode in Auth]))


def _admin_password(text: str | None) -> str | None:
    if not text:
        return None
    if not text.isprintable():
        raise BadSetting("ISOGLOSS_ADMIN_PASSWORD", "***", "printable characters only")
    return text


def _max_body_bytes(text: str | None) -> int:
    if text is None:
        return DEFAULT_MAX_BODY_BYTES
    if not re.fullmatch(r"[0-9]{1,12}", text) or int(text) < LOWEST_MAX_BODY_BYTES:
        right = f"a whole number of bytes from {LOWEST_MAX_BODY_BYTES} up, such as {DEFAULT_MAX_BODY_BYTES}"
        raise BadSetting("ISOGLOSS_MAX_BODY_BYTES", text, right)
    return int(text)


def _event_retention_days(text: str | None) -> int:
    if text is None:
        return DEFAULT_EVENT_RETENTION_DAYS
    if not re.fullmatch(r"[0-9]{1,5}", text):
        right = f"a whole number of days, such as {DEFAULT_EVENT_RETENTION_DAYS}, or 0 to keep none"
        raise BadSetting("ISOGLOSS_EVENT_RETENTION_DAYS", text, right)
    return int(text)


def _cors_origins(text: str) -> tuple[str, ...]:
    if text in ("*", "none"):
        return ("*",) if text == "*" else ()
    origins = tuple(origin.strip() for origin in text.split(",") if origin.strip())
    for origin in origins:
        if not re.fullmatch(r"https?://[^/\s?#@,]+", origin):
            right = "*, none, or origins such as https://dashboard.example.org with commas between them"
            raise BadSetting("ISOGLOSS_CORS_ORIGINS", text, right)
    return origins


def _one_of(name: str, text: str, choices: list[str] | tuple[str, ...]) -> str:
    if text.lower() not in choices:
        raise BadSetting(name, text, " or ".join(choices))
    return text.lower()
