"""Rows for generated requests to hit, made through TrueFoundry's API."""

import itertools
from collections.abc import Callable
from typing import Any

from tests.support.gateways import Gateway

SVC = "/api/svc/v1"
CREDENTIAL = "head.claims.signature"
"""What looks like the key of a client. Where everybody is let in, nobody looks further."""

REPO = "default"


class TrueFoundrySeeds:
    """Makes rows, and tells what stands for each parameter of a path and for each member that refers to something."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._numbers = itertools.count()
        self._repo_id: str = self._request("GET", "/ml-repos?name=default")["data"][0]["id"]
        self._makers: dict[str, Callable[[], str]] = {
            "ml-repos": self._repo,
            "artifacts": lambda: self._version("artifact")["artifact_id"],
            "models": lambda: self._version("model")["model_id"],
            "prompts": lambda: self._version("prompt")["prompt_id"],
            "agent-skills": lambda: self._version("agent-skill")["agent_skill_id"],
            "artifact-versions": lambda: self._version("artifact")["id"],
            "model-versions": lambda: self._version("model")["id"],
            "prompt-versions": lambda: self._version("prompt")["id"],
            "agent-skill-versions": lambda: self._version("agent-skill")["id"],
            "data-directories": self._directory,
            "fqn": lambda: "artifact",
            "runs": self._run,
        }
        self._kept: dict[str, str] = {}

    def place(self, path: str) -> dict[str, str]:
        """What stands for the parameters of ``path``: a new row, which the request may delete."""
        parts = path.split("/")
        at = next(place for place, part in enumerate(parts) if part.startswith("{"))
        return {parts[at].strip("{}"): self._makers[parts[at - 1]]()}

    def for_member(self, name: str) -> str | None:
        """The value of an existing row for a member or parameter that refers to one; None for any other."""
        makers: dict[str, Callable[[], Any]] = {
            "ml_repo": lambda: REPO,
            "ml_repo_id": lambda: self._repo_id,
            "experiment_id": lambda: self._repo_id,
            "experiment_name": lambda: REPO,
            "run_id": self._run,
            "run_uuid": self._run,
            "model_id": self._makers["models"],
            "artifact_version_id": self._makers["artifact-versions"],
            "model_version_id": self._makers["model-versions"],
            "prompt_version_id": self._makers["prompt-versions"],
            "artifact_id": self._makers["artifacts"],
            "id": self._stage,
            "fqn": lambda: self._version("artifact")["fqn"],
        }
        make = makers.get(name)
        if make is None:
            return None
        if name not in self._kept:
            self._kept[name] = str(make())
        return self._kept[name]

    def _version(self, kind: str) -> Any:
        manifest: dict[str, Any] = {"name": self._name(), "ml_repo": REPO, "metadata": {}, "type": f"{kind}-version"}
        match kind:
            case "prompt":
                manifest |= {"type": "chat_prompt", "messages": [{"role": "user", "content": "Hello"}]}
            case "agent-skill":
                manifest |= {"type": "agent-skill", "source": {"type": "inline", "skill_md": "# Skill"}}
            case _:
                manifest["source"] = {"type": "external", "uri": "s3://elsewhere/data"}
        return self._request("PUT", f"/{kind}-versions", {"manifest": manifest})["data"]

    def _stage(self) -> str:
        manifest = {
            "type": "artifact-version",
            "name": self._name(),
            "ml_repo": REPO,
            "metadata": {},
            "source": {"type": "truefoundry"},
        }
        staged: str = self._request("POST", "/artifact-versions/stage", {"manifest": manifest})["id"]
        return staged

    def _directory(self) -> str:
        source = {"type": "truefoundry"}
        manifest = {"type": "data-dir", "name": self._name(), "ml_repo": REPO, "metadata": {}, "source": source}
        made: str = self._request("PUT", "/data-directories", {"manifest": manifest})["data"]["id"]
        return made

    def _repo(self) -> str:
        manifest = {"type": "ml-repo", "name": self._name(), "storage_integration_fqn": "a:b", "collaborators": []}
        made: str = self._request("PUT", "/ml-repos", {"manifest": manifest})["data"]["id"]
        return made

    def _run(self) -> str:
        made = self._request("POST", "/runs", {"experiment_id": self._repo_id, "name": self._name()})
        run_id: str = made["run"]["info"]["run_id"]
        return run_id

    def _name(self) -> str:
        return f"seed-{next(self._numbers)}"

    def _request(self, method: str, path: str, body: object = None) -> Any:
        headers = {"authorization": f"Bearer {CREDENTIAL}"}
        answer = self._gateway.request(method, f"{SVC}{path}", body, headers=headers)
        assert answer.status == 200, (method, path, answer)
        return answer.json()
