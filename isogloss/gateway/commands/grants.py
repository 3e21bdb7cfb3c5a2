"""``isogloss grant`` and ``isogloss grants``: what users may do in single projects."""

import argparse
import asyncio

from isogloss.core.access import ANYBODY, Role
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import grants
from isogloss.core.registry.grants import Granted
from isogloss.core.registry.projects import find_project
from isogloss.core.registry.users import get_user
from isogloss.gateway.assembly import open_registry
from isogloss.gateway.commands.operator import as_operator
from isogloss.gateway.problems import Problem
from isogloss.gateway.settings import Settings

ROLES = [role.word for role in Role if role > Role.MEMBER]
"""The roles that can be given."""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Put the commands among the others."""
    command = commands.add_parser("grant", help="give a user a role in a project, or take it away")
    command.add_argument("name", metavar="NAME", help="the user")
    command.add_argument("--project", required=True, help="the project, by name or id")
    command.add_argument("--role", choices=ROLES, help="what the user is there from now on")
    command.add_argument("--remove", action="store_true", help="take away what the user was given there")
    command.set_defaults(command=_grant)
    command = commands.add_parser("grants", help="who was given what: project, role and user")
    command.add_argument("--project", help="of this project alone, by name or id")
    command.set_defaults(command=_grants)


def _grant(settings: Settings, options: argparse.Namespace) -> None:
    if options.remove == (options.role is not None):
        raise Problem("grant needs either --role or --remove.", code=2)

    async def run() -> None:
        async with open_registry(settings) as (opened, _):
            registry = as_operator(opened, "remove_grant" if options.remove else "grant_role")

            async def work(unit: Writer) -> None:
                project = await find_project(unit, options.project)
                user = await get_user(registry, unit, ANYBODY, options.name)
                if options.remove:
                    await grants.remove_grant(registry, unit, ANYBODY, project, user)
                else:
                    role = Role[options.role.upper()]
                    await grants.grant_role(registry, unit, ANYBODY, project, user, role)

            await registry.store.write(work)

    asyncio.run(run())


def _grants(settings: Settings, options: argparse.Namespace) -> None:
    async def run() -> list[Granted]:
        async with open_registry(settings) as (registry, _):

            async def work(unit: Reader) -> list[Granted]:
                project = None if options.project is None else await find_project(unit, options.project)
                return await grants.list_grants(unit, project)

            return await registry.store.read(work)

    found = asyncio.run(run())
    width = max((len(each.project) for each in found), default=0)
    for each in found:
        print(f"{each.project:<{width}}  {each.role.word:<6}  {each.user}")
