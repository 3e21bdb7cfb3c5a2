"""What neither the vendor's clients nor its documents settle, decided here, each in one place.

The vendor's server is closed. Each decision is the one that seems to harm a user least; the contract's list of
deviations names every one of them, and a test shows it.
"""

DEFAULT_LIMIT = 100
"""How long a page is where nobody says: as long as the SDK asks for."""

GREATEST_LIMIT = 1_000
"""A longer page is cut to this. Clients that page by what they got lose nothing."""

ADDRESS_SECONDS = 3_600
"""How long a signed address is good: what the client believes."""

NAMES_NO_VERSION = "must name the version to delete, by version or version_alias; all of them go with the artifact."
"""A manifest to delete by that names no version could mean all, or the latest. It is refused."""
