"""What a probe of a route is: the request, and who is answered what."""

from enum import Enum
from typing import Any

from msgspec import Struct


class Answers(Enum):
    """What a route does for those who may see everything and write nothing.

    It READS for them; it WRITES, and they are refused; it is of the ADMINS only, whom also an editor is not; or it is
    of their OWN: everybody is answered about themselves. ALIKE is what everybody is answered alike, since there is
    nothing behind it. PUBLIC needs no credential, for the reason that the probe gives.
    """

    READS = "reads"
    WRITES = "writes"
    ADMINS = "admins"
    OWN = "own"
    ALIKE = "alike"
    PUBLIC = "public"


class Probe(Struct, frozen=True, kw_only=True):
    """A request that does something to what is in the secret project.

    ``target`` stands for the route's path, with a query; in it, and in all texts of the ``body``, ``$name`` stands for
    what the project calls so.
    """

    answers: Answers
    target: str | None = None
    body: Any = None
    reason: str = ""


def reads(target: str | None = None, body: Any = None) -> Probe:
    """A probe that reads."""
    return Probe(answers=Answers.READS, target=target, body=body)


def writes(target: str | None = None, body: Any = None) -> Probe:
    """A probe that writes."""
    return Probe(answers=Answers.WRITES, target=target, body=body)


def admins(target: str | None = None, body: Any = None) -> Probe:
    """A probe of what administrators do."""
    return Probe(answers=Answers.ADMINS, target=target, body=body)


def own(target: str | None = None, body: Any = None) -> Probe:
    """A probe of what everybody does about themselves."""
    return Probe(answers=Answers.OWN, target=target, body=body)


def alike(reason: str, target: str | None = None, body: Any = None) -> Probe:
    """A probe that everybody is answered alike."""
    return Probe(answers=Answers.ALIKE, target=target, body=body, reason=reason)


def public(reason: str, target: str | None = None, body: Any = None) -> Probe:
    """A probe that needs no credential."""
    return Probe(answers=Answers.PUBLIC, target=target, body=body, reason=reason)


def filled(template: Any, at: dict[str, str]) -> Any:
    """A target or body with what ``$name`` stands for. The longest name counts; ``$number`` is the repo's, as such."""
    match template:
        case "$number":
            return int(at["repo_id"])
        case str():
            for name in sorted(at, key=len, reverse=True):
                template = template.replace(f"${name}", at[name])
            return template
        case dict():
            return {key: filled(value, at) for key, value in template.items()}
        case list():
            return [filled(each, at) for each in template]
    return template
