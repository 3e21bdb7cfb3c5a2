"""What only the manifest of a model says: what made the model, and what it needs.

A client takes no framework but those that it knows, and drops a whole page for one that it does not; so a type that is
none of them is refused.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from isogloss.adapters.truefoundry.bodies.common import KEPT, Text


class TransformersFramework(BaseModel):
    """Of one of the libraries around transformers."""

    model_config = KEPT

    type: Literal["transformers"]
    library_name: Literal["transformers", "sentence-transformers", "diffusers"] | None = None
    pipeline_tag: Text | None = None
    base_model: Text | None = None


class SklearnSchema(BaseModel):
    """What a model of scikit-learn takes and gives."""

    model_config = KEPT

    infer_method_name: Literal["predict", "predict_proba"]
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]


class SklearnFramework(BaseModel):
    """Of scikit-learn."""

    model_config = KEPT

    type: Literal["sklearn"]
    model_filepath: Text | None = None
    serialization_format: Literal["cloudpickle", "joblib", "pickle"] | None = None
    model_schema: SklearnSchema | None = None


class XgBoostSchema(BaseModel):
    """What a model of XGBoost takes and gives."""

    model_config = KEPT

    infer_method_name: Literal["predict"] = "predict"
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]


class XgBoostFramework(BaseModel):
    """Of XGBoost."""

    model_config = KEPT

    type: Literal["xgboost"]
    model_filepath: Text | None = None
    serialization_format: Literal["cloudpickle", "joblib", "pickle", "json"] | None = None
    model_schema: XgBoostSchema | None = None


class PlainFramework(BaseModel):
    """Of a framework of which no more is said than which it is."""

    model_config = KEPT

    type: Literal[
        "tensorflow",
        "pytorch",
        "keras",
        "lightgbm",
        "fastai",
        "h2o",
        "onnx",
        "spacy",
        "statsmodels",
        "gluon",
        "paddle",
    ]


class Environment(BaseModel):
    """What has to be installed."""

    model_config = KEPT

    python_version: Text | None = None
    pip_packages: list[Text] | None = None


Framework = Annotated[
    TransformersFramework | SklearnFramework | XgBoostFramework | PlainFramework, Field(discriminator="type")
]


class ModelParts(BaseModel):
    """The members of a manifest that only models have."""

    model_config = KEPT

    framework: Framework | None = None
    environment: Environment | None = None
