"""What can go wrong, in the registry's own words; each adapter maps these to its vendor's answers in one place."""


class RegistryError(Exception):
    """Base of all errors that a caller can cause. ``str(error)`` is a sentence for the caller."""


class NotFound(RegistryError):
    """Nothing has this id or name. ``noun`` is the kind of thing, ``reference`` what was asked for."""

    def __init__(self, noun: str, reference: str) -> None:
        super().__init__(f"No {noun} with id or name {reference!r} exists.")
        self.noun = noun
        self.reference = reference


class Conflict(RegistryError):
    """The write contradicts what is stored, such as a name that is taken."""


class Invalid(RegistryError):
    """A value breaks a rule. ``field`` names it, ``reason`` says what would be right."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class Unauthenticated(RegistryError):
    """No credential, or one that is not good (any more)."""


class Denied(RegistryError):
    """The caller is known, but may not do this."""


class TooLarge(RegistryError):
    """A body or value over its limit."""


class Ended(RegistryError):
    """What is asked of a run or step comes too late: it has come to its end, or is about to."""


class Corrupted(RegistryError):
    """Bytes that are not those that were announced."""
