"""Whether two seeded servers give the same facts, so that the figures compare like with like.

They do not speak one language, so what both know of a version or of a run is read out of each answer.
"""

import random
from collections.abc import Iterable, Mapping
from typing import Any, Final

from bench.differences import first_difference
from bench.servers import ask
from bench.suite import Address, Size
from bench.truefoundry import ours
from bench.truefoundry.loads import OUR_HEADERS, PAGE, Question, questions

#: Of each kind of read.
ASKED: Final = 5

#: What MLflow has as a tag of a version since it has no other place for it.
_METADATA: Final = ("rows", "accuracy", "split")


def compare(size: Size, theirs: Address, ours: Address) -> None:
    """Ask both what will be measured; raise AssertionError with the first difference."""
    for question in questions(size):
        if question.name == "artifacts" and size.names > PAGE:
            # Each has an order of its own.
            continue
        for number in range(ASKED):
            expected, found = (facts(question, address, f"{question.name} {number}") for address in (theirs, ours))
            difference = first_difference(expected, found)
            assert difference is None, f"{question.title}: the servers differ: {difference}"


def facts(question: Question, address: Address, seed: str) -> Any:
    """What a server says, of what both know."""
    call = question.call(address, random.Random(seed))
    mine = address.prefix == ours.PREFIX
    answer = ask(
        address.port, address.prefix + call.path, call.body, method=call.method, headers=OUR_HEADERS if mine else None
    )
    return _ours(question.name, answer) if mine else _theirs(question.name, answer)


def _theirs(question: str, answer: Mapping[str, Any]) -> Any:
    match question:
        case "artifacts":
            return sorted(each["name"] for each in answer["registered_models"])
        case "repos":
            return sorted(each["name"] for each in answer["experiments"] if each["name"] != "Default")
        case "runs":
            return [_their_run(each) for each in answer["runs"]]
        case "run":
            return _their_run(answer["run"])
        case "page" | "largest" | "by-tag":
            return [_their_version(each) for each in answer["model_versions"]]
    return [_their_version(answer["model_version"])]


def _ours(question: str, answer: Mapping[str, Any]) -> Any:
    match question:
        case "artifacts":
            return sorted(each["fqn"].rpartition("/")[2] for each in answer["data"])
        case "repos":
            # The one that is there from the first start stands for the other's "Default".
            return sorted(each["manifest"]["name"] for each in answer["data"] if each["manifest"]["name"] != "default")
        case "runs":
            return [_our_run(each) for each in answer["runs"]]
        case "run":
            return _our_run(answer["run"])
        case "by-id":
            return [_our_version(answer["data"])]
    return [_our_version(each) for each in answer["data"]]


def _their_version(found: Mapping[str, Any]) -> dict[str, Any]:
    tags = {each["key"]: each["value"] for each in found["tags"]}
    return {
        "name": found["name"],
        "number": int(found["version"]),
        "description": found["description"],
        "uri": found["source"],
        "metadata": {key: tags[key] for key in _METADATA},
        "tags": sorted(key for key in tags if key not in _METADATA),
    }


def _our_version(found: Mapping[str, Any]) -> dict[str, Any]:
    manifest = found["manifest"]
    return {
        "name": manifest["name"],
        "number": manifest["version"],
        "description": manifest["description"],
        "uri": manifest["source"]["uri"],
        "metadata": {key: str(manifest["metadata"][key]) for key in _METADATA},
        "tags": sorted(found["tags"]),
    }


def _their_run(found: Mapping[str, Any]) -> dict[str, Any]:
    return _run(found, found["info"]["run_name"])


def _our_run(found: Mapping[str, Any]) -> dict[str, Any]:
    return _run(found, found["info"]["name"])


def _run(found: Mapping[str, Any], called: str) -> dict[str, Any]:
    data = found["data"]
    return {
        "name": called,
        "status": found["info"]["status"],
        "started": found["info"]["start_time"],
        "parameters": _by_key(data["params"]),
        "tags": {key: value for key, value in _by_key(data["tags"]).items() if key != "mlflow.runName"},
        "metrics": {each["key"]: [each["value"], each["timestamp"], each.get("step", 0)] for each in data["metrics"]},
    }


def _by_key(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {entry["key"]: entry["value"] for entry in entries}
