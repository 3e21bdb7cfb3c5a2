"""Automations: there are none, and the pages that ask for them find none."""

from isogloss.adapters.prefect.decode import AnyRequest
from isogloss.adapters.prefect.routes import Route
from isogloss.adapters.reply import Reply
from isogloss.core.registry import Registry


async def read_automations_related_to_resource(registry: Registry, request: AnyRequest) -> Reply:
    """The automations that a resource has to do with, such as a deployment: there is no way to make one here."""
    return Reply(b"[]")


ROUTES = (Route("GET", "/automations/related-to/{resource_id:str}", read_automations_related_to_resource),)
