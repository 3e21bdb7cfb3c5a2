"""The configurations of pipelines and steps: what is read of them, and how a run's own values go into them.

They are given back as they came; only their substitutions and what an input replaces are a run's matter.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Raw, Struct, field

from isogloss.adapters.zenml.failures import Unprocessable
from isogloss.adapters.zenml.times import moment
from isogloss.core.model import Instant, Json

CONTINUE = "continue_on_failure"


class ConfiguredTag(Struct, frozen=True):
    """A tag of a pipeline's configuration. One that cascades also goes to what the pipeline makes."""

    name: str
    cascade: bool | None = None


class PipelineConfiguration(Struct, frozen=True):
    """What is read of a pipeline's configuration."""

    name: str
    execution_mode: str = CONTINUE
    enable_heartbeat: bool | None = None
    substitutions: dict[str, str] | None = None
    tags: list[str | ConfiguredTag] | None = None
    model: dict[str, Any] | None = None
    step_input_overrides: dict[str, dict[str, str]] | None = None
    step_default_input_overrides: dict[str, dict[str, str]] | None = None

    def overridden(self, invocation: str, step: str) -> tuple[str, ...]:
        """The inputs of a step that a replay replaces."""
        by_step = (self.step_default_input_overrides or {}).get(step, {})
        by_invocation = (self.step_input_overrides or {}).get(invocation, {})
        return tuple(dict.fromkeys([*by_step, *by_invocation]))

    @property
    def cascading(self) -> list[str]:
        """The names of the tags that also go to what the pipeline makes."""
        return [tag.name for tag in self.tags or () if isinstance(tag, ConfiguredTag) and tag.cascade]


class InputSpec(Struct, frozen=True):
    """An output of another step that a step takes in, or a part of it."""

    step_name: str
    output_name: str
    chunk_index: int | None = None
    chunk_size: int | None = None


class StepSource(Struct, frozen=True):
    """Where a step's code is."""

    module: str
    type: str
    attribute: str | None = None


class StepSpec(Struct, frozen=True):
    """What is read of a step's place in its pipeline."""

    source: StepSource | str
    upstream_steps: list[str]
    inputs: dict[str, Any] = {}
    invocation_id: str = ""
    enable_heartbeat: bool = False

    def input_specs(self, name: str) -> list[InputSpec]:
        """Where an input comes from: nothing where it is no step's output."""
        given = self.inputs.get(name)
        if given is None:
            return []
        return msgspec.convert(given if isinstance(given, list) else [given], list[InputSpec])


class Retry(Struct, frozen=True):
    """How often a step may be tried again."""

    max_retries: int = 1


class StepConfiguration(Struct, frozen=True):
    """What is read of a step's configuration."""

    name: str
    step_type: str | None = None
    retry: Retry | None = None
    substitutions: dict[str, str] | None = None
    heartbeat_healthy_threshold: int | None = None
    external_input_artifacts: dict[str, Raw] = {}
    model_artifacts_or_metadata: dict[str, Raw] = {}
    client_lazy_loaders: dict[str, Raw] = {}
    model: dict[str, Any] | None = None


class Step(Struct, frozen=True):
    """A step as a snapshot has it."""

    spec: StepSpec
    config: StepConfiguration

    @property
    def retries(self) -> int:
        """How many attempts may follow the first."""
        return self.config.retry.max_retries if self.config.retry is not None else 0

    def input_type(self, name: str, overridden: Sequence[str]) -> str:
        """How a version comes to be an input of the step."""
        if name in overridden:
            return "override"
        if name in self.spec.inputs:
            return "step_output"
        if name in self.config.external_input_artifacts:
            return "external"
        if name in self.config.model_artifacts_or_metadata or name in self.config.client_lazy_loaders:
            return "lazy"
        return "manual"


class StoredStep(Struct, frozen=True):
    """A step's configuration as it is kept."""

    spec: Raw
    config: Raw


class SpecifiedStep(Struct, frozen=True):
    """A step of a pipeline's specification."""

    upstream_steps: list[str] = []
    invocation_id: str = ""
    pipeline_parameter_name: str = ""


class PipelineSpec(Struct, frozen=True):
    """What is read of a pipeline's specification."""

    steps: list[SpecifiedStep] = field(default_factory=list)


_pipeline = msgspec.json.Decoder(PipelineConfiguration)
_step = msgspec.json.Decoder(Step)
_stored = msgspec.json.Decoder(StoredStep)
_spec = msgspec.json.Decoder(PipelineSpec)
_members = msgspec.json.Decoder(dict[str, Raw])
_texts = msgspec.json.Decoder(dict[str, str])
_encode = msgspec.json.Encoder().encode


def read_pipeline(configuration: bytes | str | Raw) -> PipelineConfiguration:
    """A pipeline's configuration."""
    return _pipeline.decode(configuration)


def read_step(body: Json) -> Step:
    """A step as a snapshot has it."""
    return _step.decode(body)


def stored_step(body: Json) -> StoredStep:
    """A step's configuration to be given back."""
    return _stored.decode(body)


def upstream(spec: Raw) -> dict[str, list[str]]:
    """What each step of a pipeline's specification waits for."""
    return {
        step.invocation_id or step.pipeline_parameter_name: step.upstream_steps for step in _spec.decode(spec).steps
    }


def check_configurations(pipeline: Json, steps: Mapping[str, Json], spec: Json | None) -> None:
    """Raise ``Unprocessable`` unless runs and steps can be made of these."""
    where = "pipeline_configuration"
    try:
        read_pipeline(pipeline)
        where = "pipeline_spec"
        if spec is not None:
            _spec.decode(spec)
        for name, body in steps.items():
            where = f"step_configurations.{name}"
            step = read_step(body)
            for given in step.spec.inputs:
                step.spec.input_specs(given)
    except msgspec.ValidationError as error:
        raise Unprocessable(f"body.{where}: {error}") from None


def substitutions(given: Mapping[str, str] | None, started: Instant) -> dict[str, str]:
    """What goes into the templates of a run's names: also the day and time at which it began."""
    at = moment(started)
    return dict(given or {}) | {
        name: text
        for name, text in (("date", at.strftime("%Y_%m_%d")), ("time", at.strftime("%H_%M_%S_%f")))
        if name not in (given or {})
    }


def with_run(configuration: Raw, started: Instant) -> Raw:
    """A pipeline's configuration with the substitutions of a run that began then."""
    members = _members.decode(configuration)
    given = members.get("substitutions")
    values = None if given is None or bytes(given) == b"null" else _texts.decode(given)
    return Raw(_encode({**members, "substitutions": substitutions(values, started)}))


def of_step(config: Raw, values: Mapping[str, str], overridden: Sequence[str]) -> Raw:
    """A step's configuration with its substitutions, and without the parameters that an input replaces."""
    members: dict[str, Any] = dict(_members.decode(config))
    members["substitutions"] = values
    if overridden and "parameters" in members:
        parameters = _members.decode(members["parameters"])
        members["parameters"] = {name: value for name, value in parameters.items() if name not in overridden}
    return Raw(_encode(members))


def without_packages(environment: Raw) -> Raw:
    """An environment without its list of packages, which is longer than everything else of a run."""
    members = _members.decode(environment)
    members.pop("python_packages", None)
    return Raw(_encode(members))
