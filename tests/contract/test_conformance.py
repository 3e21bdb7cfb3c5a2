"""Every operation of the contract, with generated requests against a running gateway.

What is answered must be in the contract or in the list of deviations, and nothing makes the gateway fail.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.contract.document import answered
from tests.contract.seeds import PrefectSeeds
from tests.support.gateways import Gateway

EXAMPLES = 40
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
VERSION_HEADER = "x-prefect-api-version"
# Members that name what nobody can make here: left in, nearly every generated row would be refused for them.
UNMEETABLE = ("work_pool_name", "work_queue_name", "global_concurrency_limit_id")

AnyCase: TypeAlias = "Case[Any]"


def load_operations() -> dict[str, Any]:
    """The operations to exercise, by ``METHOD /path``."""
    found = {}
    for result in schemathesis.openapi.from_dict(answered("prefect")).get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        found[operation.label] = operation
    return found


OPERATIONS = load_operations()


def modes(label: str) -> list[GenerationMode]:
    """How requests to an operation can be made: without a body and with nothing but free text in it, none is wrong."""
    operation = OPERATIONS[label].definition.raw
    wrong = "requestBody" in operation or any(
        parameter["required"] and (parameter["schema"].get("format") or parameter["in"] == "query")
        for parameter in operation["parameters"]
    )
    return [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if wrong else [])]


@pytest.fixture(scope="module")
def seeds(running: Gateway) -> PrefectSeeds:
    """Rows for the requests to hit."""
    return PrefectSeeds(running)


@pytest.mark.parametrize(
    ("label", "mode"),
    [(label, mode) for label in OPERATIONS for mode in modes(label)],
    ids=lambda value: value.value if isinstance(value, GenerationMode) else value.replace(" ", ":"),
)
def test_answers_are_in_the_contract_or_listed_as_deviations(
    running: Gateway, seeds: PrefectSeeds, label: str, mode: GenerationMode
) -> None:
    operation = OPERATIONS[label]
    base = f"{running.url}/api"
    with requests.Session() as session:

        @settings(
            max_examples=EXAMPLES,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        )
        @given(case=operation.as_strategy(generation_mode=mode), choice=st.integers(0, 7))
        def exchange(case: AnyCase, choice: int) -> None:
            meet(case, choice, seeds)
            response = case.call(base_url=base, session=session)
            case.validate_response(response, checks=CHECKS)

        run: Callable[[], Any] = exchange
        run()


def meet(case: AnyCase, choice: int, seeds: PrefectSeeds) -> None:
    """Turn a generated request, in all but one of eight choices, into one that meets existing rows."""
    if choice == 0:
        return
    # With a header made of random text, every request would end with the same refusal.
    if case.headers:
        case.headers.pop(VERSION_HEADER, None)
    if case.path_parameters and choice > 2:
        case.path_parameters = dict.fromkeys(case.path_parameters, seeds.for_path(case.path))
    if isinstance(case.body, dict) and choice > 1:
        for name in UNMEETABLE:
            case.body.pop(name, None)
        for name in case.body:
            case.body[name] = seeds.for_member(name) or case.body[name]
