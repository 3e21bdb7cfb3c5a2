"""Signing in and out: /login in its three ways, and the tokens that a client gets once it is in."""

from urllib.parse import parse_qsl, urlencode

import msgspec
from litestar.exceptions import HTTPException

from isogloss.adapters.call import Call, as_uuid, number, storable
from isogloss.adapters.operations import Plain, Read, Route
from isogloss.adapters.reply import Reply
from isogloss.adapters.zenml import account_wire
from isogloss.adapters.zenml.account_translate import device_said
from isogloss.adapters.zenml.failures import BadValue, Refusal, Unprocessable
from isogloss.core.access import Credential, Principal, Role
from isogloss.core.errors import Unauthenticated
from isogloss.core.model import Record, Run
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry.devices import (
    APPROVAL,
    SECOND,
    Begun,
    Poll,
    Progress,
    begin_device,
    make_device_key,
    poll_device,
)
from isogloss.core.registry.sessions import DAY, issue_session

PASSWORD = "password"  # noqa: S105 - the name of a way to sign in
API_KEY = "zenml-api-key"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"

POLL_SECONDS = 5
GENERIC_SECONDS, MOST_GENERIC_SECONDS = 3600, 7 * 24 * 3600
WORKLOAD = 30 * DAY
"""How long a token that a pipeline run works with is good for. The vendor's has no end before the run's."""

_OAUTH_ERRORS = {
    Progress.UNKNOWN: ("invalid_client", "no device of this client waits with this code"),
    Progress.WAITING: ("authorization_pending", "the user has not answered yet"),
    Progress.REFUSED: ("access_denied", "the device was refused or is locked"),
    Progress.TOO_LATE: ("expired_token", "the code was used or is too old"),
}

_encode = msgspec.json.Encoder().encode


async def sign_in(call: Call) -> Reply:
    """A session for a name and password, for any key, or for a device that its user has approved."""
    form = _form(call)
    grant = form.get("grant_type") or _grant(form)
    if grant == PASSWORD:
        name = form.get("username")
        if not name:
            raise _plain(400, "Invalid request: username is required.")
        wrong = "Authentication error: invalid username or password"
        return _signed_in(call, await _admitted(call, Credential(name=name, secret=form.get("password", "")), wrong))
    if grant == API_KEY:
        key = form.get("password")
        if not key:
            raise _plain(400, "API key is required.")
        wrong = "Authentication error: the API key is not good"
        return _signed_in(call, await _admitted(call, Credential(name=None, secret=key), wrong))
    if grant == DEVICE_CODE:
        return await _sign_in_device(call, form)
    raise _plain(400, f"Unsupported grant type: {grant}")


async def sign_out(call: Call, unit: Reader) -> None:
    """Nothing: a session ends by itself, or with the password or key that it stands on."""


async def authorize_device(call: Call) -> Reply:
    """The codes of a device that wants to sign in as a user who has a browser."""
    client_id = _form(call).get("client_id")
    client = None if client_id is None else as_uuid(client_id)
    if client is None:
        raise Unprocessable("body.client_id: must be a UUID.")
    _require_devices(call)
    agent = call.headers.get(b"user-agent", b"").decode("latin-1").replace("\0", "")

    async def work(unit: Writer) -> Begun:
        return await begin_device(call.registry, unit, client, device_said(agent, call.address))

    begun = await call.registry.store.write(work)
    # The client puts its own idea of our address before a path, and that one has just reached us.
    page = f"{call.host.public_url or ''}/devices/verify"
    codes = urlencode({"device_id": begun.device.id, "user_code": begun.user_code})
    return Reply(
        _encode(
            account_wire.DeviceAuthorization(
                device_code=begun.device_code,
                user_code=begun.user_code,
                verification_uri=page,
                verification_uri_complete=f"{page}?{codes}",
                expires_in=APPROVAL // SECOND,
                interval=POLL_SECONDS,
            )
        )
    )


async def make_token(call: Call, unit: Reader) -> str:
    """A session to hand on: a generic one with a time of the client's choice, or one for a run to work with.

    Like the caller's own it ends with what they signed in by.
    """
    given = call.query()
    kind = (given.get("token_type") or ["generic"])[-1]
    scopes = {name: _scope(given, name) for name in ("pipeline_run_id", "schedule_id", "deployment_id")}
    if kind == "generic":
        if any(scopes.values()):
            raise BadValue("Generic API tokens cannot be scoped to a schedule, pipeline run or deployment.")
        seconds = number(given, "expires_in", GENERIC_SECONDS, 0, 2**40) or GENERIC_SECONDS
        if seconds > MOST_GENERIC_SECONDS:
            raise BadValue(
                f"expires_in: a generic API token lasts at most {MOST_GENERIC_SECONDS} seconds, this is {seconds}."
            )
        return issue_session(call.registry, call.caller, lifetime=seconds * SECOND)
    if kind != "workload":
        raise Unprocessable(f"query.token_type: {kind!r} is neither 'generic' nor 'workload'.")
    await _check_scopes(unit, scopes)
    return issue_session(call.registry, call.caller, role=Role.EDITOR, lifetime=WORKLOAD)


async def activate_server(call: Call, unit: Reader) -> None:
    """Refused: the server's first start has made an administrator."""
    raise Refusal(403, "IllegalOperationError", "The server is already active.")


async def _admitted(call: Call, credential: Credential, wrong: str) -> Principal:
    try:
        return await call.host.gate(credential)
    except Unauthenticated:
        raise Refusal(401, "CredentialsNotValid", wrong) from None


def _signed_in(call: Call, caller: Principal) -> Reply:
    access = account_wire.Access(access_token=issue_session(call.registry, caller), expires_in=DAY // SECOND)
    return Reply(_encode(access))


async def _sign_in_device(call: Call, form: dict[str, str]) -> Reply:
    _require_devices(call)
    client_id, code = form.get("client_id"), form.get("device_code")
    if not client_id or not code:
        raise _plain(400, "Invalid request: device code and client ID are required.")
    client = as_uuid(client_id)
    if client is None:
        raise _plain(400, "Invalid request: invalid client ID.")

    async def work(unit: Writer) -> Poll:
        return await poll_device(call.registry, unit, client, code, make_device_key)

    poll = await call.registry.store.write(work)
    if poll.issued is None or poll.device is None:
        error, description = _OAUTH_ERRORS[poll.progress]
        failure = account_wire.OAuthFailure(error=error, error_description=f"Authentication error: {description}.")
        return Reply(_encode(failure), 400)
    left = (poll.device.expires - call.registry.clock()) // SECOND
    access = account_wire.Access(access_token=poll.issued.key, expires_in=left, device_id=poll.device.id)
    return Reply(_encode(access))


def _require_devices(call: Call) -> None:
    if call.host.open:
        raise _plain(403, "Device authorization is not supported.")


def _grant(form: dict[str, str]) -> str:
    """The way that what was sent makes sense by, as the vendor guesses it."""
    if "username" in form:
        return PASSWORD
    if form.get("password"):
        return API_KEY
    return DEVICE_CODE if form.get("device_code") else PASSWORD


def _form(call: Call) -> dict[str, str]:
    """The fields of a form, of a repeated one the last. An empty one is none. Raises ``Unprocessable``."""
    try:
        pairs = parse_qsl(call.body.decode("latin-1"), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise Unprocessable("The form has more than 100 fields.") from None
    return {name: storable(name, value) for name, value in pairs if value}


def _scope(given: dict[str, list[str]], name: str) -> str | None:
    texts = given.get(name)
    if not texts:
        return None
    found = as_uuid(texts[-1])
    if found is None:
        raise Unprocessable(f"query.{name}: {texts[-1]!r} is not a valid UUID.")
    return found


async def _check_scopes(unit: Reader, scopes: dict[str, str | None]) -> None:
    """Raise ``BadValue`` unless a token is for something that is there and goes on."""
    if not any(scopes.values()):
        raise BadValue("Workload API tokens must be scoped to a schedule, pipeline run or deployment.")
    run_id = scopes.pop("pipeline_run_id")
    if run_id is not None:
        run = await unit.get(Run, id=run_id)
        if run is None:
            raise BadValue(f"Pipeline run {run_id} does not exist, so no API token can be made for it.")
        if run.ended is not None:
            raise BadValue(f"Pipeline run {run_id} has already concluded, so no API token can be made for it.")
    for name, record_id in scopes.items():
        if record_id is not None and await unit.get(Record, id=record_id) is None:
            raise BadValue(
                f"The {name.removesuffix('_id')} {record_id} does not exist, so no API token can be made for it."
            )


def _plain(status: int, sentence: str) -> HTTPException:
    """A refusal that has no class of the client's: ``{"detail": sentence}``."""
    return HTTPException(sentence, status_code=status)


ROUTES: tuple[Route, ...] = (
    Plain("POST", "/login", sign_in),
    Read("GET", "/logout", sign_out),
    Plain("POST", "/device_authorization", authorize_device),
    Read("GET", "/api_token", make_token),
    Read("PUT", "/activate", activate_server),
)
