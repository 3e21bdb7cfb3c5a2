"""The secret that every process of a registry signs and seals with."""

import secrets

from isogloss.core.model import Setting
from isogloss.core.ports import Store, Writer

SIGNING_SECRET = "signing-secret"  # noqa: S105 - the name of the setting, not its value


async def ensure_signing_secret(store: Store) -> str:
    """The registry's secret; made on the first start, also when two gateways start at once."""
    candidate = secrets.token_urlsafe(48)

    async def work(unit: Writer) -> str:
        await unit.add_if_absent(Setting(name=SIGNING_SECRET, value=candidate))
        kept = await unit.get(Setting, name=SIGNING_SECRET)
        assert kept is not None
        return kept.value

    return await store.write(work)
