"""What lists of models, of model versions and of their links may be asked."""

from isogloss.adapters.zenml.filters.artifacts import artifact_name, author, metadata, tags
from isogloss.adapters.zenml.filters.language import (
    Condition,
    Kind,
    of_any,
    of_boolean,
    of_id,
    of_integer,
    of_moment,
    of_text,
)
from isogloss.adapters.zenml.filters.listing import Shape
from isogloss.adapters.zenml.filters.records import COMMON, COMMON_SORTS
from isogloss.core.query import AnyOf, Has, NoneOf, Where


def of_relation(relation: str, kind: Kind) -> Kind:
    """A condition that something related must satisfy."""

    def where(asked: Condition) -> Where:
        return Has(relation, kind(asked))

    return where


def switch(relation: str, chosen: Where) -> Kind:
    """A switch of the query that is on: something related must be as chosen."""

    def where(asked: Condition) -> Where:
        return Has(relation, chosen)

    return where


MODELS = Shape(
    filters=COMMON | {"tags": tags()},
    sorts=COMMON_SORTS | {"tags": "tags", "latest_version": "newest"},
)

MODEL_VERSIONS = Shape(
    filters=COMMON
    | {
        "tags": tags(),
        "run_metadata": metadata(),
        "number": of_integer("number"),
        "stage": of_text("state"),
        "model": of_relation("parent", of_any(of_id("id"), of_text("name"))),
    },
    sorts=COMMON_SORTS | {"tags": "tags", "number": "number", "stage": "state"},
)

_LINKS = {
    "id": of_id("id"),
    "created": of_moment("created"),
    "updated": of_moment("created"),
    "model_version_id": of_id("record_id"),
}
_LINK_SORTS = {"id": "id", "created": "created", "updated": "created", "model_version_id": "record_id"}

SWITCHES = ("only_data_artifacts", "only_model_artifacts", "only_deployment_artifacts")
"""Those of the filters that say nothing where they are off."""

ARTIFACT_LINKS = Shape(
    filters=_LINKS
    | {
        "artifact_version_id": of_id("entity_id"),
        "artifact_name": of_relation("version", artifact_name("artifact.")),
        "only_data_artifacts": switch("version", NoneOf("role", ("service", "model"))),
        "only_model_artifacts": switch("version", AnyOf("role", ("model",))),
        "only_deployment_artifacts": switch("version", AnyOf("role", ("service",))),
        "user": of_relation("version", author()),
        "has_custom_name": of_relation("version", of_boolean("artifact.custom_name")),
    },
    sorts=_LINK_SORTS | {"artifact_version_id": "entity_id"},
)

RUN_LINKS = Shape(
    filters=_LINKS
    | {
        "pipeline_run_id": of_id("entity_id"),
        "pipeline_run_name": of_relation("run", of_text("name")),
        "user": of_relation("run", author()),
    },
    sorts=_LINK_SORTS | {"pipeline_run_id": "entity_id"},
)
