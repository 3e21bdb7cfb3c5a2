"""What ZenML hands to the gateway."""

import re
import shlex

from litestar.types import ControllerRouterHandler
from msgspec.structs import replace

from isogloss.adapters.dialect import Answer, Dialect, Host
from isogloss.adapters.operations import Route, handlers
from isogloss.adapters.zenml.default_stack import ensure_default_stack
from isogloss.adapters.zenml.references import naming
from isogloss.adapters.zenml.routes import (
    MANNER,
    PREFIX,
    absent,
    artifact_versions,
    artifacts,
    code_repositories,
    components,
    devices,
    files,
    flavors,
    hook_invocations,
    logs,
    model_version_links,
    model_versions,
    models,
    pipeline_snapshots,
    pipelines,
    projects,
    run_metadata,
    runs,
    server,
    service_accounts,
    settings,
    sign_in,
    stacks,
    steps,
    tags,
    users,
)
from isogloss.core.ids import random_id

ROUTES: tuple[Route, ...] = (
    *server.ROUTES,
    *sign_in.ROUTES,
    *users.ROUTES,
    *service_accounts.ROUTES,
    *devices.ROUTES,
    *projects.ROUTES,
    *artifacts.ROUTES,
    *artifact_versions.ROUTES,
    *flavors.ROUTES,
    *components.ROUTES,
    *stacks.ROUTES,
    *tags.ROUTES,
    *run_metadata.ROUTES,
    *code_repositories.ROUTES,
    *absent.ROUTES,
    *settings.ROUTES,
    *files.ROUTES,
    *models.ROUTES,
    *model_versions.ROUTES,
    *model_version_links.ROUTES,
    *pipelines.ROUTES,
    *pipeline_snapshots.ROUTES,
    *logs.ROUTES,
    *runs.ROUTES,
    *steps.ROUTES,
    *hook_invocations.ROUTES,
)
"""Every operation that is served."""


def routes(host: Host) -> list[ControllerRouterHandler]:
    """The handlers of all operations.

    The vendor's users name a thing by the first digits of its id, so that these have to tell things apart.
    """
    return [*handlers(ROUTES, replace(host, registry=replace(host.registry, new_id=random_id)), MANNER)]


def connect(url: str, name: str, key: str | None) -> list[str]:
    """The lines that point ZenML's client and CLI at a registry, for a shell."""
    lines = [f"export ZENML_STORE_URL={url}"]
    if key is not None:
        lines.append(f"export ZENML_STORE_API_KEY={shlex.quote(key)}")
    return lines


ZENML = Dialect(
    name="zenml",
    prefixes=(PREFIX,),
    routes=routes,
    open_paths=frozenset(
        f"{PREFIX}{path}" for path in ("/info", "/version", "/login", "/logout", "/device_authorization", "/activate")
    ),
    # The first bears its token in the query, so that a browser can follow the link, the second in its body.
    open_pattern=re.compile(re.escape(PREFIX) + "/(artifact_versions/[^/]+/data|users/[^/]+/activate)"),
    # A client signs in only when it is answered just this.
    unauthorized=Answer(
        status=401,
        body=b'{"detail":["CredentialsNotValid","Authentication error: a valid token is needed."]}',
        headers=(("www-authenticate", "Bearer"),),
    ),
    too_large=Answer(status=413, body=b'{"detail":["ValueError","The body is too large."]}'),
    failed=Answer(status=500, body=b'{"detail":["RuntimeError","Internal Server Error"]}'),
    connect=connect,
    prepare=ensure_default_stack,
    naming=naming,
)
"""The dialect, with all of the vendor's ``/api/v1``."""
