"""The command line."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlsplit

from msgspec import structs

from isogloss.core.access import Role
from isogloss.core.errors import RegistryError
from isogloss.core.model import Token
from isogloss.core.registry import tokens, users
from isogloss.gateway import logs
from isogloss.gateway.assembly import now, open_registry, upgrade_schema
from isogloss.gateway.commands import archives, audit, grants, imports, versions
from isogloss.gateway.commands.grants import ROLES
from isogloss.gateway.commands.operator import as_operator
from isogloss.gateway.connecting import connect_lines, with_clients
from isogloss.gateway.dialects import DIALECTS
from isogloss.gateway.keys import jwt_maker, make_personal
from isogloss.gateway.problems import Problem
from isogloss.gateway.server import serve
from isogloss.gateway.settings import (
    INSTALLED,
    Auth,
    Settings,
    installed_or_folder,
    is_loopback,
    read_settings,
    unknown_variables,
    web_root,
)

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> int:
    """Run a command; gives the exit status. What the user did wrong is one line on standard error."""
    options = make_parser().parse_args(arguments)
    command: Callable[[Settings, argparse.Namespace], None] = options.command
    try:
        settings = read_settings(environment)
        for line in unknown_variables(environment):
            _complain(f"warning: {line}")
        logs.configure(settings.log_level, settings.log_format)
        command(settings, options)
    except Problem as problem:
        _complain(f"error: {problem}")
        return problem.code
    except RegistryError as error:
        _complain(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        logs.drop(sys.stdout)
        return 1
    return 0


def _serve(settings: Settings, options: argparse.Namespace) -> None:
    prefect_ui = installed_or_folder("--prefect-ui", options.prefect_ui) or settings.prefect_ui
    serve(structs.replace(settings, prefect_ui=prefect_ui), options.host, options.port)


def _token_create(settings: Settings, options: argparse.Namespace) -> None:
    role = None if options.role is None else Role[options.role.upper()]

    async def run() -> tokens.Issued:
        async with open_registry(settings) as (registry, _):
            maker = make_personal if options.pat else jwt_maker(registry.signing_secret, settings.tenant)
            acting = as_operator(registry, tokens.issue_token.__name__)
            return await tokens.issue_token(acting, options.name, maker, role=role, project=options.project)

    users.check_user_name(options.name)
    issued = asyncio.run(run())
    if issued.raised:
        _complain(f"note: the user {options.name} is {issued.token.role} from now on.")
    print(issued.key)


def _token_list(settings: Settings, options: argparse.Namespace) -> None:
    async def run() -> list[Token]:
        async with open_registry(settings) as (registry, _):
            return await tokens.list_all_tokens(registry)

    for token in asyncio.run(run()):
        print(f"{token.id}  {token.role:<6}  {_state(token):<7}  {token.name}")


def _state(token: Token) -> str:
    if token.revoked is not None:
        return "revoked"
    if token.expires is not None and token.expires <= now():
        return "expired"
    return "good" if token.active else "off"


def _token_revoke(settings: Settings, options: argparse.Namespace) -> None:
    async def run() -> None:
        async with open_registry(settings) as (registry, _):
            await tokens.revoke_token(as_operator(registry, tokens.revoke_token.__name__), options.id)

    asyncio.run(run())


def _connect(settings: Settings, options: argparse.Namespace) -> None:
    known = {dialect.name: dialect for dialect in with_clients(DIALECTS)}
    dialect = known.get(options.dialect)
    if dialect is None:
        raise Problem(f"{options.dialect!r} is not served here; known are: {', '.join(known)}.", code=2)
    if options.token and not options.name:
        raise Problem("--token needs --name, the name that the key was made with.", code=2)
    given = web_root("--url", options.url) if options.url else settings.public_url
    url = given or f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"
    # What the gateway there does when nobody set a mode: an address that others reach is never open by itself.
    auth = settings.auth or (Auth.OPEN if is_loopback(urlsplit(url).hostname or "") else Auth.REQUIRED)
    for line in connect_lines(dialect, url, auth, options.name, options.token):
        print(line)


def _db_upgrade(settings: Settings, options: argparse.Namespace) -> None:
    asyncio.run(upgrade_schema(settings))


def make_parser() -> argparse.ArgumentParser:
    """What may be typed."""
    parser = argparse.ArgumentParser(
        prog="isogloss", description="One artifact registry that unmodified clients use as their own server."
    )
    parser.add_argument("--version", action="version", version=f"isogloss {_version()}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    command = commands.add_parser("serve", help="start the gateway")
    command.add_argument("--host", default=DEFAULT_HOST, help="address to listen on (%(default)s)")
    command.add_argument("--port", default=DEFAULT_PORT, type=_port, help="port; 0 takes a free one (%(default)s)")
    command.add_argument(
        "--prefect-ui",
        nargs="?",
        const=INSTALLED,
        metavar="FOLDER",
        help="serve Prefect's web pages: those of the package prefect installed here, or in FOLDER "
        "(ISOGLOSS_PREFECT_UI)",
    )
    command.set_defaults(command=_serve)

    token = commands.add_parser("token", help="make, list and revoke keys")
    actions = token.add_subparsers(title="actions", required=True, metavar="ACTION")
    command = actions.add_parser("create", help="print a new key, which is shown only this once")
    command.add_argument("name", metavar="NAME", help="whose key it is; the user is made where there is none")
    command.add_argument(
        "--role",
        choices=ROLES,
        help="default: the user's; a new user is editor",
    )
    command.add_argument(
        "--project", help="the role is for this project alone, by name or id; a new user sees no other"
    )
    command.add_argument("--pat", action="store_true", help="a tfy_ key instead of a JWT")
    command.set_defaults(command=_token_create)
    command = actions.add_parser("list", help="all keys: id, role, state and name")
    command.set_defaults(command=_token_list)
    command = actions.add_parser("revoke", help="make a key worthless")
    command.add_argument("id", metavar="ID", help="the key's id, as `token list` shows it")
    command.set_defaults(command=_token_revoke)

    command = commands.add_parser("connect", help="print the lines that point a client here")
    command.add_argument("dialect", metavar="|".join(dialect.name for dialect in with_clients(DIALECTS)))
    command.add_argument("--url", help="root of the gateway's address (ISOGLOSS_PUBLIC_URL, else this machine)")
    command.add_argument("--name", help="user name to put in")
    command.add_argument("--token", help="key to put in")
    command.set_defaults(command=_connect)

    versions.add_to(commands)
    grants.add_to(commands)
    audit.add_to(commands)
    archives.add_to(commands)
    imports.add_to(commands)

    database = commands.add_parser("db", help="the database's schema")
    actions = database.add_subparsers(title="actions", required=True, metavar="ACTION")
    command = actions.add_parser("upgrade", help="run the migrations that it lacks")
    command.set_defaults(command=_db_upgrade)
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; it must be a number from 0 to 65535")
    return int(text)


def _version() -> str:
    try:
        return version("isogloss")
    except PackageNotFoundError:
        return "(not installed)"


def _complain(line: str) -> None:
    print(f"isogloss: {line}", file=sys.stderr)
