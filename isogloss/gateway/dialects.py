"""The dialects that are served. A new one is one line here."""

from isogloss.adapters import native, prefect, truefoundry, zenml
from isogloss.adapters.dialect import Dialect

DIALECTS: tuple[Dialect, ...] = (prefect.dialect, zenml.dialect, truefoundry.dialect, native.dialect)
