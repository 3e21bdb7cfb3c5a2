"""The page on which a user lets a device sign in: /devices/verify.

A device without a browser shows a code and this address. The user signs in here with name and password, sees which
device it is, and approves or denies it.

No page of another site can do that for them: there is no cookie, so a request means only what is written in it. The
first form carries the password, the second a session of five minutes that the first was answered with.
"""

import html
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from isogloss.core.access import Credential, Gate, Principal
from isogloss.core.errors import Conflict, Denied, NotFound, Unauthenticated
from isogloss.core.model import Device
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import Registry
from isogloss.core.registry.callers import registry_for
from isogloss.core.registry.devices import (
    APPROVAL,
    Verdict,
    approve_device,
    deny_device,
    find_waiting_device,
)
from isogloss.core.registry.sessions import issue_session
from isogloss.gateway.middleware.asgi import App, Headers, Receive, Scope, Send, send_bytes
from isogloss.gateway.middleware.exchange import HEADERS
from isogloss.gateway.settings import Auth

PATH = "/devices/verify"

MAX_FORM_BYTES = 16 * 1024

_HTML: Headers = [
    (b"content-type", b"text/html; charset=utf-8"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"cache-control", b"no-store"),
    # The address has the code in it.
    (b"referrer-policy", b"no-referrer"),
]

_ABOUT = {"hostname": "Host", "os": "System", "ip_address": "Address"}
"""What a device says of itself that tells its user which one it is."""

Form = Mapping[str, str]


def make_device_page(registry: Registry, gate: Gate, *, auth: Auth) -> App:
    """The page over a registry. ``gate`` tells who signs in."""

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        if method not in ("GET", "HEAD", "POST"):
            headers: Headers = [(b"content-type", b"application/json"), (b"allow", b"GET, HEAD, POST")]
            await send_bytes(405, b'{"detail":"Method Not Allowed"}', headers, send)
            return
        if auth is Auth.OPEN:
            status, text = 200, _page("<p>This registry is open: no device has to sign in here.</p>")
        elif method == "POST":
            status, text = await _answer(registry, gate, scope, receive)
        else:
            status, text = 200, _sign_in(_form(scope["query_string"]))
        await send_bytes(status, text.encode(), _HTML, send)

    return page


async def _answer(registry: Registry, gate: Gate, scope: Scope, receive: Receive) -> tuple[int, str]:
    """The status and the page that follow a form."""
    if scope[HEADERS].get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none"):
        return 403, _page("<p>This form was sent by a page of another site, so nothing was done.</p>")
    body = await _body(receive)
    if body is None:
        return 413, _page("<p>The form is too large.</p>")
    form = _form(body)
    decision, session = form.get("decision"), form.get("session")
    try:
        if session is None:
            caller = await gate(Credential(name=form.get("name", ""), secret=form.get("password", "")))
        else:
            caller = await gate(Credential(name=None, secret=session))
    except Unauthenticated:
        wrong = "Name or password is not right." if session is None else "Too much time has passed; sign in again."
        return 401, _sign_in(form, wrong)
    try:
        if session is None or decision not in ("approve", "deny"):
            return await _show(registry, caller, form)
        return await _decide(registry, caller, form, approve=decision == "approve")
    except (NotFound, Conflict):
        return 404, _sign_in(
            form, "No device that waits shows this code. It may have waited too long: begin again there."
        )
    except Denied as error:
        return 403, _sign_in(form, str(error))


async def _show(registry: Registry, caller: Principal, form: Form) -> tuple[int, str]:
    code = form.get("user_code", "")

    async def work(unit: Reader) -> Device:
        return await find_waiting_device(registry, unit, caller, code)

    device = await registry.store.read(work)
    return 200, _decision(device, code, caller, issue_session(registry, caller, lifetime=APPROVAL))


async def _decide(registry: Registry, caller: Principal, form: Form, *, approve: bool) -> tuple[int, str]:
    device_id, code = form.get("device_id", ""), form.get("user_code", "")

    async def work(unit: Writer) -> Verdict:
        if approve:
            return await approve_device(registry, unit, caller, device_id, code, trusted="trusted" in form)
        return await deny_device(registry, unit, caller, device_id, code)

    deed = approve_device if approve else deny_device
    acting = registry_for(registry, caller, "page", deed.__name__)
    verdict = await acting.store.write(work)
    if not verdict.right:
        return 404, _sign_in(form, "The device shows another code.")
    done = "may sign in now. You can close this page and go back to it" if approve else "was refused"
    return 200, _page(f"<p>The device {done}.</p>")


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None where it is too large. What came of one whose sender left is no form."""
    parts: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > MAX_FORM_BYTES:
            return None
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


def _form(raw: bytes) -> Form:
    """The fields of a form or a query; of a repeated one the last. What cannot be kept or shown is left out."""
    try:
        pairs = parse_qsl(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return {}
    return {name: value for name, value in pairs if "\0" not in value}


def _sign_in(form: Form, wrong: str = "") -> str:
    return _page(
        f"""{f'<p role="alert"><strong>{html.escape(wrong)}</strong></p>' if wrong else ""}
<p>A device asks to sign in as you. Go on only if you have just told it to, and if it shows this very code.</p>
<form method="post" action="{PATH}">
{_field("user_code", "Code", form.get("user_code", ""), "autocomplete=off autocapitalize=characters")}
{_field("name", "User name", form.get("name", ""), "autocomplete=username")}
{_field("password", "Password, or a key", "", "type=password autocomplete=current-password")}
<p><button>Sign in</button></p>
</form>"""
    )


def _decision(device: Device, code: str, caller: Principal, session: str) -> str:
    said = _said(device)
    rows = "\n".join(
        f"<tr><th>{label}</th><td>{html.escape(str(said[name]))}</td></tr>"
        for name, label in _ABOUT.items()
        if said.get(name)
    )
    hidden = {"device_id": device.id, "user_code": code, "session": session}
    fields = "\n".join(f'<input type="hidden" name="{name}" value="{html.escape(v)}">' for name, v in hidden.items())
    return _page(
        f"""<p>Shall this device sign in as <strong>{html.escape(caller.name)}</strong>, with the role
{caller.reach.word}? It shows the code <code>{html.escape(code)}</code>.</p>
<table>
{rows}
</table>
<form method="post" action="{PATH}">
{fields}
<p><label><input type="checkbox" name="trusted"> I trust this device: it need not ask again for a year</label></p>
<p><button name="decision" value="approve">Approve</button> <button name="decision" value="deny">Deny</button></p>
</form>"""
    )


def _said(device: Device) -> dict[str, Any]:
    said = json.loads(device.facet or "{}")
    return said if isinstance(said, dict) else {}


def _field(name: str, label: str, value: str, more: str) -> str:
    return f'<p><label>{label}<br><input name="{name}" value="{html.escape(value)}" required {more}></label></p>'


def _page(content: str) -> str:
    return _PAGE.replace("CONTENT", content)


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Isogloss: let a device sign in</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 30rem; margin: 3rem auto; padding: 0 1rem; }
input:not([type=checkbox]) { font: inherit; width: 100%; box-sizing: border-box; padding: .3rem; }
button { font: inherit; padding: .3rem 1rem; }
th { text-align: left; padding-right: 1rem; }
</style>
</head>
<body>
<h1>Let a device sign in</h1>
CONTENT
</body>
</html>
"""
