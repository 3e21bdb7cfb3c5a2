"""What ZenML forbids in names."""

from isogloss.adapters.zenml.failures import BadValue

BANNED = "\t\n\r\v\f"


def check_named(noun: str, name: str) -> None:
    """Raise ``BadValue`` unless a new thing may have this name: one without tabs and line breaks, and not empty."""
    if not name:
        raise BadValue(f"The name of a new {noun} must not be empty.")
    banned = sorted({character for character in name if character in BANNED})
    if banned:
        raise BadValue(f"The name {name!r} of the {noun} has characters that no name may have: {banned}.")
