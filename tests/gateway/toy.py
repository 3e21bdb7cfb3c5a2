"""A dialect of no vendor, whose routes show what the gateway's layers did, and the gateway's app over it."""

from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Any

import httpx
from litestar import Request, Response, WebSocket, get, post, websocket
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from isogloss.adapters.dialect import CALLER, Answer, Dialect, Host
from isogloss.core.access import ANYBODY, Credential, Gate, Principal, Role, require
from isogloss.core.errors import Denied, Unauthenticated
from isogloss.core.registry import Registry
from isogloss.gateway.app import create_app
from isogloss.gateway.bundles import ServedInterface
from isogloss.gateway.middleware.asgi import App
from isogloss.gateway.pages import Readiness
from isogloss.gateway.settings import Auth, Settings, read_settings
from tests.support.registries import anybody

LARGE = [{"number": number, "text": "the same again"} for number in range(100)]
CHUNKS = [b"0123456789" * 100] * 3


def toy_routes(host: Host) -> list[ControllerRouterHandler]:
    @post("/toy/echo", status_code=200)
    async def echo(request: Request[Any, Any, Any]) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @get("/toy/small")
    async def small() -> list[int]:
        return [1, 2, 3]

    @get("/toy/large")
    async def large() -> list[dict[str, Any]]:
        return LARGE

    @get("/toy/picture", media_type="image/png")
    async def picture() -> bytes:
        return bytes(5000)

    @get("/toy/stream")
    async def stream() -> Stream:
        async def chunks() -> AsyncIterator[bytes]:
            for chunk in CHUNKS:
                yield chunk

        return Stream(chunks())

    @get("/toy/fail")
    async def fail() -> None:
        raise RuntimeError("a secret of the house")

    @get("/toy/me")
    async def me(request: Request[Any, Any, Any]) -> dict[str, Any]:
        caller: Principal | None = request.scope.get(CALLER)  # type: ignore[assignment]
        return {"name": caller and caller.name, "role": caller and caller.role.name.lower()}

    @get("/toy/open")
    async def unlocked() -> str:
        return "open"

    @post("/toy/write", status_code=200, exception_handlers={Denied: _denied})
    async def write(request: Request[Any, Any, Any]) -> str:
        require(request.scope[CALLER], Role.EDITOR)  # type: ignore[literal-required]
        return "written"

    @websocket("/toy/socket")
    async def talk(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept()

    @post("/toy/streamed", status_code=200)
    async def streamed(request: Request[Any, Any, Any]) -> dict[str, int]:
        return {"bytes": sum([len(chunk) async for chunk in request.stream()])}

    return [talk, streamed, echo, small, large, picture, stream, fail, me, unlocked, write]


def _denied(request: Request[Any, Any, Any], error: Denied) -> Response[dict[str, str]]:
    return Response({"toy": str(error)}, status_code=403)


TOY = Dialect(
    name="toy",
    prefixes=("/toy",),
    routes=toy_routes,
    open_paths=frozenset({"/toy/open"}),
    streamed_paths=frozenset({"/toy/streamed"}),
    unauthorized=Answer(status=401, body=b'{"toy":"who are you?"}', headers=(("x-toy", "yes"),)),
    too_large=Answer(status=413, body=b'{"toy":"too large"}'),
    failed=Answer(status=500, body=b'{"toy":"failed"}'),
    connect=lambda url, name, key: [f"TOY_URL={url}/toy", *([f"TOY_KEY={name}:{key}"] if key else [])],
)

INNER = Dialect(
    name="inner",
    prefixes=("/toy/inner",),
    routes=lambda host: [],
    open_paths=frozenset(),
    unauthorized=Answer(status=401, body=b'{"inner":"who are you?"}'),
    too_large=Answer(status=413, body=b'{"inner":"too large"}'),
    failed=Answer(status=500, body=b'{"inner":"failed"}'),
    connect=None,
)


async def ready() -> str | None:
    return None


async def one_password(credential: Credential | None) -> Principal:
    """A gate that knows a single secret."""
    if credential is None or credential.secret != "sesame":
        raise Unauthenticated("no")
    return ANYBODY


def toy_app(
    registry: Registry | None = None,
    *,
    gate: Gate | None = None,
    readiness: Readiness = ready,
    auth: Auth = Auth.OPEN,
    dialects: Sequence[Dialect] = (TOY, INNER),
    interfaces: Sequence[ServedInterface] = (),
    **environment: str,
) -> App:
    """The gateway's app over dialects, which are the two toys. Without a gate, it lets everybody in."""
    return create_app(
        settings(**environment),
        registry or SimpleNamespace(signing_secret="kept by nobody"),  # type: ignore[arg-type]
        auth=auth,
        gate=gate or anybody,
        readiness=readiness,
        dialects=dialects,
        interfaces=interfaces,
    )


def settings(**environment: str) -> Settings:
    return read_settings({f"ISOGLOSS_{name}": value for name, value in environment.items()})


def client(app: App) -> httpx.AsyncClient:
    """A client of the app that asks for no compression unless a test does."""
    http = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url="http://gateway.test"
    )
    del http.headers["accept-encoding"]
    return http
