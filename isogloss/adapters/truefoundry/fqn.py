"""Fully qualified names: ``TYPE:TENANT/REPO/NAME`` of an artifact, with ``:VERSION`` behind it of a version.

TENANT, REPO and NAME hold neither a colon nor a slash, so that there is one way to read each. VERSION is a number, an
alias (``v1.0``) or ``latest``.
"""

import re

from msgspec import Struct

from isogloss.adapters.call import Malformed
from isogloss.adapters.truefoundry.guesses import DIRECTORY_FQN_TYPE
from isogloss.adapters.truefoundry.kinds import BY_FQN_TYPE, Kind

LATEST = "latest"

ALIAS_LENGTH = 128
ALIAS = re.compile(r"v[a-zA-Z0-9.-]*[a-zA-Z0-9]")
"""An alias; not ``v`` alone, which the vendor's pattern refuses too."""

GREATEST = 2**63 - 1

_NUMBER = re.compile(r"[1-9][0-9]{0,18}")
_FORM = "TYPE:TENANT/REPO/NAME or TYPE:TENANT/REPO/NAME:VERSION"
_DIRECTORY_FORM = f"{DIRECTORY_FQN_TYPE}:TENANT/REPO/NAME"


class Fqn(Struct, frozen=True, kw_only=True):
    """The parts of an FQN. ``version`` is null where it names the artifact."""

    kind: Kind
    tenant: str
    repo: str
    name: str
    version: int | str | None = None

    def __str__(self) -> str:
        whole = f"{self.kind.fqn_type}:{self.tenant}/{self.repo}/{self.name}"
        return whole if self.version is None else f"{whole}:{self.version}"


def parse_fqn(text: str, where: str = "query.fqn") -> Fqn:
    """The parts of an FQN. Raises ``Malformed``, with what would be right."""
    kind_name, tenant, repo, last = _split(text, where, _FORM)
    kind = BY_FQN_TYPE.get(kind_name)
    if kind is None:
        known = ", ".join(BY_FQN_TYPE)
        raise Malformed(where, f"{kind_name!r} is no type; it is one of {known}.")
    name, colon, version = last.partition(":")
    if not name or ":" in version:
        raise Malformed(where, f"{text!r} has a colon where none belongs; an FQN is {_FORM}.")
    return Fqn(
        kind=kind,
        tenant=tenant,
        repo=repo,
        name=name,
        version=parse_version(version, where) if colon else None,
    )


class DirectoryFqn(Struct, frozen=True, kw_only=True):
    """The parts of the FQN of a data directory, which has no versions."""

    tenant: str
    repo: str
    name: str

    def __str__(self) -> str:
        return f"{DIRECTORY_FQN_TYPE}:{self.tenant}/{self.repo}/{self.name}"


def parse_directory_fqn(text: str, where: str = "query.fqn") -> DirectoryFqn:
    """The parts of the FQN of a data directory. Raises ``Malformed``."""
    kind_name, tenant, repo, name = _split(text, where, _DIRECTORY_FORM)
    if kind_name != DIRECTORY_FQN_TYPE or ":" in name:
        raise Malformed(where, f"{text!r} is that of no data directory, which is {_DIRECTORY_FORM}.")
    return DirectoryFqn(tenant=tenant, repo=repo, name=name)


def _split(text: str, where: str, form: str) -> tuple[str, str, str, str]:
    """The type of an FQN, and what stands between its slashes. Raises ``Malformed``."""
    kind_name, colon, rest = text.partition(":")
    if not colon:
        raise Malformed(where, f"{text!r} has no type; an FQN is {form}.")
    parts = rest.split("/")
    if len(parts) != 3 or not all(parts):
        raise Malformed(where, f"{text!r} must have a tenant, a repo and a name with slashes between: {form}.")
    tenant, repo, last = parts
    if ":" in tenant or ":" in repo:
        raise Malformed(where, f"{text!r} has a colon where none belongs; an FQN is {form}.")
    return kind_name, tenant, repo, last


def parse_version(text: str, where: str) -> int | str:
    """A version's number, ``latest``, or an alias. Raises ``Malformed``."""
    if text == LATEST:
        return LATEST
    if _NUMBER.fullmatch(text) and int(text) <= GREATEST:
        return int(text)
    if len(text) <= ALIAS_LENGTH and ALIAS.fullmatch(text):
        return text
    raise Malformed(where, f"{text!r} is no version; it is a number from 1, 'latest', or an alias such as v1.0.")


def parse_run_fqn(text: str, where: str) -> tuple[str, str, str]:
    """The tenant, repo and name of a run. Raises ``Malformed``."""
    parts = text.split("/")
    if len(parts) != 3 or not all(parts):
        raise Malformed(where, f"{text!r} is no name of a run; it is TENANT/REPO/NAME.")
    return parts[0], parts[1], parts[2]
