"""What the clients of the matrix write, in words that all of them share."""

from typing import Any

CLIENTS = ("prefect", "zenml", "truefoundry")


def name_of(client: str, what: str) -> str:
    """What an artifact is called that a client writes."""
    return f"matrix-{client}-{what}"


def doomed_of(client: str) -> dict[str, list[str]]:
    """The names of what a client writes to be deleted: by each client, and by itself for each client to look at."""
    return {other: [name_of(client, f"{by}-{other}") for by in ("gone-by", "gone-for")] for other in CLIENTS}


METADATA: dict[str, Any] = {"accuracy": 0.9, "note": "ü | x", "nested": {"a": [1, "b"]}, "done": True}
FLAT = {"rows": "7", "note": "ü | x"}
"""What metadata is where it is text."""
DESCRIPTION = "What a day *made*"
TAGS = ["matrix-gold", "matrix-new"]

TEXT = "# Größe\n\n| a | b |\n|---|---|\n"
ROWS = [{"city": "Łódź", "score": 2.5}, {"city": "a, b", "score": None}]
ADDRESS = "https://example.org/?q=a%20b"
PICTURE = "https://example.org/plot.png"
PROGRESS = 87.5
VALUES: dict[str, Any] = {"text": "Łódź\n", "dict": {"a": [1, None]}, "list": [1, "two"]}
FILES = {"weights.bin": "weights", "deep/er/größe.txt": "ü"}
