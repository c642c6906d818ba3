"""What a policy says of the endpoint, the models and the deployment that it makes."""

from __future__ import annotations

from types import MappingProxyType

from shared.core.policy import Capacity, EndpointSpec
from shared.policies.grammar import Field, Labels, Sequence, Table
from shared.policies.kinds import Choice, Either, Text, Whole, YesNo
from shared.policies.tables.texts import ENDPOINT_NAME, MACHINE, path_like

CAPACITY, ENDPOINT = Capacity(), EndpointSpec()
# Azure's own limit for a managed deployment.
MOST_INSTANCES = 50

CREATE = Table(
    fields=(
        Field(
            "auth_mode",
            Choice(("key", "aml_token", "aad_token"), hints={"token": "write aml_token or aad_token"}),
            "How callers prove who they are.",
            default=ENDPOINT.auth_mode,
        ),
        Field(
            "identity",
            Sequence(
                Text(
                    r"system|/subscriptions/[^\x00-\x1f\x7f]+/userAssignedIdentities/[^\x00-\x1f\x7f/]+",
                    "`system` or the ARM id of a user-assigned identity",
                    "system",
                ),
                "[system]",
                alone=True,
            ),
            "Whom the endpoint acts as: `system`, or ARM ids of user-assigned identities.",
            default=tuple(ENDPOINT.identity),
        ),
    ),
    example="{auth_mode: key}",
)

ENDPOINT_TABLE = Table(
    fields=(
        Field("name", ENDPOINT_NAME, "The endpoint's name; case does not matter."),
        Field(
            "create",
            CREATE,
            "Make the endpoint in this way if it does not exist; that takes a `template`. Without `create` a missing "
            "endpoint ends the rollout.",
            default=None,
        ),
    ),
    example="churn",
    short="name",
    expects=ENDPOINT_NAME.rule,
)

MODEL = Table(
    fields=(
        Field(
            "name",
            Text(
                r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,254}",
                "a model's name without version (letters, digits, dot, dash, underscore)",
                "churn-model",
            ),
            "The model's exact name. Every newly registered version of it sets off a rollout.",
        ),
        Field(
            "version",
            Text(r"[^\x00-\x20\x7f/:]{1,64}", "a version or a pattern of versions", '"2.*"', numbers=True),
            "Only versions that fit this: `*` is any text, `?` one character, `[0-9]` one of these.",
            default="*",
        ),
        Field(
            "tags",
            Labels(Text(r"[^\x00-\x1f\x7f]{0,256}", "text of at most 256 characters", '"production"'), "{stage: prod}"),
            "Tags that the version must all have, with these values.",
            default=MappingProxyType({}),
        ),
    ),
    example="{name: churn-model}",
    hints={"tag": "unknown key; did you mean tags?", "versions": "unknown key; did you mean version?"},
)

TEMPLATE_EXAMPLE = "deployments/churn.yml"
DEPLOYMENT = Table(
    fields=(
        Field(
            "from",
            Choice(("live",), hints={"template": f"for a template write deployment: {{template: {TEMPLATE_EXAMPLE}}}"}),
            "`live`: a copy of the deployment that serves, with the new model in it.",
            default=None,
            otherwise="`live`, unless there is a `template`",
        ),
        Field(
            "template",
            path_like(TEMPLATE_EXAMPLE),
            "An `az ml` deployment file (managed or Kubernetes) inside the policies folder, in which `${MODEL_NAME}`, "
            "`${MODEL_VERSION}` and `${ENDPOINT_NAME}` are filled in. Instead of `from`.",
            default=None,
        ),
        Field(
            "instance_type",
            MACHINE,
            "Another machine than the serving deployment or the template has.",
            default=None,
            otherwise="as there",
        ),
        Field(
            "instance_count",
            Either((Choice(("same", "proportional")), Whole(1, MOST_INSTANCES, "instances", "3")), "3"),
            "How many instances green gets: the `same` as blue, a number, or `proportional` to its share of the "
            "traffic, growing before each mirror and weight (blue shrinks after the promotion).",
            default=None,
            otherwise="the template's number, or else `same`",
        ),
        Field(
            "autoscale", YesNo(), "Whether green gets a copy of blue's autoscale settings.", default=CAPACITY.autoscale
        ),
    ),
    example="{from: live}",
    hints={"capacity": "unknown key; did you mean instance_count?"},
)
