"""How TrueFoundry names a version: by its FQN, without a version for the newest."""

from collections.abc import Sequence
from functools import partial

from isogloss.adapters.call import Malformed
from isogloss.adapters.truefoundry.fqn import LATEST, Fqn, parse_fqn
from isogloss.adapters.truefoundry.kinds import BY_NAME, DIALECT
from isogloss.adapters.truefoundry.version_translate import unnamed_id, word_of
from isogloss.core.references import NEWEST, Alias, InProject, Meaning, Named, Names, Naming, Ordinal, Which


def read(tenant: str, text: str) -> Sequence[Meaning]:
    """What an FQN of this tenant names; another tenant has nothing here."""
    try:
        fqn = parse_fqn(text)
    except Malformed:
        return []
    if fqn.tenant != tenant:
        return []
    which: Which = NEWEST
    if isinstance(fqn.version, int):
        which = Ordinal(fqn.version)
    elif fqn.version is not None and fqn.version != LATEST:
        which = Alias(fqn.version)
    repo, kind = InProject("word", fqn.repo), fqn.kind.name
    named: list[Meaning] = [Named(form="word", text=fqn.name, kind=kind, project=repo, which=which)]
    artifact_id = unnamed_id(fqn.name)
    if artifact_id is not None:
        named.append(Named(form="id", text=artifact_id, kind=kind, project=repo, which=which))
    return named


def spell(tenant: str, names: Names) -> str | None:
    """The FQN; null for a kind that has none of its own."""
    kind = BY_NAME.get(names.artifact.kind)
    if kind is None:
        return None
    name = word_of(names.artifact.id, names.artifact.word)
    return str(Fqn(kind=kind, tenant=tenant, repo=names.project.word, name=name, version=names.version.ordinal))


def naming(tenant: str) -> Naming:
    """The dialect's naming, under the name that the registry goes by."""
    return Naming(dialect=DIALECT, read=partial(read, tenant), spell=partial(spell, tenant))
