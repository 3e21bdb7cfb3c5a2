"""Serves the gateway with uvicorn: one process, one address, and an end in good order.

uvicorn is driven from here rather than from its own command line, so that the address is taken before anything is
opened, and so that the store is closed after the last answer.
"""

import asyncio
import contextlib
import errno
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator

import uvicorn

from isogloss.gateway.assembly import open_gateway
from isogloss.gateway.dialects import DIALECTS
from isogloss.gateway.joined_writes import JoinedWritesProtocol
from isogloss.gateway.logs import drop
from isogloss.gateway.middleware.asgi import App
from isogloss.gateway.problems import Problem
from isogloss.gateway.screen import start_screen, wants_colours
from isogloss.gateway.settings import Settings

BACKLOG = 2048
KEEP_ALIVE_SECONDS = 75
"""Longer than clients keep an idle connection, so that it is they who close it, and never a request that meets an end.
"""

GRACE_SECONDS = 30
"""How long requests in flight may take to finish once the process was told to end."""

LOCAL = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - looked up, not bound
"""By which address this machine reaches itself, where a host stands for all of its addresses."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until a signal says to stop. Port 0 takes a free one. Raises ``Problem`` where serving cannot begin."""
    auth = settings.auth_for(host)
    listener = bind(host, port)
    real_port = listener.getsockname()[1]

    async def run() -> None:
        async with open_gateway(settings, auth) as gateway:

            def started() -> None:
                # What lives by now lives to the end. Left out of collections, it no longer makes each full one hold up
                # the requests of that moment for 50 ms and more.
                gc.collect()
                gc.freeze()
                screen = start_screen(
                    settings,
                    listening=f"http://{url_host(host)}:{real_port}",
                    reached=settings.public_url or f"http://{url_host(LOCAL.get(host, host))}:{real_port}",
                    auth=auth,
                    admin_password=gateway.admin_password,
                    dialects=DIALECTS,
                    interfaces=gateway.interfaces,
                    colours=wants_colours(sys.stdout),
                )
                _tell(screen)

            await Server(gateway.app, settings, started).serve(sockets=[listener])

    # Until the server takes signals as the word to stop, both of them interrupt: there is nothing to finish yet. As the
    # first process of a container, this one would not even notice the one that has no handler.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.closing(listener), asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(run())


class Server(uvicorn.Server):
    """uvicorn's server, which tells when it accepts connections, and ends with status 0 when told to by a signal."""

    def __init__(self, app: App, settings: Settings, started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=JoinedWritesProtocol,
                ws="auto",
                # A message is a body too. Compressing each one would cost more than the few bytes it saves.
                ws_max_size=settings.max_body_bytes,
                ws_per_message_deflate=False,
                lifespan="on",
                log_config=None,
                access_log=False,
                # Whom to believe about a client's address cannot be known here.
                proxy_headers=False,
                server_header=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._tell_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections, and tell."""
        await super().startup(sockets)
        if self.started:
            self._tell_started()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take signals as the word to stop.

        uvicorn's own version raises them anew when all is done, which would end the process by the signal instead of in
        good order.
        """
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to the address, not yet listening. Raises ``Problem`` where it is taken or not ours."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise Problem(f"{host} is not an address of this machine.") from None
    # A name may stand for both kinds of address; the older kind is the one that every client tries.
    family, kind, protocol, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            # Lets a restart take the port of connections that are only lingering; a live listener still refuses.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # From here on another process is refused the port, and early clients wait instead of failing.
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise Problem(_why_not(error, host, port)) from None
    listener.setblocking(False)
    return listener


def url_host(host: str) -> str:
    """How a host is written in a URL."""
    return f"[{host}]" if ":" in host else host


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The loop of uvloop where that is installed, since it spends less on each request; else asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _why_not(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"Port {port} on {host} is taken; choose another with --port, or 0 for a free one."
        case errno.EACCES | errno.EPERM:
            return f"Port {port} on {host} is not allowed to this user; choose one from 1024 up."
        case errno.EADDRNOTAVAIL:
            return f"{host} is not an address of this machine."
    return f"{host}:{port} cannot be listened on: {error.strerror or error}."


def _tell(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError:
        # An output that nobody reads is no reason not to serve.
        drop(sys.stdout)
