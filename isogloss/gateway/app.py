"""The app: the dialects' routes in Litestar, and around them the layers that every request passes."""

from collections.abc import Sequence
from typing import Any, cast

from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException, InternalServerException

from isogloss.adapters.dialect import Answer, Dialect, Host
from isogloss.core.access import Gate
from isogloss.core.errors import TooLarge
from isogloss.core.registry import Registry
from isogloss.gateway import device_page
from isogloss.gateway.bundles import ServedInterface
from isogloss.gateway.dialects import DIALECTS
from isogloss.gateway.keys import jwt_maker
from isogloss.gateway.logs import LinesOfATurn
from isogloss.gateway.middleware.access_log import AccessLog
from isogloss.gateway.middleware.asgi import App, Scope
from isogloss.gateway.middleware.authentication import Authentication
from isogloss.gateway.middleware.body_limit import BodyLimit
from isogloss.gateway.middleware.compression import Compression
from isogloss.gateway.middleware.cors import Cors
from isogloss.gateway.middleware.exchange import Exchange
from isogloss.gateway.middleware.failures import Failures, answer_to_failure
from isogloss.gateway.middleware.switch import DIALECT, Switch
from isogloss.gateway.pages import Readiness, make_pages
from isogloss.gateway.settings import Auth, Settings
from isogloss.gateway.user_interfaces import make_files, make_folders, make_settings_pages


def create_app(
    settings: Settings,
    registry: Registry,
    *,
    auth: Auth,
    gate: Gate,
    readiness: Readiness,
    dialects: Sequence[Dialect] = DIALECTS,
    interfaces: Sequence[ServedInterface] = (),
) -> App:
    """The whole gateway as one ASGI app. The store is open before and closed after: the app owns nothing.

    ``interfaces`` are the vendors' own web pages that are served.
    """
    host = Host(
        registry=registry,
        gate=gate,
        open=auth is Auth.OPEN,
        public_url=settings.public_url,
        tenant=settings.tenant,
        make_key=jwt_maker(registry.signing_secret, settings.tenant),
    )
    app: App = create_routes(host, dialects)
    app = Authentication(app, gate=gate)
    app = BodyLimit(app, limit=settings.max_body_bytes)
    app = Compression(app)
    pages = make_pages(settings, auth=auth, readiness=readiness, dialects=dialects, interfaces=interfaces)
    pages[device_page.PATH] = device_page.make_device_page(registry, gate, auth=auth)
    pages |= make_settings_pages(settings, auth, dialects, interfaces)
    folders: dict[str, App] = {}
    for served in interfaces:
        pages |= make_files(settings, served)
        folders |= make_folders(settings, served)
    app = Switch(app, dialects=dialects, pages=pages, folders=folders)
    app = Failures(app)
    app = Cors(app, origins=settings.cors_origins)
    if settings.log_level in ("debug", "info"):
        app = AccessLog(app, form=settings.log_format, write=LinesOfATurn())
    return Exchange(app)


def create_routes(host: Host, dialects: Sequence[Dialect] = DIALECTS) -> App:
    """The dialects' routes alone, as Litestar has them."""
    handlers = [handler for dialect in dialects for handler in dialect.routes(host)]
    litestar = Litestar(
        route_handlers=handlers,
        openapi_config=None,
        logging_config=None,
        # The limit on bodies is kept by a layer, which can answer as the dialect does.
        request_max_body_size=None,
        exception_handlers={HTTPException: _http_exception, TooLarge: _too_large, Exception: _failure},
    )
    return cast("App", litestar)


def _http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What Litestar raises by itself: no such path or method, and a body it cannot take."""
    if isinstance(error, InternalServerException) and "disconnected" not in error.detail:
        return _failure(request, error)
    return Response({"detail": error.detail}, status_code=error.status_code, headers=error.headers)


def _too_large(request: Request[Any, Any, Any], error: TooLarge) -> Response[Any]:
    return _response(cast("Scope", request.scope)[DIALECT].too_large)


def _failure(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    return _response(answer_to_failure(cast("Scope", request.scope), error))


def _response(answer: Answer) -> Response[Any]:
    headers = {"content-type": "application/json", **dict(answer.headers)}
    return Response(answer.body, status_code=answer.status, headers=headers)
