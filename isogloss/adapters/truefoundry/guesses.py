"""What neither the vendor's clients nor its documents settle, decided here, each in one place.

The vendor's server is closed. Each decision is the one that seems to harm a user least; the contract's list of
deviations names every one of them, and a test shows it.
"""

DEFAULT_LIMIT = 100
"""How long a page is where nobody says: as long as the SDK asks for."""

GREATEST_LIMIT = 1_000
"""A longer page is cut to this. Clients that page by what they got lose nothing."""

NAMES_NO_VERSION = "must name the version to delete, by version or version_alias; all of them go with the artifact."
"""A manifest to delete by that names no version could mean all, or the latest. It is refused."""

CONTENT_CHANGED = "is that of another content; leave the version out to make a new one, its content never changes."
"""A version may be loaded by its number while somebody changes it, so that only what is said of it may change. The
vendor's documents say so of artifacts; here it holds of a prompt's messages as well."""


def filled(variable: str | None) -> str:
    """A prompt's variable that has no value is kept as an empty one: the older SDK takes no null, and would not show
    the page that the prompt is on.
    """
    return "" if variable is None else variable


DEPLOYABLE = False
"""Whether a model can be deployed: here is nothing that would."""


INNER = ".truefoundry"
"""Where the vendor's clients put what they say of a version themselves, its size above all. It is what the internal
list calls a version's internal metadata; what that list calls an artifact's metadata is all of it."""

KEEPS_CONTENTS = "away"
"""A data directory that was deleted without its contents is in this state: nobody sees it, and one of its name that is
made later finds its files again. The vendor says no more than that contents stay unless asked for, which is what its
clients do by themselves; so nothing is lost that way, and deleted with its contents it frees the storage at once."""

DIRECTORY_FQN_TYPE = "data-dir"
"""With what the FQN of a data directory begins: the type of its manifest, as it is with prompts and skills."""

RUN_NAME = r"\A[^/]+\z"
"""Clients allow letters, digits and dashes. Whatever else comes is taken, save what would end a part of an FQN."""

MOST_METRICS, MOST_PAIRS = 10_000, 1_000
"""How many points, parameters or tags one batch may hold: ten times of what a client puts into one."""
