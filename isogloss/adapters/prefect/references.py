"""How Prefect names a version: the key of an artifact means its newest one; any other has its id only."""

import re
from collections.abc import Sequence

from isogloss.adapters.prefect.filters import DIALECT
from isogloss.core.references import Meaning, Named, Names, Naming

_KEY = re.compile("[a-z0-9-]+")


def read(text: str) -> Sequence[Meaning]:
    """The newest version of the artifact with this key; its clients know the default project only."""
    return [Named(form="slug", text=text)] if _KEY.fullmatch(text) else []


def spell(names: Names) -> str:
    """The key, or the id where that means another version."""
    slug = names.artifact.slug
    if slug is None or not names.newest or not names.default_project or not _KEY.fullmatch(slug):
        return names.version.id
    return slug


def naming(tenant: str) -> Naming:
    """The dialect's naming."""
    return Naming(dialect=DIALECT, read=read, spell=spell)
