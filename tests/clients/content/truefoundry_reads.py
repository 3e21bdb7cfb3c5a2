"""What others wrote is listed by FQN and downloaded as files of sensible names, whose bytes are what was written."""

import json
from pathlib import Path

from expecting import expect, holds
from pieces import COLUMNS, LINK, PICTURE, PROGRESS, ROWS, TEXT, VALUE, files_in, without
from truefoundry.ml import get_client

client = get_client()


def downloaded(name: str) -> dict[str, bytes]:
    """The files of the latest version of an artifact."""
    folder = Path.cwd() / name
    folder.mkdir()
    version = client.get_artifact_version_by_fqn(f"artifact:default/default/{name}:1")
    return files_in(Path(version.download(path=str(folder))))


expect(downloaded("daily-markdown"), {"daily-markdown.md": TEXT.encode()}, "markdown")
table = downloaded("daily-table")
expect(json.loads(table["daily-table.json"]), ROWS, "a table as rows")
expect(table["daily-table.csv"].decode(), 'city,score,first\nŁódź,2.5,true\n"a, b",,false\n', "a table as lines")
expect(set(without(table, "daily-table.json", "daily-table.csv")), set(), "and nothing else")
columns = json.loads(downloaded("daily-columns")["daily-columns.json"])
expect([row["left"] for row in columns], COLUMNS["left"], "a table by columns")
expect(json.loads(downloaded("daily-progress")["daily-progress.json"]), PROGRESS, "progress")
expect(downloaded("daily-link"), {"daily-link.md": LINK.encode()}, "a link")
expect(downloaded("daily-image"), {"daily-image.url.txt": PICTURE.encode()}, "an image")

numbers = downloaded("numbers")
expect(json.loads(numbers["data.json"]), VALUE, "a value that was saved")
expect(downloaded("one-file"), {"model.bin": b"weights"}, "a file that was registered")
expect(downloaded("one-folder"), {"model.bin": b"weights"}, "and its folder")
names = {artifact.name for artifact in client.list_artifact_versions("default", "daily-markdown")}
expect(names, {"daily-markdown"}, "listed")
holds(client.get_artifact_version_by_fqn("artifact:default/default/daily-markdown:1").description, "its description")
print("done")
