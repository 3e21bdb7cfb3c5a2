"""Registries over a store under test, with a clock that the test moves."""

from isogloss.core.access import ANYBODY, Credential, Principal
from isogloss.core.ids import IdSource
from isogloss.core.ports import Files, Store
from isogloss.core.registry import Registry
from isogloss.core.registry.projects import ensure_default, ensure_identity
from isogloss.core.registry.secret import ensure_signing_secret
from isogloss.gateway.dialects import namings

START = 1_750_000_000_000_000
TENANT = "default"


class Clock:
    """Stands still until it is told to go on. Microseconds since the epoch."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now

    def advance(self, microseconds: int = 1_000_000) -> None:
        self.now += microseconds


async def anybody(credential: Credential | None) -> Principal:
    """A gate that lets everybody in, as nobody in particular."""
    return ANYBODY


async def registry_over(store: Store, clock: Clock | None = None, files: Files | None = None) -> Registry:
    """A registry on the store, with its default project made."""
    clock = clock or Clock()
    new_id = IdSource()
    project = await ensure_default(store, clock, new_id)
    identity = await ensure_identity(store, new_id)
    secret = await ensure_signing_secret(store)
    return Registry(
        id=identity,
        store=store,
        clock=clock,
        new_id=new_id,
        sequence=new_id,
        default_project=project,
        signing_secret=secret,
        files=files,
        namings=namings(TENANT),
    )
