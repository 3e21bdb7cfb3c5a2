"""Whatever is in the registry, whoever wrote it, is shown in the shapes of the contract."""

import json
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings

from isogloss.adapters.operations import encode
from isogloss.adapters.truefoundry.artifact_translate import ArtifactRow, artifact
from isogloss.adapters.truefoundry.version_translate import VersionRow, kind_of, version
from tests.adapters.truefoundry.rows import AROUND, artifact_rows, version_rows
from tests.contract.document import published

SCHEMAS = {"artifact": "Artifact", "model": "Model", "prompt": "Prompt", "agent_skill": "AgentSkill"}
FAMILIES = ("svc", "ml")

COMPONENTS = published("truefoundry")["components"]


def faults(name: str, shown: dict[str, Any]) -> list[str]:
    """What is wrong with a value by a schema of the contract."""
    return [f"{error.instance_path}: {error.message}" for error in _validator(name).iter_errors(shown)]


@cache
def _validator(name: str) -> Any:
    schema = {"$ref": f"#/components/schemas/{name}", "components": COMPONENTS}
    return jsonschema_rs.validator_for(schema, validate_formats=True)


def sent(value: object) -> Any:
    """A value as a client decodes it."""
    return json.loads(encode(value), parse_constant=pytest.fail)


@settings(max_examples=400)
@given(version_rows)
def test_every_version_is_shown_as_the_contract_has_it(row: VersionRow) -> None:
    shown = sent(version(row, AROUND))
    for family in FAMILIES:
        assert faults(f"{family}.{SCHEMAS[kind_of(row.kind).noun]}Version", shown) == []
    assert shown["manifest"]["version"] == row.ordinal
    assert shown["fqn"].endswith(f":{row.ordinal}")
    assert shown["manifest"]["metadata"] == json.loads(row.metadata or "{}")


@settings(max_examples=200)
@given(artifact_rows)
def test_every_artifact_is_shown_as_the_contract_has_it(pair: tuple[ArtifactRow, VersionRow | None]) -> None:
    row, newest = pair
    shown = sent(artifact(row, newest, AROUND))
    noun = kind_of(row.kind).noun
    families = FAMILIES if noun != "agent_skill" else ("svc",)
    for family in families:
        assert faults(f"{family}.{SCHEMAS[noun]}", shown) == []
    # The older SDK has another thing in mind, of which it demands these.
    assert noun != "agent_skill" or isinstance(shown["description"], str)
