"""ZenML's dialect: everything below ``/api/v1``."""

from isogloss.adapters.zenml.dialect import ZENML as dialect  # noqa: N811

__all__ = ["dialect"]
