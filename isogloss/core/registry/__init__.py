"""The use cases, by noun: plain functions that take the ``Registry`` and the caller first.

A use case opens one unit of work, loads, acts, and lets the unit end; rules live here and nowhere else.
"""

from isogloss.core.registry.context import Registry

__all__ = ["Registry"]
