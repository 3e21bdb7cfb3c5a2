"""A personal token instead of a JWT, which only the newer generation takes."""

import os

os.environ["TFY_API_KEY"] = os.environ["TFY_PERSONAL"]

from pathlib import Path

from checks import KEY, SERVER, STORAGE, expect, files_in, http, new_folder, unique, write_files
from truefoundry.ml import ArtifactPath, get_client
from truefoundry_sdk import TrueFoundry

client = get_client()
REPO = unique("personal")
client.create_ml_repo(REPO, storage_integration_fqn=STORAGE)
source = write_files("source", {"a.txt": b"a"})
made = client.log_artifact(ml_repo=REPO, name="kept", artifact_paths=[ArtifactPath(str(source))])
expect(files_in(Path(made.download(path=new_folder("back")))), {"a.txt": b"a"}, "there and back")
[repo] = TrueFoundry(base_url=SERVER, api_key=KEY).ml_repos.list(name=REPO)
session = http("GET", "/session").json()
expect(repo.created_by_subject.subject_slug, session["user"]["subjectSlug"], "the repo is whose token it was")
print("done")
