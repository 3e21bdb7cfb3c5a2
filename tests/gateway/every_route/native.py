"""The probes of the registry's own routes."""

from tests.gateway.every_route.probes import Probe, admins, public, reads, writes

_PERMIT = "the permit in the address is the credential"
_DESCRIPTION = "tells of the program"
_VERSION = "/versions/$artifact_version"

NATIVE: dict[str, Probe] = {
    **{f"{method} /transfers": public(_PERMIT, "/transfers?permit=x") for method in ("PUT", "GET", "HEAD", "POST")},
    "GET /openapi.json": public(_DESCRIPTION),
    "GET /docs": public(_DESCRIPTION),
    "GET /audit": admins(),
    "GET /projects": reads(),
    "GET /projects/{project}": reads("/projects/$project"),
    "GET /artifacts": reads("/artifacts?project=*"),
    "GET /artifacts/{artifact}": reads("/artifacts/$artifact"),
    "GET /versions": reads("/versions?project=*&text=data"),
    "GET /versions/{version}": reads(_VERSION),
    "DELETE /versions/{version}": writes(_VERSION),
    "PUT /versions/{version}/tags/{tag}": writes(f"{_VERSION}/tags/mine"),
    "DELETE /versions/{version}/tags/{tag}": writes(f"{_VERSION}/tags/common"),
    "GET /versions/{version}/files": reads(f"{_VERSION}/files"),
    "GET /versions/{version}/files/{path:path}": reads(f"{_VERSION}/files/data.txt"),
    "GET /resolve": reads("/resolve?ref=$artifact_version"),
    "GET /lineage": reads("/lineage?ref=$artifact_version"),
    "GET /runs/{run}": reads("/runs/$run"),
    "GET /links": reads("/links?project=*"),
    "POST /links": writes(body={"made": "$artifact_version", "source": "$run"}),
    "DELETE /links/{link}": writes("/links/$derivation"),
}
