"""What each client should see of what each client wrote, and the table that says so in words."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from isogloss.core.names import SLUG, form
from tests.clients.matrix.things import (
    ADDRESS,
    CLIENTS,
    DESCRIPTION,
    FILES,
    FLAT,
    METADATA,
    PICTURE,
    PROGRESS,
    ROWS,
    TAGS,
    TEXT,
    VALUES,
    name_of,
)

PREFECT, ZENML, TRUEFOUNDRY = CLIENTS
LINK = f"[results]({ADDRESS})"
"""What Prefect's client makes of an address."""

Written: TypeAlias = dict[str, Any]
"""What a writer tells of what it wrote: ids (newest first), created, run, contents, and its model where it has one."""


def identity(writer: str, reader: str, given: Written) -> Any:
    """The name, the versions with the newest first, which is the latest, and what a model is called."""
    report, model = name_of(writer, "report"), name_of(writer, "model")
    called = {
        PREFECT: (report, form(SLUG, model, "model")),
        ZENML: (report, f"model:{model}"),
        TRUEFOUNDRY: (f"artifact:default/default/{report}:2", f"model:default/default/{model}:1"),
    }[reader]
    return {
        "name": called[0],
        "latest": given["ids"][0],
        "ids": given["ids"],
        # Prefect has no numbers of versions: its own rows have none, and others' are told as metadata.
        "versions": [None, None] if writer == reader == PREFECT else ["2", "1"],
        "model": called[1] if "model" in given else None,
    }


def metadata(writer: str, reader: str, given: Written) -> Any:
    """The description, which ZenML's versions have in their metadata, and what metadata the writer gave."""
    description = None if writer == ZENML else DESCRIPTION
    members: Mapping[str, Any] = FLAT if writer == PREFECT else METADATA
    if reader == PREFECT:
        members = {name: value if isinstance(value, str) else as_json(value) for name, value in members.items()}
        if writer == ZENML:
            made = moment(given["created"])
            description = f"Data, version 2, written through zenml on {made:%Y-%m-%d %H:%M:%S} UTC"
            description += f" by run {given['run']['id']}."
    return {"description": description, "metadata": members}


def tags(writer: str, reader: str, given: Written) -> Any:
    """The tags; Prefect's artifacts have none of their own, and those that others put on them are told as metadata."""
    return as_json(TAGS) if reader == PREFECT else TAGS


def run(writer: str, reader: str, given: Written) -> Any:
    """The run that made the newest version."""
    return given["run"]


def times(writer: str, reader: str, given: Written) -> Any:
    """When the newest version was made, to the microsecond, and that it is later than the other."""
    return {"created": moment(given["created"]), "newest first": True}


def content(writer: str, reader: str, given: Written) -> Any:
    """What was written, in the form that the reader has for it."""
    return {what: _CONTENTS[writer, reader](writer, what) for what in given["contents"]}


def _in_prefect(writer: str, what: str) -> Any:
    data: dict[str, Any] = {"markdown": TEXT, "table": ROWS, "link": LINK, "image": PICTURE, "progress": PROGRESS}
    # A link is markdown to the client that makes it.
    return {"type": "markdown" if what == "link" else what, "data": data[what]}


def _page(writer: str, what: str) -> Any:
    files = FILES if writer == TRUEFOUNDRY else _files_from_zenml(writer, what)
    return {"type": "markdown", "heading": f"# {name_of(writer, what)}:1", "files": files}


def _loaded_from_prefect(writer: str, what: str) -> Any:
    return _in_prefect(writer, what)["data"]


def _values(writer: str, what: str) -> Any:
    return VALUES[what]


def _folder(writer: str, what: str) -> Any:
    return FILES


def _files_from_prefect(writer: str, what: str) -> Any:
    name = name_of(writer, what)
    files: dict[str, dict[str, Any]] = {
        "markdown": {f"{name}.md": TEXT},
        "table": {f"{name}.json": ROWS, f"{name}.csv": 'city,score\nŁódź,2.5\n"a, b",\n'},
        "link": {f"{name}.md": LINK},
        "image": {f"{name}.url.txt": PICTURE},
        "progress": {f"{name}.json": PROGRESS},
    }
    return files[what]


def _files_from_zenml(writer: str, what: str) -> Any:
    return {"data.json": VALUES[what]}


_CONTENTS: dict[tuple[str, str], Callable[[str, str], Any]] = {
    (PREFECT, PREFECT): _in_prefect,
    (PREFECT, ZENML): _loaded_from_prefect,
    (PREFECT, TRUEFOUNDRY): _files_from_prefect,
    (ZENML, PREFECT): _page,
    (ZENML, ZENML): _values,
    (ZENML, TRUEFOUNDRY): _files_from_zenml,
    (TRUEFOUNDRY, PREFECT): _page,
    (TRUEFOUNDRY, ZENML): _folder,
    (TRUEFOUNDRY, TRUEFOUNDRY): _folder,
}

SEEN: dict[str, Callable[[str, str, Written], Any]] = {
    "identity": identity,
    "metadata": metadata,
    "tags": tags,
    "run": run,
    "times": times,
    "content": content,
}
"""What is read of each aspect."""


def comparable(writer: str, reader: str, aspect: str, found: Any, given: Written) -> Any:
    """What was found, in the words of what is expected; errors stay as they are."""
    if not isinstance(found, dict) or "error" in found:
        return found
    match aspect:
        case "metadata":
            asked = SEEN[aspect](writer, reader, given)["metadata"]
            # What clients note by themselves stands beside.
            members = found["metadata"] or {}
            return {
                "description": found["description"] or None,
                "metadata": {name: members.get(name) for name in asked},
            }
        case "times":
            order = [moment(each) for each in found["order"]]
            return {"created": moment(found["created"]), "newest first": order == sorted(set(order), reverse=True)}
        case "content":
            return {what: _content(writer, reader, one) for what, one in found.items()}
    return found


def _content(writer: str, reader: str, found: Any) -> Any:
    if not isinstance(found, dict) or "error" in found:
        return found
    if reader == PREFECT and writer != PREFECT:
        return {**found, "files": _parsed(found["files"])}
    if reader == PREFECT and found["type"] == "table":
        return {**found, "data": json.loads(found["data"])}
    if reader == TRUEFOUNDRY:
        return _parsed(found)
    return found


def _parsed(files: Mapping[str, str]) -> dict[str, Any]:
    """Texts of files by path, those of JSON as what they say."""
    return {path: json.loads(text) if path.endswith(".json") else text for path, text in files.items()}


def as_json(value: Any) -> str:
    """A value as JSON without any spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def moment(text: str) -> datetime:
    """A time as any of the clients tells it: without a zone, it is in UTC."""
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


ASPECTS = {
    "identity": "name, versions, latest",
    "metadata": "description, metadata",
    "tags": "tags",
    "run": "producing run",
    "times": "times",
    "deletion": "deletion",
    "content": "content",
}
"""The aspects, and what the README calls them."""

TITLES = {PREFECT: "Prefect", ZENML: "ZenML", TRUEFOUNDRY: "TrueFoundry"}

WORDS: dict[tuple[str, str], dict[str, str]] = {
    (PREFECT, PREFECT): {"tags": "others', in metadata"},
    (PREFECT, ZENML): {"metadata": "in metadata", "content": "loaded as a value"},
    (PREFECT, TRUEFOUNDRY): {"content": "as files"},
    (ZENML, PREFECT): {"metadata": "yes, as text", "tags": "in metadata", "content": "a page, files linked"},
    (ZENML, ZENML): {"metadata": "metadata only"},
    (ZENML, TRUEFOUNDRY): {"metadata": "metadata only", "content": "as files"},
    (TRUEFOUNDRY, PREFECT): {"metadata": "yes, as text", "tags": "in metadata", "content": "a page, files linked"},
    (TRUEFOUNDRY, ZENML): {"metadata": "in metadata", "content": "loaded as a folder"},
    (TRUEFOUNDRY, TRUEFOUNDRY): {},
}
"""What is seen where ``yes`` would not say it all, by writer and reader."""


def readme_table() -> str:
    """The README's table of what each client sees of the others."""
    rows = [["written with", "seen with", *ASPECTS.values()], ["---"] * (len(ASPECTS) + 2)]
    for (writer, reader), words in WORDS.items():
        rows.append([TITLES[writer], TITLES[reader], *(words.get(aspect, "yes") for aspect in ASPECTS)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
