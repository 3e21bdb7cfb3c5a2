"""What bodies are made of."""

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from isogloss.adapters.truefoundry.fqn import ALIAS_LENGTH, GREATEST

KEPT = ConfigDict(extra="allow")
"""What a shape does not name is kept as it came."""


def _whole(value: Any) -> Any:
    """A float without a fraction is the number it is: the SDK sends many integers so."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a whole number")
    if isinstance(value, float):
        if not value.is_integer():
            raise ValueError("must be a whole number")
        return int(value)
    return value


def storable(text: Any) -> Any:
    """Text that every engine keeps; anything else is left for others to refuse."""
    if isinstance(text, str):
        if "\0" in text:
            raise ValueError("must not contain the character NUL")
        text.encode()
    return text


Text = Annotated[str, Field(strict=True), BeforeValidator(storable)]
Whole = Annotated[int, BeforeValidator(_whole), Field(ge=-GREATEST, le=GREATEST)]
Count = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=GREATEST)]
Positive = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=GREATEST)]

# The vendor's patterns, of which the last character counts: a line feed may not end one.
Name = Annotated[str, StringConstraints(strict=True, pattern=r"\A[A-Za-z0-9_\-]+\z", max_length=256)]
RepoName = Annotated[str, StringConstraints(strict=True, pattern=r"\A[a-zA-Z][a-zA-Z0-9\-]{1,98}[a-zA-Z0-9]\z")]
Alias = Annotated[
    str, StringConstraints(strict=True, pattern=r"\Av[a-zA-Z0-9.-]*[a-zA-Z0-9]+\z", max_length=ALIAS_LENGTH)
]
Description = Annotated[Text, StringConstraints(max_length=512)]
