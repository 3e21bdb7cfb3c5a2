"""The dialects that are served. A new one is one line here."""

from collections.abc import Sequence

from isogloss.adapters import native, prefect, truefoundry, zenml
from isogloss.adapters.dialect import Dialect
from isogloss.core.references import Naming

DIALECTS: tuple[Dialect, ...] = (prefect.dialect, zenml.dialect, truefoundry.dialect, native.dialect)


def namings(tenant: str, dialects: Sequence[Dialect] = DIALECTS) -> tuple[Naming, ...]:
    """How the dialects name versions, in their order."""
    return tuple(dialect.naming(tenant) for dialect in dialects if dialect.naming is not None)
