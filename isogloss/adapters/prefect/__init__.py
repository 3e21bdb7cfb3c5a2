"""Prefect: its REST API and its websocket, spoken as its own server speaks them."""

from isogloss.adapters.prefect.dialect import PREFECT as dialect  # noqa: N811 - every dialect is its package's ``dialect``

__all__ = ["dialect"]
