"""Every operation of the contract, with generated requests against a running gateway.

What is answered must be in the contract or in the list of deviations, and nothing makes the gateway fail.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.contract.document import answered
from tests.contract.subjects import SUBJECTS, Seeds, Subject
from tests.support.gateways import Gateway

# A failure of the server is a status that no contract has, but for what the deviations say of one.
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

schemathesis.openapi.format("naive-date-time", st.datetimes().map(lambda moment: moment.isoformat()))

AnyCase: TypeAlias = "Case[Any]"


def load_operations(dialect: str) -> dict[str, Any]:
    """The operations to exercise, by ``METHOD /path``."""
    found = {}
    for result in schemathesis.openapi.from_dict(answered(dialect)).get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        found[operation.label] = operation
    return found


OPERATIONS = {subject.dialect: load_operations(subject.dialect) for subject in SUBJECTS}


def modes(operation: Any) -> list[GenerationMode]:
    """How requests to an operation can be made: without a body and with nothing but free text in it, none is wrong."""
    raw = operation.definition.raw
    wrong = "requestBody" in raw or any(
        parameter.get("required") and (parameter["schema"].get("format") or parameter["in"] == "query")
        for parameter in raw.get("parameters", ())
    )
    return [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if wrong else [])]


@pytest.fixture(scope="module")
def seeds(running: Gateway) -> dict[str, Seeds]:
    """Rows for the requests to hit, by dialect."""
    return {subject.dialect: subject.seeds(running) for subject in SUBJECTS}


@pytest.mark.parametrize(
    ("subject", "label", "mode"),
    [
        pytest.param(subject, label, mode, id=f"{subject.dialect}:{label.replace(' ', ':')}-{mode.value}")
        for subject in SUBJECTS
        for label, operation in OPERATIONS[subject.dialect].items()
        for mode in modes(operation)
    ],
)
def test_answers_are_in_the_contract_or_listed_as_deviations(
    running: Gateway, seeds: dict[str, Seeds], subject: Subject, label: str, mode: GenerationMode
) -> None:
    operation = OPERATIONS[subject.dialect][label]
    base = f"{running.url}{subject.base}"
    with requests.Session() as session:

        @settings(
            max_examples=subject.examples,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        )
        @given(case=operation.as_strategy(generation_mode=mode), choice=st.integers(0, 7))
        def exchange(case: AnyCase, choice: int) -> None:
            meet(case, choice, subject, seeds[subject.dialect])
            response = case.call(base_url=base, session=session, headers=dict(subject.credential))
            case.validate_response(response, checks=CHECKS)

        run: Callable[[], Any] = exchange
        run()


def meet(case: AnyCase, choice: int, subject: Subject, seeds: Seeds) -> None:
    """Turn a generated request, in all but one of eight choices, into one that meets existing rows."""
    if choice == 0:
        return
    # With a version or a scope made of random text, every request would end with the same refusal.
    for parameters in (case.headers, case.query):
        for name in subject.unmeetable:
            if parameters:
                parameters.pop(name, None)
    if case.path_parameters and choice > 2:
        case.path_parameters = seeds.place(case.path)
    if case.query and choice > 1:
        case.query.update(referring(case.query, seeds))
    if isinstance(case.body, dict) and choice > 1:
        for name in subject.unmeetable:
            case.body.pop(name, None)
        case.body.update(referring(case.body, seeds))


def referring(given: Mapping[str, Any], seeds: Seeds) -> dict[str, str]:
    """The rows that members which refer to something are to name."""
    found = {name: seeds.for_member(name) for name in given}
    return {name: row for name, row in found.items() if row is not None}
