"""The flavors that ZenML's client brings along: which class makes components of a type.

The client imports the class and validates a configuration with it, so that no schema of one is kept here. Flavors
that somebody registered are records, and stand beside these.
"""

from uuid import UUID, uuid5

from msgspec import Raw, Struct

from isogloss.core.model import Instant

# Ids come of type and name, so that they are the same in every registry.
_NAMESPACE = UUID("6f1d8f0c-6c55-4e0b-9f63-0a8c2a5a2d11")

_CORE = "built-in"

ANYTHING = Raw(b'{"title":"Configuration","type":"object","properties":{}}')
"""The schema of a configuration of which nothing is known here. The command line wants its title."""


class Flavor(Struct, frozen=True, kw_only=True):
    """A flavor. ``created`` is null for one that was there before every registry."""

    id: str
    type: str
    name: str
    integration: str | None
    display_name: str
    source: str
    is_custom: bool = False
    logo_url: str | None = None
    config_schema: Raw = ANYTHING
    connector_type: str | None = None
    connector_resource_type: str | None = None
    connector_resource_id_attr: str | None = None
    docs_url: str | None = None
    sdk_docs_url: str | None = None
    author_id: str | None = None
    created: Instant | None = None
    updated: Instant | None = None


def flavor_id(component_type: str, name: str) -> str:
    """The id of a flavor that is nobody's."""
    return str(uuid5(_NAMESPACE, f"{component_type}/{name}"))


def unknown(component_type: str, name: str) -> Flavor:
    """What stands for a flavor that is not there any more: the client says that it cannot import it."""
    return Flavor(
        id=flavor_id(component_type, name),
        type=component_type,
        name=name,
        integration=None,
        display_name=name,
        source=f"unknown.{name}",
        is_custom=True,
    )


def _built_in(component_type: str, name: str, integration: str, display_name: str, source: str) -> Flavor:
    return Flavor(
        id=flavor_id(component_type, name),
        type=component_type,
        name=name,
        integration=integration,
        display_name=display_name,
        source=f"zenml.{source}" if integration == _CORE else f"zenml.integrations.{integration}.flavors.{source}",
    )


BUILT_IN = (
    _built_in("alerter", "discord", "discord", "Discord", "discord_alerter_flavor.DiscordAlerterFlavor"),
    _built_in("alerter", "slack", "slack", "Slack", "slack_alerter_flavor.SlackAlerterFlavor"),
    _built_in("annotator", "argilla", "argilla", "Argilla", "argilla_annotator_flavor.ArgillaAnnotatorFlavor"),
    _built_in(
        "annotator",
        "label_studio",
        "label_studio",
        "Label Studio",
        "label_studio_annotator_flavor.LabelStudioAnnotatorFlavor",
    ),
    _built_in("annotator", "pigeon", "pigeon", "Pigeon", "pigeon_annotator_flavor.PigeonAnnotatorFlavor"),
    _built_in("annotator", "prodigy", "prodigy", "Prodigy", "prodigy_annotator_flavor.ProdigyAnnotatorFlavor"),
    _built_in("artifact_store", "azure", "azure", "Azure", "azure_artifact_store_flavor.AzureArtifactStoreFlavor"),
    _built_in("artifact_store", "b2", "b2", "Backblaze B2", "b2_artifact_store_flavor.B2ArtifactStoreFlavor"),
    _built_in(
        "artifact_store",
        "digitalocean",
        "digitalocean",
        "DigitalOcean Spaces",
        "digitalocean_artifact_store_flavor.DigitalOceanSpacesArtifactStoreFlavor",
    ),
    _built_in("artifact_store", "gcp", "gcp", "GCP", "gcp_artifact_store_flavor.GCPArtifactStoreFlavor"),
    _built_in(
        "artifact_store", "local", "built-in", "Local", "artifact_stores.local_artifact_store.LocalArtifactStoreFlavor"
    ),
    _built_in("artifact_store", "s3", "s3", "S3", "s3_artifact_store_flavor.S3ArtifactStoreFlavor"),
    _built_in("container_registry", "aws", "aws", "AWS", "aws_container_registry_flavor.AWSContainerRegistryFlavor"),
    _built_in(
        "container_registry",
        "azure",
        "built-in",
        "Azure",
        "container_registries.azure_container_registry.AzureContainerRegistryFlavor",
    ),
    _built_in(
        "container_registry",
        "default",
        "built-in",
        "Default",
        "container_registries.default_container_registry.DefaultContainerRegistryFlavor",
    ),
    _built_in(
        "container_registry",
        "digitalocean",
        "digitalocean",
        "DigitalOcean",
        "digitalocean_container_registry_flavor.DigitalOceanContainerRegistryFlavor",
    ),
    _built_in(
        "container_registry",
        "dockerhub",
        "built-in",
        "Dockerhub",
        "container_registries.dockerhub_container_registry.DockerHubContainerRegistryFlavor",
    ),
    _built_in(
        "container_registry",
        "gcp",
        "built-in",
        "Gcp",
        "container_registries.gcp_container_registry.GCPContainerRegistryFlavor",
    ),
    _built_in(
        "container_registry",
        "github",
        "built-in",
        "Github",
        "container_registries.github_container_registry.GitHubContainerRegistryFlavor",
    ),
    _built_in(
        "data_validator",
        "deepchecks",
        "deepchecks",
        "Deepchecks",
        "deepchecks_data_validator_flavor.DeepchecksDataValidatorFlavor",
    ),
    _built_in(
        "data_validator",
        "evidently",
        "evidently",
        "Evidently",
        "evidently_data_validator_flavor.EvidentlyDataValidatorFlavor",
    ),
    _built_in(
        "data_validator",
        "great_expectations",
        "great_expectations",
        "Great Expectations",
        "great_expectations_data_validator_flavor.GreatExpectationsDataValidatorFlavor",
    ),
    _built_in(
        "data_validator", "whylogs", "whylogs", "Whylogs", "whylogs_data_validator_flavor.WhylogsDataValidatorFlavor"
    ),
    _built_in("deployer", "aws", "aws", "AWS", "aws_deployer_flavor.AWSDeployerFlavor"),
    _built_in("deployer", "docker", "built-in", "Docker", "deployers.docker.docker_deployer.DockerDeployerFlavor"),
    _built_in("deployer", "gcp", "gcp", "GCP", "gcp_deployer_flavor.GCPDeployerFlavor"),
    _built_in(
        "deployer", "huggingface", "huggingface", "Huggingface", "huggingface_deployer_flavor.HuggingFaceDeployerFlavor"
    ),
    _built_in(
        "deployer", "kubernetes", "kubernetes", "Kubernetes", "kubernetes_deployer_flavor.KubernetesDeployerFlavor"
    ),
    _built_in("deployer", "local", "built-in", "Local", "deployers.local.local_deployer.LocalDeployerFlavor"),
    _built_in(
        "experiment_tracker", "comet", "comet", "Comet", "comet_experiment_tracker_flavor.CometExperimentTrackerFlavor"
    ),
    _built_in(
        "experiment_tracker",
        "mlflow",
        "mlflow",
        "MLflow",
        "mlflow_experiment_tracker_flavor.MLFlowExperimentTrackerFlavor",
    ),
    _built_in(
        "experiment_tracker",
        "neptune",
        "neptune",
        "Neptune",
        "neptune_experiment_tracker_flavor.NeptuneExperimentTrackerFlavor",
    ),
    _built_in(
        "experiment_tracker",
        "trackio",
        "trackio",
        "Trackio",
        "trackio_experiment_tracker_flavor.TrackioExperimentTrackerFlavor",
    ),
    _built_in(
        "experiment_tracker",
        "vertex",
        "gcp",
        "Vertex AI",
        "vertex_experiment_tracker_flavor.VertexExperimentTrackerFlavor",
    ),
    _built_in(
        "experiment_tracker", "wandb", "wandb", "Wandb", "wandb_experiment_tracker_flavor.WandbExperimentTrackerFlavor"
    ),
    _built_in("feature_store", "feast", "feast", "Feast", "feast_feature_store_flavor.FeastFeatureStoreFlavor"),
    _built_in("image_builder", "aws", "aws", "AWS", "aws_image_builder_flavor.AWSImageBuilderFlavor"),
    _built_in("image_builder", "gcp", "gcp", "GCP", "gcp_image_builder_flavor.GCPImageBuilderFlavor"),
    _built_in("image_builder", "kaniko", "kaniko", "Kaniko", "kaniko_image_builder_flavor.KanikoImageBuilderFlavor"),
    _built_in(
        "image_builder", "local", "built-in", "Local", "image_builders.local_image_builder.LocalImageBuilderFlavor"
    ),
    _built_in("log_store", "datadog", "built-in", "Datadog", "log_stores.datadog.datadog_flavor.DatadogLogStoreFlavor"),
    _built_in("log_store", "otel", "built-in", "Otel", "log_stores.otel.otel_flavor.OtelLogStoreFlavor"),
    _built_in(
        "model_deployer", "bentoml", "bentoml", "Bentoml", "bentoml_model_deployer_flavor.BentoMLModelDeployerFlavor"
    ),
    _built_in(
        "model_deployer",
        "databricks",
        "databricks",
        "Databricks",
        "databricks_model_deployer_flavor.DatabricksModelDeployerFlavor",
    ),
    _built_in(
        "model_deployer",
        "huggingface",
        "huggingface",
        "Huggingface",
        "huggingface_model_deployer_flavor.HuggingFaceModelDeployerFlavor",
    ),
    _built_in("model_deployer", "mlflow", "mlflow", "MLflow", "mlflow_model_deployer_flavor.MLFlowModelDeployerFlavor"),
    _built_in("model_deployer", "seldon", "seldon", "Seldon", "seldon_model_deployer_flavor.SeldonModelDeployerFlavor"),
    _built_in("model_deployer", "vllm", "vllm", "Vllm", "vllm_model_deployer_flavor.VLLMModelDeployerFlavor"),
    _built_in("model_registry", "mlflow", "mlflow", "MLflow", "mlflow_model_registry_flavor.MLFlowModelRegistryFlavor"),
    _built_in("orchestrator", "airflow", "airflow", "Airflow", "airflow_orchestrator_flavor.AirflowOrchestratorFlavor"),
    _built_in("orchestrator", "azureml", "azure", "AzureML", "azureml_orchestrator_flavor.AzureMLOrchestratorFlavor"),
    _built_in(
        "orchestrator",
        "databricks",
        "databricks",
        "Databricks",
        "databricks_orchestrator_flavor.DatabricksOrchestratorFlavor",
    ),
    _built_in("orchestrator", "hyperai", "hyperai", "Hyperai", "hyperai_orchestrator_flavor.HyperAIOrchestratorFlavor"),
    _built_in(
        "orchestrator", "kubeflow", "kubeflow", "Kubeflow", "kubeflow_orchestrator_flavor.KubeflowOrchestratorFlavor"
    ),
    _built_in(
        "orchestrator",
        "kubernetes",
        "kubernetes",
        "Kubernetes",
        "kubernetes_orchestrator_flavor.KubernetesOrchestratorFlavor",
    ),
    _built_in(
        "orchestrator",
        "lightning",
        "lightning",
        "Lightning",
        "lightning_orchestrator_flavor.LightningOrchestratorFlavor",
    ),
    _built_in(
        "orchestrator", "local", "built-in", "Local", "orchestrators.local.local_orchestrator.LocalOrchestratorFlavor"
    ),
    _built_in(
        "orchestrator",
        "local_docker",
        "built-in",
        "Local Docker",
        "orchestrators.local_docker.local_docker_orchestrator.LocalDockerOrchestratorFlavor",
    ),
    _built_in("orchestrator", "modal", "modal", "Modal", "modal_orchestrator_flavor.ModalOrchestratorFlavor"),
    _built_in(
        "orchestrator", "sagemaker", "aws", "SageMaker", "sagemaker_orchestrator_flavor.SagemakerOrchestratorFlavor"
    ),
    _built_in("orchestrator", "ssh", "ssh", "Ssh", "ssh_orchestrator_flavor.SSHOrchestratorFlavor"),
    _built_in("orchestrator", "tekton", "tekton", "Tekton", "tekton_orchestrator_flavor.TektonOrchestratorFlavor"),
    _built_in("orchestrator", "vertex", "gcp", "Vertex AI", "vertex_orchestrator_flavor.VertexOrchestratorFlavor"),
    _built_in(
        "orchestrator",
        "vm_aws",
        "skypilot_aws",
        "Skypilot AWS",
        "skypilot_orchestrator_aws_vm_flavor.SkypilotAWSOrchestratorFlavor",
    ),
    _built_in(
        "orchestrator",
        "vm_azure",
        "skypilot_azure",
        "Skypilot Azure",
        "skypilot_orchestrator_azure_vm_flavor.SkypilotAzureOrchestratorFlavor",
    ),
    _built_in(
        "orchestrator",
        "vm_gcp",
        "skypilot_gcp",
        "Skypilot GCP",
        "skypilot_orchestrator_gcp_vm_flavor.SkypilotGCPOrchestratorFlavor",
    ),
    _built_in(
        "orchestrator",
        "vm_kubernetes",
        "skypilot_kubernetes",
        "Skypilot Kubernetes",
        "skypilot_orchestrator_kubernetes_vm_flavor.SkypilotKubernetesOrchestratorFlavor",
    ),
    _built_in(
        "orchestrator",
        "vm_lambda",
        "skypilot_lambda",
        "Skypilot Lambda",
        "skypilot_orchestrator_lambda_vm_flavor.SkypilotLambdaOrchestratorFlavor",
    ),
    _built_in("sandbox", "docker", "built-in", "Docker", "sandboxes.docker_sandbox.DockerSandboxFlavor"),
    _built_in("sandbox", "kubernetes", "kubernetes", "Kubernetes", "kubernetes_sandbox_flavor.KubernetesSandboxFlavor"),
    _built_in("sandbox", "local", "built-in", "Local", "sandboxes.local_sandbox.LocalSandboxFlavor"),
    _built_in("sandbox", "modal", "modal", "Modal", "modal_sandbox_flavor.ModalSandboxFlavor"),
    _built_in("step_operator", "azureml", "azure", "AzureML", "azureml_step_operator_flavor.AzureMLStepOperatorFlavor"),
    _built_in(
        "step_operator", "baseten", "baseten", "Baseten", "baseten_step_operator_flavor.BasetenStepOperatorFlavor"
    ),
    _built_in(
        "step_operator",
        "databricks",
        "databricks",
        "Databricks",
        "databricks_step_operator_flavor.DatabricksStepOperatorFlavor",
    ),
    _built_in(
        "step_operator",
        "kubernetes",
        "kubernetes",
        "Kubernetes",
        "kubernetes_step_operator_flavor.KubernetesStepOperatorFlavor",
    ),
    _built_in("step_operator", "modal", "modal", "Modal", "modal_step_operator_flavor.ModalStepOperatorFlavor"),
    _built_in("step_operator", "runai", "runai", "Run:AI", "runai_step_operator_flavor.RunAIStepOperatorFlavor"),
    _built_in(
        "step_operator", "sagemaker", "aws", "SageMaker", "sagemaker_step_operator_flavor.SagemakerStepOperatorFlavor"
    ),
    _built_in(
        "step_operator",
        "spark-kubernetes",
        "spark",
        "Spark-Kubernetes",
        "spark_on_kubernetes_step_operator_flavor.KubernetesSparkStepOperatorFlavor",
    ),
    _built_in("step_operator", "ssh", "ssh", "Ssh", "ssh_step_operator_flavor.SSHStepOperatorFlavor"),
    _built_in("step_operator", "vertex", "gcp", "Vertex AI", "vertex_step_operator_flavor.VertexStepOperatorFlavor"),
)
"""All flavors of the client whose release is spoken here."""

BUILT_IN_BY_KEY = {(flavor.type, flavor.name): flavor for flavor in BUILT_IN}
BUILT_IN_BY_ID = {flavor.id: flavor for flavor in BUILT_IN}
