"""What the writers of this folder write, and its readers find."""

from pathlib import Path
from typing import Any

TEXT = "# Größe\n\n| a | b |\n|---|---|\n"
ROWS = [{"city": "Łódź", "score": 2.5, "first": True}, {"city": "a, b", "score": None, "first": False}]
COLUMNS = {"left": [1, 2], "right": ["a", None]}
PROGRESS = 87.5
ADDRESS = "https://example.org/?q=a%20b&r=1"
LINK = f"[results]({ADDRESS})"
"""What Prefect's client makes of an address: markdown."""
PICTURE = "https://example.org/plot.png"

TREE = {"model/weights.bin": bytes(range(256)) * 500, "model/deep/er/größe.txt": "ü".encode(), "README.md": b"# Net\n"}
"""Contents by path of files that one client uploads."""

VALUE = {"a": [1, "ü", None], "b": {"c": 0.5}}


def files_in(folder: Path) -> dict[str, bytes]:
    """Contents by path of all files below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write_files(folder: Path, files: dict[str, bytes]) -> Path:
    """The folder, with these files in it."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def without(documents: dict[str, Any], *names: str) -> dict[str, Any]:
    """Those of other names."""
    return {name: value for name, value in documents.items() if name not in names}
