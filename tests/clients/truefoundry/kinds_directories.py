"""The SDK alone: data directories, from the first file to the last."""

import requests
from checks import FAMILY, KEY, ODD_NAMES, SERVER, STORAGE, eventually, expect, fetch, holds, raises, unique
from truefoundry_sdk import (
    Collaborator,
    DataDirectoryManifest,
    MlRepoManifest,
    NotFoundError,
    TrueFoundry,
    TrueFoundryManagedSource,
)
from truefoundry_sdk.core.api_error import ApiError

client = TrueFoundry(base_url=SERVER, api_key=KEY)
REPO, NAME = unique("directories"), unique("images")
GONE = NotFoundError if FAMILY == "svc" else ApiError
collaborators = [Collaborator(subject="user:ana@example.org", role_id="mlf-project-admin")]
given = MlRepoManifest(name=REPO, storage_integration_fqn=STORAGE, collaborators=collaborators)
repo = client.ml_repos.create_or_update(manifest=given).data
directories = client.data_directories


def saved(**given):
    """The data directory, with what is said of it."""
    members = {"metadata": {}, "source": TrueFoundryManagedSource()} | given
    return directories.create_or_update(manifest=DataDirectoryManifest(name=NAME, ml_repo=REPO, **members)).data


def listed(path: str = "") -> dict[str, int]:
    """Sizes of files by path, of all levels."""
    found: dict[str, int] = {}
    for file in directories.list_files(id=made.id, path=path, limit=5):
        found |= listed(file.path) if file.is_dir else {file.path: file.file_size}
    return found


made = saved(description="cats", metadata={"breeds": ["any", None]})
expect((made.name, made.ml_repo_id), (NAME, repo.id), "a data directory")
expect((made.manifest.description, made.manifest.metadata), ("cats", {"breeds": ["any", None]}), "as it was given")
holds(made.manifest.source.uri.startswith(("s3://", "gs://", "wasbs://")), "it has a place")
expect(directories.get(id=made.id).data, made, "read again")
expect(directories.get_by_fqn(fqn=made.fqn).data, made, "found by its name")
expect([each.id for each in directories.list(ml_repo_id=repo.id)], [made.id], "listed")

changed = made.manifest
changed.description, changed.metadata = "dogs", {}
expect(directories.create_or_update(manifest=changed).data.id, made.id, "changed, not made anew")
expect(directories.get(id=made.id).data.manifest.description, "dogs", "what is said of it")

urls = directories.get_signed_urls(id=made.id, paths=list(ODD_NAMES), operation="WRITE").data
expect([url.path for url in urls], list(ODD_NAMES), "addresses in the order of the paths")
for url in urls:
    holds(requests.put(url.signed_url, data=ODD_NAMES[url.path], timeout=60).ok, f"the upload of {url.path!r}")
expect(listed(), {path: len(content) for path, content in ODD_NAMES.items()}, "all files are there")
urls = directories.get_signed_urls(id=made.id, paths=list(ODD_NAMES), operation="READ").data
expect({url.path: fetch(url.signed_url).content for url in urls}, ODD_NAMES, "and come back")

# A file may change at any time.
[url] = directories.get_signed_urls(id=made.id, paths=["plain.txt"], operation="WRITE").data
requests.put(url.signed_url, data=b"other", timeout=60)
[read] = directories.get_signed_urls(id=made.id, paths=["plain.txt"], operation="READ").data
expect(fetch(read.signed_url).content, b"other", "what was written last")
directories.delete_files(id=made.id, paths=["plain.txt", "a"])
holds(not {"plain.txt", "a/b/other.txt"} & listed().keys(), "a file and a folder are removed")

upload = directories.create_multipart_upload(id=made.id, path="large.bin", num_parts=2).data
tags = [requests.put(part.signed_url, data=b"x" * 10, timeout=60).headers["ETag"] for part in upload.part_signed_urls]
numbered = "".join(
    f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>" for number, tag in enumerate(tags, start=1)
)
finish = f"<CompleteMultipartUpload>{numbered}</CompleteMultipartUpload>"
holds(requests.post(upload.finalize_signed_url.signed_url, data=finish, timeout=60).ok, "put together")
expect(listed()["large.bin"], 20, "of two parts")

# Deleted without its contents, it finds them again; with them, they are gone.
kept = listed()
directories.delete(id=made.id)
raises(GONE, lambda: directories.get(id=made.id), "a data directory that was deleted")
expect(list(directories.list(ml_repo_id=repo.id)), [], "and is listed no more")
expect((saved().id, listed()), (made.id, kept), "it finds its files again")
[read] = directories.get_signed_urls(id=made.id, paths=["large.bin"], operation="READ").data
[url] = directories.get_signed_urls(id=made.id, paths=["late.bin"], operation="WRITE").data
directories.delete(id=made.id, delete_contents=True)
eventually(lambda: fetch(read.signed_url).status_code == 404, "the storage is freed")
if url.signed_url.startswith(SERVER):
    expect(requests.put(url.signed_url, data=b"late", timeout=60).status_code, 403, "nothing is written any more")
holds(saved().id != made.id, "and the next one of this name is another")
print("done")
