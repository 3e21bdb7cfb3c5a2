"""Where the registry takes and gives the bytes of files: an address that dialects hand to their clients."""

from isogloss.core.registry.transfers import Link

PREFIX = "/api/isogloss/v1"
TRANSFERS = "/transfers"
PATH = PREFIX + TRANSFERS
PERMIT = "permit"
"""The parameter of the query that holds the permit."""


def links(root: str) -> Link:
    """Addresses for permits at the gateway whose clients reach it at ``root``, such as ``http://127.0.0.1:8000``."""
    before = f"{root.rstrip('/')}{PATH}?{PERMIT}="
    # A permit has no character that a query would change.
    return before.__add__
