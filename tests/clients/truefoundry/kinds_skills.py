"""The SDK alone: agent skills, as a text and with files."""

import requests
from checks import FAMILY, KEY, SERVER, STORAGE, expect, fetch, holds, raises, unique
from truefoundry_sdk import (
    AgentSkillManifest,
    AgentSkillSourceBlobStorage,
    AgentSkillSourceInline,
    AgentSkillSourceLocal,
    Collaborator,
    MlRepoManifest,
    NotFoundError,
    TrueFoundry,
)
from truefoundry_sdk.core.api_error import ApiError

client = TrueFoundry(base_url=SERVER, api_key=KEY)
REPO, NAME = unique("skills"), unique("cooking")
GONE = NotFoundError if FAMILY == "svc" else ApiError
collaborators = [Collaborator(subject="user:ana@example.org", role_id="mlf-project-admin")]
given = MlRepoManifest(name=REPO, storage_integration_fqn=STORAGE, collaborators=collaborators)
repo = client.ml_repos.create_or_update(manifest=given).data


def manifest(source):
    """The skill with this source."""
    return AgentSkillManifest(name=NAME, ml_repo=REPO, metadata={"supporting_files": True}, source=source)


text = AgentSkillSourceInline(skill_md="---\nname: cooking\n---\nCook.")
first = client.agent_skills.create_or_update(manifest=manifest(text)).data
holds(first.fqn.startswith("agent-skill:") and first.fqn.endswith(f"/{NAME}:1"), f"it is a skill: {first.fqn}")
expect((first.manifest.source, first.manifest.metadata), (text, {"supporting_files": True}), "as it was given")
expect(client.agent_skill_versions.get(first.id).data, first, "read again")

# With files: staged as a text, uploaded, and applied as what was uploaded.
files = {f"{NAME}/SKILL.md": b"Cook.", f"{NAME}/pans/big pan.txt": b"big", ".truefoundry/skill.tar": b"tar"}
staged = client.artifact_versions.stage(manifest=manifest(text))
for url in client.artifact_versions.get_signed_urls(id=staged.id, paths=list(files), operation="WRITE").data:
    holds(requests.put(url.signed_url, data=files[url.path], timeout=60).ok, f"the upload of {url.path!r}")
stored = AgentSkillSourceBlobStorage(description="Cooks", uri=staged.storage_root)
second = client.agent_skills.create_or_update(manifest=manifest(stored)).data
expect((second.id, second.manifest.version, second.manifest.source), (staged.id, 2, stored), "what was staged")
urls = client.artifact_versions.get_signed_urls(id=second.id, paths=list(files), operation="READ").data
expect({url.path: fetch(url.signed_url).content for url in urls}, files, "its files come back")

[found] = list(client.agent_skill_versions.list(fqn=second.fqn, limit=1))
expect(found, second, "found by its name")
versions = [each.id for each in client.agent_skill_versions.list(agent_skill_id=second.agent_skill_id)]
expect(versions, [second.id, first.id], "in order")
[skill] = list(client.agent_skills.list(ml_repo_id=repo.id))
expect(skill.id, second.agent_skill_id, "one skill")
# The older SDK takes a skill for something else, of which it knows little, and leaves the version as it came.
latest = skill.latest_version
expect(latest["id"] if isinstance(latest, dict) else latest.id, second.id, "with its latest version")

local = manifest(AgentSkillSourceLocal(skill_dir="./cooking"))
error = raises(ApiError, lambda: client.agent_skills.create_or_update(manifest=local), "a folder of the client's own")
expect(error.status_code, 422, "is refused")

client.agent_skill_versions.delete(second.id)
raises(GONE, lambda: client.agent_skill_versions.get(second.id), "a version that was deleted")
client.agent_skills.delete(skill.id)
raises(GONE, lambda: client.agent_skills.get(skill.id), "a skill that was deleted")
print("done")
