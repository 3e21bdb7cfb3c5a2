"""The websocket over which clients send events: they are kept, and the task runs that some of them report recorded."""

import asyncio
import json
import logging
from typing import Any

from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect
from litestar.handlers import WebsocketRouteHandler
from msgspec import Struct

from isogloss.adapters.prefect.event_translate import event_report
from isogloss.adapters.prefect.events import EventError, read_event, task_run_report
from isogloss.adapters.prefect.filters import DIALECT
from isogloss.adapters.prefect.routes import PREFIX
from isogloss.core.access import Credential, Gate, Principal, Role, require_in
from isogloss.core.errors import Denied, Unauthenticated
from isogloss.core.model import Project
from isogloss.core.registry import Registry
from isogloss.core.registry.callers import registry_for
from isogloss.core.registry.events import EventReport, keep_events
from isogloss.core.registry.steps import StepReport, record_steps

logger = logging.getLogger("isogloss.prefect.events")

PATH = f"{PREFIX}/events/in"
SUBPROTOCOL = "prefect"
PROTOCOL_ERROR, POLICY_VIOLATION = 1002, 1008

AUTHENTICATION_SECONDS = 60.0
WAITING_FRAMES = 1000
"""So many frames may wait to be written before the client is made to wait."""

BATCH = 200
"""The most frames that one transaction takes."""

AnySocket = WebSocket[Any, Any, Any]


class _RefusedError(Exception):
    """The client is not let in; the message says why."""


def event_handlers(registry: Registry, gate: Gate) -> list[WebsocketRouteHandler]:
    """The websocket's handler over a registry; ``gate`` says who may send."""

    async def receive_events(socket: AnySocket) -> None:
        caller = await _admitted(socket, gate, registry.default_project)
        if caller is None:
            return
        frames: asyncio.Queue[str | None] = asyncio.Queue(WAITING_FRAMES)
        writing = asyncio.create_task(_write(registry, caller, frames))
        try:
            while True:
                await frames.put(await socket.receive_data(mode="text"))
        except WebSocketDisconnect:
            pass
        finally:
            # What was sent before the end is written, whatever the end was.
            await frames.put(None)
            await writing

    return [WebsocketRouteHandler(PATH)(receive_events)]


async def _admitted(socket: AnySocket, gate: Gate, project: Project) -> Principal | None:
    """Who sends, after the vendor's handshake; None when the socket is closed instead.

    Clients of old do not know the handshake: they are let in where nobody has to say who they are.
    """
    if SUBPROTOCOL not in socket.scope["subprotocols"]:
        try:
            caller = await _editor(gate, None, project)
        except _RefusedError:
            await socket.close(PROTOCOL_ERROR)
            return None
        await socket.accept()
        return caller
    await socket.accept(subprotocols=SUBPROTOCOL)
    try:
        async with asyncio.timeout(AUTHENTICATION_SECONDS):
            message = await socket.receive_data(mode="text")
        caller = await _editor(gate, _credential(message), project)
    except WebSocketDisconnect:
        return None
    except TimeoutError:
        await socket.close(POLICY_VIOLATION, "Expected 'auth' message")
        return None
    except _RefusedError as refusal:
        await socket.close(POLICY_VIOLATION, str(refusal))
        return None
    await socket.send_text('{"type":"auth_success"}')
    return caller


def _credential(message: str | bytes) -> Credential | None:
    """The credential in a handshake's message: ``name:password``, or a token alone. Raises ``_RefusedError``."""
    try:
        said = json.loads(message)
    except ValueError:
        said = None
    if not isinstance(said, dict) or said.get("type") != "auth":
        raise _RefusedError("Expected 'auth' message")
    token = said.get("token")
    if not isinstance(token, str) or not token:
        return None
    name, colon, secret = token.partition(":")
    return Credential(name=name, secret=secret) if colon else Credential(name=None, secret=token)


async def _editor(gate: Gate, credential: Credential | None, project: Project) -> Principal:
    try:
        caller = await gate(credential)
        require_in(caller, project.id, Role.EDITOR)
    except Unauthenticated:
        missing = credential is None
        raise _RefusedError("Auth required but no token provided" if missing else "Invalid token") from None
    except Denied as error:
        raise _RefusedError(str(error)[:100]) from None
    return caller


class _Read(Struct, frozen=True):
    """What a frame says."""

    event: EventReport
    step: StepReport | None


async def _write(registry: Registry, caller: Principal, frames: "asyncio.Queue[str | None]") -> None:
    """Write what frames say until None comes; those that wait go together into one transaction."""
    recording = registry_for(registry, caller, DIALECT, record_steps.__name__)
    keeping = registry_for(registry, caller, DIALECT, keep_events.__name__)
    last = False
    while not last:
        batch = [await frames.get()]
        while len(batch) < BATCH and not frames.empty():
            batch.append(frames.get_nowait())
        last = batch[-1] is None
        told = [read for frame in batch if frame is not None and (read := _read(registry, frame))]
        # Neither shall fail for the other.
        await asyncio.gather(
            _record(recording, caller, [read.step for read in told if read.step is not None]),
            _keep(keeping, caller, [read.event for read in told]),
        )


def _read(registry: Registry, frame: str) -> _Read | None:
    received = registry.clock()
    try:
        told = read_event(frame)
        event = event_report(told, registry.default_project.id, received)
    except EventError as error:
        logger.warning("an event is ignored: %s", error)
        return None
    except Exception:
        logger.exception("an event could not be read and is ignored")
        return None
    try:
        return _Read(event, task_run_report(told, received))
    except EventError as error:
        logger.warning("the event %s reports no task run as it should: %s", told.id, error)
    except Exception:
        logger.exception("the task run of the event %s could not be read", told.id)
    return _Read(event, None)


async def _record(registry: Registry, caller: Principal, reports: list[StepReport]) -> None:
    """Write reports together; where that fails, each by itself, so that one does not spoil the others."""
    project = registry.default_project
    try:
        await record_steps(registry, caller, project, reports)
        return
    except Exception:
        logger.warning("%d task run events are written one by one", len(reports), exc_info=True)
    for report in reports:
        try:
            await record_steps(registry, caller, project, [report])
        except Exception:
            logger.exception("the event %s of task run %s is lost", report.state.id, report.step_id)


async def _keep(registry: Registry, caller: Principal, reports: list[EventReport]) -> None:
    """As ``_record``, of the events themselves."""
    try:
        await keep_events(registry, caller, reports)
        return
    except Exception:
        logger.warning("%d events are kept one by one", len(reports), exc_info=True)
    for report in reports:
        try:
            await keep_events(registry, caller, [report])
        except Exception:
            logger.exception("the event %s is not kept", report.event.id)
