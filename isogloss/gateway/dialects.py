"""The dialects that are served. A new one is one line here."""

from isogloss.adapters import prefect
from isogloss.adapters.dialect import Dialect

DIALECTS: tuple[Dialect, ...] = (prefect.dialect,)
