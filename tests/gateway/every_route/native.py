"""The probes of the registry's own routes."""

from tests.gateway.every_route.probes import Probe, admins, public

_PERMIT = "the permit in the address is the credential"

NATIVE: dict[str, Probe] = {
    **{f"{method} /transfers": public(_PERMIT, "/transfers?permit=x") for method in ("PUT", "GET", "HEAD", "POST")},
    "GET /audit": admins(),
}
