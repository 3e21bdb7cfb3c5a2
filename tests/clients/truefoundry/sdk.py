"""The SDK alone: a version from its stage to its end, with files, aliases, tags, pages and errors."""

import os

import requests
from checks import FAMILY, KEY, ODD_NAMES, SERVER, STORAGE, eventually, expect, fetch, holds, raises, unique
from truefoundry_sdk import (
    ArtifactManifest,
    Collaborator,
    ExternalBlobStorageSource,
    MlRepoManifest,
    NotFoundError,
    TrueFoundry,
    TrueFoundryManagedSource,
)
from truefoundry_sdk.core.api_error import ApiError

client = TrueFoundry(base_url=SERVER, api_key=KEY)
REPO, NAME = unique("sdk"), unique("numbers")


def manifest(name: str = NAME, **given):
    """A manifest of an artifact's version, whose bytes the registry keeps unless something else is said."""
    return ArtifactManifest(name=name, ml_repo=REPO, **{"metadata": {}, "source": TrueFoundryManagedSource(), **given})


def elsewhere(name: str, **given):
    """One whose bytes lie elsewhere, so that nothing needs to be uploaded."""
    return manifest(name, source=ExternalBlobStorageSource(uri=f"s3://elsewhere/{name}"), **given)


def upload(files: dict[str, bytes], **given):
    """A version with these files."""
    staged = client.artifact_versions.stage(manifest=manifest())
    urls = client.artifact_versions.get_signed_urls(id=staged.id, paths=list(files), operation="WRITE").data
    expect([url.path for url in urls], list(files), "addresses in the order of the paths")
    for url in urls:
        answer = requests.put(url.signed_url, data=files[url.path], timeout=60)
        holds(answer.ok, f"the upload of {url.path!r}: {answer.status_code} {answer.text}")
    source = TrueFoundryManagedSource(uri=staged.storage_root)
    made = client.artifacts.create_or_update(manifest=manifest(source=source, **given)).data
    expect(made.id, staged.id, "what was staged is what was made")
    return made


def listed(version_id: str, path: str = "", limit: int = 5) -> list:
    """The files of a version, of all levels, page by page."""
    found = []
    for file in client.artifact_versions.list_files(id=version_id, path=path, limit=limit):
        found += listed(version_id, file.path, limit) if file.is_dir else [file]
    return found


def numbers(**filters) -> list[int]:
    """The numbers of the versions that a list gives."""
    return [version.manifest.version for version in client.artifact_versions.list(**filters)]


collaborators = [Collaborator(subject="user:ana@example.org", role_id="mlf-project-admin")]
given = MlRepoManifest(name=REPO, storage_integration_fqn=STORAGE, collaborators=collaborators, description="first")
repo = client.ml_repos.create_or_update(manifest=given).data
expect((repo.manifest.name, repo.manifest.storage_integration_fqn), (REPO, STORAGE), "a repo as it was given")
expect(client.ml_repos.get(id=repo.id).data.manifest.name, REPO, "found by its id")
expect([each.id for each in client.ml_repos.list(name=REPO)], [repo.id], "and by its name")
holds(int(repo.id) > 0, "its id is a number")

# Files of every name come back as they went.
nested = {"accuracy": 0.5, "nothing": None, "list": [1, [2, {"three": 3}]], ".dotted.key": {"a.b": "c"}}
first = upload(ODD_NAMES, description="the first", metadata=nested)
expect((first.manifest.version, first.manifest.description, first.manifest.metadata), (1, "the first", nested), "made")
found = client.artifact_versions.get(id=first.id).data
expect((found.fqn, found.manifest.metadata), (first.fqn, nested), "read back")
holds(found.created_by_subject.subject_slug, "it says who made it")
files = listed(first.id)
expect({file.path: file.file_size for file in files}, {name: len(data) for name, data in ODD_NAMES.items()}, "files")
expect(sorted(file.path for file in listed(first.id, "a/b")), ["a/b/c/d/e/f/g/deep.txt", "a/b/other.txt"], "a folder")
urls = client.artifact_versions.get_signed_urls(id=first.id, paths=list(ODD_NAMES), operation="READ").data
for url in urls:
    answer = fetch(url.signed_url)
    expect((answer.status_code, answer.content), (200, ODD_NAMES[url.path]), f"the content of {url.path!r}")
    expect(answer.headers.get("content-length"), str(len(ODD_NAMES[url.path])), f"the length of {url.path!r}")

# An address is good for what it was made for, and for nothing else.
address = urls[0].signed_url
holds(
    requests.put(address, data=b"other", timeout=60).status_code in (401, 403), "an address to read by writes nothing"
)
altered = address[:-3] + ("AAA" if not address.endswith("AAA") else "BBB")
holds(fetch(altered).status_code in (401, 403), "an altered address is refused")
for hostile in ("../escape", "/etc/passwd", "a/../../b", "a/./b", "nul\0"):
    error = raises(
        ApiError,
        lambda path=hostile: client.artifact_versions.get_signed_urls(id=first.id, paths=[path], operation="READ"),
        f"a path that leads elsewhere: {hostile!r}",
    )
    expect(error.status_code, 422, f"refused: {hostile!r}")

# Aliases, and updates by manifest.
second = client.artifacts.create_or_update(manifest=elsewhere(NAME, version_alias="v1-best")).data
expect((second.manifest.version, second.manifest.version_alias), (2, "v1-best"), "the second version, with an alias")
taken = raises(
    ApiError,
    lambda: client.artifacts.create_or_update(manifest=elsewhere(NAME, version_alias="v1-best")),
    "an alias that a sibling has",
)
expect(taken.status_code, 422, "refused, and not so that it is tried again")
expect(
    client.artifact_versions.get_by_fqn(fqn=f"{first.fqn.rpartition(':')[0]}:v1-best").data.id, second.id, "by alias"
)
changed = second.manifest.copy(update={"description": "changed", "metadata": {"n": 1}, "version_alias": None})
updated = client.artifacts.create_or_update(manifest=changed).data
expect((updated.id, updated.manifest.description), (second.id, "changed"), "an update makes no new version")
expect(client.artifact_versions.get(id=second.id).data.manifest.version_alias, None, "and takes the alias away")
third = client.artifacts.create_or_update(manifest=elsewhere(NAME, version_alias="v1-best")).data
expect(numbers(fqn=first.fqn.rpartition(":")[0]), [3, 2, 1], "newest first")

# Tags: each at most on one version of an artifact.
client.artifact_versions.apply_tags(artifact_version_id=first.id, tags=["raw", "old"])
holds({"raw", "old"} <= set(client.artifact_versions.get(id=first.id).data.tags), "tags are shown")
expect(numbers(tag="raw", ml_repo_id=repo.id), [1], "found by a tag")
raises(ApiError, lambda: client.artifact_versions.apply_tags(artifact_version_id=third.id, tags=["raw"]), "a sibling's")
client.artifact_versions.apply_tags(artifact_version_id=third.id, tags=["raw"], force=True)
expect(numbers(tag="raw", ml_repo_id=repo.id), [3], "moved by force")

# Pages hold everything once, whatever their length.
many = unique("many")
for number in range(23):
    client.artifacts.create_or_update(manifest=elsewhere(many, metadata={"n": number}))
for limit in (1, 7, 23, 100):
    expect(numbers(name=many, ml_repo_id=repo.id, limit=limit), list(range(23, 0, -1)), f"pages of {limit}")
expect(numbers(name=many, ml_repo_id=repo.id, version=17), [17], "one by its number")
expect(
    sorted(
        each.manifest.name if hasattr(each, "manifest") else each.name
        for each in client.artifacts.list(ml_repo_id=repo.id)
    ),
    sorted([NAME, many]),
    "artifacts of the repo",
)

# Errors.
nowhere = "00000000-0000-4000-8000-000000000000"
absent = raises(ApiError, lambda: client.artifact_versions.get(id=nowhere), "a version that is not there")
expect(absent.status_code, 404, "the status of what is not there")
raises(NotFoundError, lambda: client.artifact_versions.get_by_fqn(fqn=f"{first.fqn.rpartition(':')[0]}:99"), "by FQN")
for wrong in ({"name": NAME, "version_alias": "latest"}, {"name": "no spaces"}):
    error = raises(
        ApiError, lambda given=wrong: client.artifacts.create_or_update(manifest=elsewhere(**given)), f"{wrong}"
    )
    expect(error.status_code, 422, f"the status of {wrong}")
stranger = raises(ApiError, lambda: list(TrueFoundry(base_url=SERVER, api_key="no key").ml_repos.list()), "a wrong key")
expect((stranger.status_code, stranger.body["statusCode"]), (401, 401), "a wrong key, told in JSON")

# Deletions take bytes along.
client.artifact_versions.delete(id=first.id)
expect(numbers(name=NAME, ml_repo_id=repo.id), [3, 2], "a version is gone")
expect(raises(ApiError, lambda: client.artifact_versions.get(id=first.id), "gone").status_code, 404, "gone")
eventually(lambda: fetch(address).status_code in (401, 403, 404), "its files go with it")
expect(client.artifacts.create_or_update(manifest=elsewhere(NAME)).data.manifest.version, 4, "no number comes twice")
client.artifacts.delete(id=third.artifact_id)
expect(numbers(name=NAME, ml_repo_id=repo.id), [], "an artifact is gone")
client.ml_repos.delete(id=repo.id)
expect(list(client.ml_repos.list(name=REPO)), [], "a repo is gone")
expect(raises(ApiError, lambda: client.ml_repos.get(id=repo.id), "gone").status_code, 404, "the repo is gone")
expect(os.environ["TFY_FAMILY"], FAMILY, "the generation")
print("done")
