"""Our own server, seeded with what its ZenML dialect would have written for the same creates."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial

from bench import ours
from bench.servers import Launch
from bench.suite import ENGINES, Address, Engine, Place, Size
from bench.zenml.first_start import PREFIX, Owners, first_start
from bench.zenml.rows import body, rows
from isogloss.adapters.call import Call
from isogloss.adapters.dialect import Host
from isogloss.adapters.zenml.bodies.artifacts import VersionRequest
from isogloss.adapters.zenml.routes.artifact_versions import write_requested
from isogloss.core.access import ANYBODY, Credential, Principal
from isogloss.core.model import Version
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry


@dataclass
class OurZenML:
    """``isogloss serve``, asked in ZenML's dialect."""

    name: str = ours.NAME
    engines: Collection[Engine] = ENGINES

    def versions(self) -> Mapping[str, str]:
        """Isogloss, and what carries it."""
        return ours.versions()

    def prepare(self, size: Size, place: Place) -> tuple[Launch, Address]:
        """Start it once on an empty place, and write the rows of `size` there."""
        launch, ids = ours.launch(place), list[str]()
        ours.upgrade(place)
        owners = first_start(launch)
        ours.seed(place, partial(create_rows, size, owners, ids))
        return launch, Address(place.port, PREFIX, ids, {"project": owners.project, "store": owners.store})


async def create_rows(size: Size, owners: Owners, ids: list[str], registry: Registry, clock: ours.SeedClock) -> None:
    """Make the rows of `size` as versions of the project; their ids go to `ids`, in creation order."""
    host = Host(registry=registry, gate=_nobody_asks, open=True, public_url=None)
    call = Call(host=host, registry=registry, caller=ANYBODY, path={}, query_string=b"", headers={}, body=b"")
    for row in rows(size):
        clock.now = row.created
        asked = VersionRequest.model_validate(body(row, owners.project, owners.store))

        async def work(unit: Writer, asked: VersionRequest = asked) -> Version:
            return await write_requested(call, unit, asked)

        ids.append((await registry.store.write(work)).id)


async def _nobody_asks(credential: Credential | None) -> Principal:
    return ANYBODY
