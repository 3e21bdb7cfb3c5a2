"""TrueFoundry's dialect."""

from isogloss.adapters.truefoundry.dialect import TRUEFOUNDRY as dialect  # noqa: N811

__all__ = ["dialect"]
