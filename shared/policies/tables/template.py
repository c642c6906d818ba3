"""A deployment template: the keys of an `az ml` online deployment, as Microsoft's own command line takes them.

The keys are those of `ManagedOnlineDeploymentSchema` and `KubernetesOnlineDeploymentSchema` in azure-ai-ml 1.35.
"""

from __future__ import annotations

from shared.policies.grammar import Document, Field, Kind, Table
from shared.policies.kinds import Text, Whole
from shared.policies.tables.serving import MOST_INSTANCES
from shared.policies.tables.texts import LINE, MACHINE

ANYTHING = Document("{}", strict=False)
KUBERNETES_ONLY = ("resources",)
MANAGED_ONLY = ("egress_public_network_access", "private_network_connection")
NAMES = {"MODEL_NAME", "MODEL_VERSION", "ENDPOINT_NAME"}


def _open(*keys: str) -> tuple[Field, ...]:
    return tuple(Field(key, ANYTHING, "As Azure ML takes it.", default=None) for key in keys)


def _group(example: str, *keys: str) -> Kind:
    return Table(fields=_open(*keys), example=example)


PROBE = _group("{period: 10}", "initial_delay", "period", "timeout", "success_threshold", "failure_threshold")
REQUESTS = _group(
    "{request_timeout_ms: 5000}", "request_timeout_ms", "max_concurrent_requests_per_instance", "max_queue_wait_ms"
)
CODE = _group("{code: src, scoring_script: score.py}", "code", "scoring_script")

TEMPLATE = Table(
    fields=(
        Field("endpoint_name", LINE, "The endpoint, if it is said at all.", default=None),
        Field(
            "model",
            Document("azureml:${MODEL_NAME}:${MODEL_VERSION}", strict=False),
            "The model, with the two variables in it.",
        ),
        Field("instance_type", MACHINE, "The machine.", default=None),
        Field("instance_count", Whole(1, MOST_INSTANCES, "instances", "1"), "How many machines.", default=None),
        Field("type", Text("managed|kubernetes", "managed or kubernetes", "managed"), "The kind.", default=None),
        Field("$schema", LINE, "Where the editor finds Microsoft's schema.", default=None),
        Field("code_configuration", CODE, "The scoring code.", default=None),
        Field("request_settings", REQUESTS, "How requests are queued.", default=None),
        Field("liveness_probe", PROBE, "Is it alive?", default=None),
        Field("readiness_probe", PROBE, "Is it ready?", default=None),
        *_open("name", "description", "id", "tags", "properties", "environment", "environment_variables"),
        *_open("app_insights_enabled", "scale_settings", "model_mount_path", "data_collector"),
        *_open(*KUBERNETES_ONLY, *MANAGED_ONLY),
    ),
    example="{model: azureml:${MODEL_NAME}:${MODEL_VERSION}, instance_type: Standard_DS3_v2}",
)
