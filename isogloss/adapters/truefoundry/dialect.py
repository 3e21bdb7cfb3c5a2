"""What TrueFoundry hands to the gateway."""

import shlex

from litestar.types import ControllerRouterHandler

from isogloss.adapters.dialect import Answer, Dialect, Host
from isogloss.adapters.operations import Manner, Route, handlers
from isogloss.adapters.reply import Reply
from isogloss.adapters.truefoundry.failures import reply_to_flow, reply_to_ml, reply_to_svc
from isogloss.adapters.truefoundry.flow import FLOW_ROUTES
from isogloss.adapters.truefoundry.kinds import DIALECT
from isogloss.adapters.truefoundry.references import naming
from isogloss.adapters.truefoundry.routes import (
    artifacts,
    directories,
    files,
    fqns,
    internal,
    manifests,
    repos,
    runs,
    session,
    sign_in,
    versions,
    writing,
)
from isogloss.core.access import Credential
from isogloss.core.registry.tokens import looks_like_token

_BEFORE_SIGN_IN = ("min-cli-version", "tenant-id", "oauth2/device-authorize", "oauth2/token")

SVC, ML, FLOW = "/api/svc/v1", "/api/ml/v1", "/api/ml/api/2.0/mlflow"

BOTH: tuple[Route, ...] = (
    *repos.READS,
    *files.ROUTES,
    *writing.ROUTES,
    *artifacts.ROUTES,
    *versions.ROUTES,
    *directories.ROUTES,
    *internal.ROUTES,
)
"""What the two newer families have, in the same shapes."""

SVC_ROUTES: tuple[Route, ...] = (
    *session.ROUTES,
    *sign_in.ROUTES,
    *repos.SVC_ROUTES,
    *runs.ROUTES,
    *manifests.SVC_ROUTES,
    *fqns.SVC_ROUTES,
    *BOTH,
)
ML_ROUTES: tuple[Route, ...] = (*BOTH, *writing.ML_ROUTES)

SVC_MANNER = Manner(
    dialect=DIALECT,
    prefix=SVC,
    reply_to=reply_to_svc,
    not_allowed=Reply(b'{"statusCode":405,"message":"Method Not Allowed"}', 405),
)
ML_MANNER = Manner(
    dialect=DIALECT, prefix=ML, reply_to=reply_to_ml, not_allowed=Reply(b'{"detail":"Method Not Allowed"}', 405)
)
FLOW_MANNER = Manner(
    dialect=DIALECT,
    prefix=FLOW,
    reply_to=reply_to_flow,
    not_allowed=Reply(b'{"error_code":"INVALID_PARAMETER_VALUE","message":"Method Not Allowed"}', 405),
)

FAMILIES: tuple[tuple[Manner, tuple[Route, ...]], ...] = (
    (SVC_MANNER, SVC_ROUTES),
    (ML_MANNER, ML_ROUTES),
    (FLOW_MANNER, FLOW_ROUTES),
)
"""Each family with what it serves."""


def routes(host: Host) -> list[ControllerRouterHandler]:
    """The handlers of all operations."""
    return [handler for manner, served in FAMILIES for handler in handlers(served, host, manner)]


def refuses(credential: Credential | None) -> bool:
    """Whether a key can be none of this vendor's: its clients know by a 401 that they came without a good one.

    A key that another dialect's clients were given is not refused, nor who comes with a name and a password.
    """
    if credential is None:
        return True
    return credential.name is None and not (looks_like_token(credential.secret) or credential.secret.count(".") == 2)


def connect(url: str, name: str, key: str | None) -> list[str]:
    """The lines that point TrueFoundry's SDKs at a registry, for a shell.

    The clients read in the key whose it is, so they want one even where everybody is let in.
    """
    given = f"$(isogloss token create {shlex.quote(name)})" if key is None else shlex.quote(key)
    return [f"export TFY_HOST={url}", f"export TFY_API_KEY={given}"]


TRUEFOUNDRY = Dialect(
    name=DIALECT,
    prefixes=("/api/svc", "/api/ml"),
    routes=routes,
    open_paths=frozenset((*(f"{SVC}/{path}" for path in _BEFORE_SIGN_IN), f"{FLOW}/tenant-id")),
    unauthorized=Answer(status=401, body=b'{"statusCode":401,"message":"A valid key is needed."}'),
    too_large=Answer(status=413, body=b'{"statusCode":413,"message":"The body is too large."}'),
    failed=Answer(status=500, body=b'{"statusCode":500,"message":"Internal Server Error"}'),
    connect=connect,
    refuses=refuses,
    naming=naming,
)
"""The dialect, with the vendor's ``/api/svc`` and ``/api/ml``."""
