"""Versions that other dialects wrote, as artifacts: what they are is shown as a page, and kept nowhere.

Clients read such rows as any others, and the vendor's pages show them. What a client sends back of them changes only
what it may: their description and their metadata.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from isogloss.adapters.prefect.bodies.artifacts import cut
from isogloss.adapters.prefect.decode import dump
from isogloss.adapters.prefect.forms import shown_data, shown_form
from isogloss.adapters.prefect.markdown import code, fenced, plain, table
from isogloss.adapters.prefect.markdown import cut as shortened
from isogloss.adapters.prefect.tags import TAGS, tags_text
from isogloss.adapters.prefect.times import moment
from isogloss.adapters.transfers import PREFIX
from isogloss.core import names
from isogloss.core.model import Instant, Json, Version
from isogloss.core.renderings import LINK, MARKDOWN, TABLE

ORIGIN, NAME, VERSION = "isogloss.origin", "isogloss.name", "isogloss.version"
FACTS = frozenset({TAGS, ORIGIN, NAME, VERSION})
"""Members of metadata that tell what the registry knows. They are shown, and never kept."""

FILES_PATH = f"{PREFIX}/versions/{{id}}/files"
"""Where the registry itself lists the files of a version, whoever wrote it."""

_NAMED_ALIKE = (names.ORDINARY, "model")
"""The kinds that FQNs begin with as they are."""

_LONGEST = 500
"""Characters of one value on a page."""
_METADATA_BYTES = 40_000
_CONTENT_BYTES = 10_000

_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Maker(Struct, frozen=True):
    """A run or step, as far as a page tells of it."""

    id: str
    name: str
    dialect: str
    state_type: str | None


class Foreign(Struct, frozen=True, kw_only=True):
    """A version that another dialect wrote, and what it refers to.

    ``root`` is the address by which the client reaches the registry, ``repo`` what stands before a name in an FQN.
    """

    version: Version
    name: str | None
    word: str | None
    tags: Sequence[str]
    makers: Mapping[str, Maker]
    root: str
    repo: str


class Shown(Struct, frozen=True):
    """What the vendor has members for, of a version that another dialect wrote."""

    form: str
    description: str
    data: Json | None
    metadata: Json
    run: str | None
    step: str | None


def shown(foreign: Foreign) -> Shown:
    """A version that another dialect wrote, with what it refers to."""
    version = foreign.version
    return Shown(
        form=shown_form(version.form),
        description=shown_description(version),
        data=_data(foreign),
        metadata=shown_metadata(version.metadata, facts(foreign)),
        run=_shown_id(version.producer_run),
        step=_shown_id(version.producer_step),
    )


def shown_description(version: Version) -> str:
    """A version's own description; without one, a line that says what it is, and where it comes from."""
    if version.description:
        return version.description
    by = "" if version.producer_run is None else f" by run {shortened(version.producer_run, _LONGEST)}"
    what = f"{_what(version).capitalize()}, version {shortened(version.label, _LONGEST)}"
    return f"{what}, written through {version.dialect} on {_when(version.created)}{by}."


def kept_description(sent: str | None, version: Version) -> str | None:
    """What a version keeps of a description that a client sent for it: not the line that stood in for one."""
    return version.description if sent == shown_description(version) else sent


def facts(foreign: Foreign) -> dict[str, str]:
    """What the registry knows of a version, as members of metadata."""
    return {
        ORIGIN: foreign.version.dialect,
        NAME: title(foreign),
        VERSION: foreign.version.label,
        TAGS: tags_text(foreign.tags),
    }


def shown_metadata(metadata: Json | None, known: Mapping[str, str]) -> Json:
    """Metadata of any values as metadata of text, with the facts: what is no text is shown as its JSON."""
    own = {name: _as_text(value) for name, value in members(metadata).items()}
    return msgspec.json.encode({**own, **known}).decode()


def sent_metadata(sent: dict[str, str] | None, kept: Json | None) -> Json | None:
    """What to keep of metadata that a client sent for a version of another dialect.

    A value that comes back as it was shown, or as the vendor cuts what was shown, stays what it is. The facts are not
    the client's to set; what a version has under their names stays, too.
    """
    if sent is None:
        return None
    before = members(kept)
    after: dict[str, Any] = {name: value for name, value in before.items() if name in FACTS}
    for name, text in sent.items():
        if name in FACTS:
            continue
        unchanged = name in before and text in (shown := _as_text(before[name]), cut(shown))
        after[name] = before[name] if unchanged else text
    return None if kept is None and not after and FACTS & sent.keys() else dump(after)


def members(metadata: Json | None) -> dict[str, Any]:
    """The members of a folded document."""
    if metadata is None:
        return {}
    found = msgspec.json.decode(metadata)
    return found if isinstance(found, dict) else {}


def title(foreign: Foreign) -> str:
    """What a version's artifact is called."""
    return f"unnamed-{foreign.version.artifact_id}" if foreign.name is None else foreign.name


def files_url(foreign: Foreign) -> str:
    """Where the files of a version can be fetched."""
    return foreign.root + FILES_PATH.format(id=foreign.version.id)


def _data(foreign: Foreign) -> Json | None:
    """What is shown as data: the version's own, where it has some that suits its form; else what is known of it."""
    form = shown_form(foreign.version.form)
    own = shown_data(form, foreign.version.data) if form == foreign.version.form else None
    if own is not None or form not in _STAND_INS:
        return own
    return _encoded(_STAND_INS[form](foreign))


def page(foreign: Foreign) -> str:
    """A version as a page of Markdown, of at most ``forms.SHOWN_BYTES``."""
    known = [(plain(name), code(text)) for name, text in _known(foreign)]
    known.append(("files", f"[list and download]({files_url(foreign)})"))
    parts = [f"# {plain(_heading(foreign))}", table(("what", "value"), known)]
    described = members(foreign.version.metadata)
    if described:
        parts += ["## Metadata", *_within(_METADATA_BYTES, described.items())]
    if foreign.version.data is not None:
        parts += ["## Content", *_content(foreign.version.data)]
    return "\n\n".join(parts) + "\n"


def _rows(foreign: Foreign) -> str:
    return _encoded([{"what": name, "value": text} for name, text in _known(foreign)])


def _link(foreign: Foreign) -> str:
    return f"[{plain(_heading(foreign))}]({files_url(foreign)})"


_STAND_INS: Mapping[str, Callable[[Foreign], str]] = {MARKDOWN: page, TABLE: _rows, LINK: _link}
"""What stands for data that does not suit its form. An image, and a number, have nothing that could."""


def _heading(foreign: Foreign) -> str:
    return f"{title(foreign)}:{shortened(foreign.version.label, _LONGEST)}"


def _known(foreign: Foreign) -> list[tuple[str, str]]:
    """What the registry knows of a version, in pairs of text, each of a bounded length."""
    version = foreign.version
    word = title(foreign) if foreign.word is None else foreign.word
    pairs = [
        ("kind", version.kind),
        ("role", version.role),
        ("written through", version.dialect),
        ("created", _when(version.created)),
        ("loaded by", _source(version.loader)),
        ("data type", _source(version.data_type)),
        ("uri", version.uri),
        ("alias", version.alias),
        ("tags", ", ".join(foreign.tags) or None),
        ("producing run", _maker(foreign, version.producer_run)),
        ("producing step", _maker(foreign, version.producer_step)),
        ("training step", None if version.step is None else str(version.step)),
        ("FQN", f"{version.kind}:{foreign.repo}/{word}:{version.ordinal}" if version.kind in _NAMED_ALIKE else None),
    ]
    return [(name, shortened(text, _LONGEST)) for name, text in pairs if text is not None]


def _within(limit: int, described: Iterable[tuple[str, Any]]) -> list[str]:
    """Metadata as a table of at most so many bytes, and a word on what was left out."""
    rows: list[tuple[str, str]] = []
    left = limit
    total = shown = 0
    for name, value in described:
        total += 1
        text = _encoded(value)
        row = (code(shortened(name, _LONGEST)), code(shortened(text, _LONGEST)))
        left -= sum(len(cell.encode()) for cell in row) + 8
        if left >= 0:
            rows.append(row)
            shown += 1
    whole = table(("name", "value"), rows)
    return [whole] if shown == total else [whole, f"{total - shown} more are in the artifact's metadata."]


def _content(data: Json) -> list[str]:
    if len(data.encode()) > _CONTENT_BYTES:
        return [f"{len(data.encode())} bytes of JSON, which are not shown here; fetch them with the files."]
    try:
        pretty = msgspec.json.format(data.encode(), indent=2).decode()
    except (msgspec.DecodeError, RecursionError):
        pretty = data
    return [fenced(pretty if len(pretty.encode()) <= 2 * _CONTENT_BYTES else data, "json")]


def _what(version: Version) -> str:
    if version.kind != names.ORDINARY:
        return version.kind
    return names.ORDINARY if version.role == "base" else version.role


def _when(instant: Instant) -> str:
    return f"{moment(instant):%Y-%m-%d %H:%M:%S} UTC"


def _source(text: Json | None) -> str | None:
    """A class by its full name, where it is told as a module and a name in it."""
    if text is None:
        return None
    try:
        match msgspec.json.decode(text):
            case {"module": str(module), "attribute": str(attribute)}:
                return f"{module}.{attribute}"
    except (msgspec.DecodeError, RecursionError):
        pass
    return text


def _maker(foreign: Foreign, maker_id: str | None) -> str | None:
    """A run or step, as far as it is known."""
    if maker_id is None:
        return None
    maker = foreign.makers.get(maker_id)
    if maker is None:
        return maker_id
    standing = "" if maker.state_type is None else f", {maker.state_type.lower()}"
    return f"{shortened(maker.name, _LONGEST // 2)} ({maker.dialect}{standing}, {maker.id})"


def _encoded(value: Any) -> Json:
    return msgspec.json.encode(value).decode()


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else _encoded(value)


def _shown_id(text: str | None) -> str | None:
    """An id, where it is one that the vendor's client can read."""
    return text if text is not None and _UUID.fullmatch(text) else None
