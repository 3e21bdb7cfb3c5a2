"""What the programs beside this one share. They run in the client's own environment, without pytest."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from expecting import eventually, expect, holds, raises, unique

__all__ = [
    "FAMILY",
    "KEY",
    "ODD_NAMES",
    "SERVER",
    "STORAGE",
    "absent",
    "eventually",
    "expect",
    "fetch",
    "files_in",
    "holds",
    "http",
    "new_folder",
    "raises",
    "unique",
    "write_files",
]

SERVER = os.environ["TFY_HOST"].rstrip("/")
KEY = os.environ["TFY_API_KEY"]
STORAGE = "default:isogloss:default:blob-storage:default"
FAMILY = os.environ["TFY_FAMILY"]
"""``svc`` or ``ml``: the paths that this generation of the SDK speaks."""

ODD_NAMES = {
    "plain.txt": b"plain",
    "two words.txt": b"with a space",
    "100% sure.txt": b"with a per cent sign",
    "50%25.txt": b"what looks like an escape",
    "a+b.txt": b"with a plus",
    "this & that.txt": b"with an ampersand",
    "number #1.txt": b"with a number sign",
    "what?.txt": b"with a question mark",
    'quote\'s "end".txt': b"with quotes",
    "größe-日本語-🙂.txt": b"with letters of others",
    "semi;colon=equal.txt": b"with what queries are made of",
    "-leading.txt": b"with a dash at its begin",
    ".hidden": b"hidden",
    "empty.bin": b"",
    "zeros.bin": bytes(70_000),
    "a/b/c/d/e/f/g/deep.txt": b"deep",
    "a/b/other.txt": b"on the way",
}
"""Contents by the paths that users' files have."""


def absent(act: Callable[[], Any], what: str) -> None:
    """``act`` must end with an error that says that something is not there, whichever the client makes of it."""
    error = raises(Exception, act, what)
    names = {each.__name__ for each in type(error).__mro__}
    known = {"MlFoundryException", "NotFoundException", "NotFoundError"}
    holds(names & known, f"an error of the client's own for {what}: {error!r}")


def files_in(folder: Path) -> dict[str, bytes]:
    """Contents by path of all files below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def new_folder(name: str) -> str:
    """A new folder of this program's own, to download into."""
    folder = Path.cwd() / name
    folder.mkdir()
    return str(folder)


def write_files(folder: str, files: dict[str, bytes]) -> Path:
    """A new folder of this program's own that has these files."""
    root = Path.cwd() / folder
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def http(method: str, path: str, **rest: Any) -> requests.Response:
    """One plain request with the key that the client would send; ``path`` is below the generation's own prefix."""
    headers = {"Authorization": f"Bearer {KEY}"}
    return requests.request(method, f"{SERVER}/api/{FAMILY}/v1{path}", headers=headers, timeout=60, **rest)


def fetch(url: str) -> requests.Response:
    """What a signed address gives, to whoever has it."""
    return requests.get(url, timeout=60)
