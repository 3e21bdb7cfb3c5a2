"""The registry's own dialect: what serves every other one, and belongs to none."""

from isogloss.adapters.native.dialect import NATIVE as dialect  # noqa: N811 - every dialect is its package's ``dialect``

__all__ = ["dialect"]
