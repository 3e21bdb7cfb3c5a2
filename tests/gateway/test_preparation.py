"""What dialects see to before a gateway serves."""

from pathlib import Path

from msgspec.structs import replace

from isogloss.core.registry import Registry
from isogloss.gateway.assembly import open_gateway
from isogloss.gateway.settings import Auth, read_settings
from tests.gateway.toy import INNER, TOY


async def test_a_dialect_prepares_the_registry_at_every_start_with_its_files_at_hand(tmp_path: Path) -> None:
    prepared: list[Registry] = []

    async def prepare(registry: Registry) -> None:
        assert registry.files is not None
        prepared.append(registry)

    dialects = (replace(TOY, prepare=prepare), INNER)
    settings = read_settings({"ISOGLOSS_HOME": str(tmp_path)})
    for starts in (1, 2):
        async with open_gateway(settings, Auth.OPEN, dialects=dialects, environment={}) as gateway:
            assert len(prepared) == starts
            assert prepared[-1] is gateway.registry
