"""``truefoundry.ml``: a file that the client sends in parts, side by side."""

import hashlib
import random
from pathlib import Path

from checks import STORAGE, expect, new_folder, unique
from truefoundry.ml import ArtifactPath, get_client

MIB = 1024 * 1024
LENGTH = 101 * MIB + 17
"""Just long enough: shorter files are sent whole."""

client = get_client()
REPO = unique("large")
client.create_ml_repo(REPO, storage_integration_fqn=STORAGE)
folder = Path("large").absolute()
(folder / "sub").mkdir(parents=True)
content = random.Random(7).randbytes(LENGTH)
large, small = folder / "sub" / "large file+1.bin", folder / "small.bin"
large.write_bytes(content)
small.write_bytes(b"small")
digest = hashlib.sha256(content).hexdigest()

made = client.log_artifact(
    ml_repo=REPO, name=unique("blob"), artifact_paths=[ArtifactPath(str(folder))], progress=False
)
back = Path(made.download(path=new_folder("back"), progress=False))
expect(hashlib.sha256((back / "sub" / "large file+1.bin").read_bytes()).hexdigest(), digest, "the large file")
expect((back / "small.bin").read_bytes(), b"small", "the one beside it")

single = client.log_artifact(
    ml_repo=REPO, name=unique("blob"), artifact_paths=[ArtifactPath(str(large))], progress=False
)
there = Path(single.download(path=new_folder("single"), progress=False))
expect(hashlib.sha256((there / large.name).read_bytes()).hexdigest(), digest, "without a folder")
print("done")
