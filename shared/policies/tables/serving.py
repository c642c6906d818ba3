"""How a policy describes the endpoint, the models, the new deployment, and how long the old one stays."""

from __future__ import annotations

from datetime import timedelta

from shared.core.policy import Capacity, EndpointSpec, ModelSelector, Policy
from shared.core.schema.findings import Part
from shared.core.schema.grammar import Field, Labels, Sequence, Table
from shared.core.schema.kinds import choice, either, file, text, whole, yes_no
from shared.core.schema.texts import ENDPOINT_NAME, INSTANCE_TYPE, MOST_INSTANCES
from shared.core.schema.times import DAY, duration

TEMPLATE = "deployments/churn.yml"
WITH_TEMPLATE = f"deployment: {{template: {TEMPLATE}}}"


def _check_create(create: Part) -> None:
    if "deployment.template" not in create.findings.places:
        create.add("", f"a new endpoint has no deployment to copy; add a template, like {WITH_TEMPLATE}")


def _check_model(model: Part) -> None:
    if None not in model.values.values() and model.values in model.before:
        model.add("", f"duplicate of models[{list(model.before).index(model.values)}]")
    if model["registry"] and model["tags"]:
        model.add(
            "tags", "Teal cannot read the tags of a registry's models, and an operator starts them; leave tags out"
        )
    elsewhere = [other for other in model.before if other and other["name"] == model["name"]]
    if any(other["registry"] != model["registry"] for other in elsewhere):
        model.add(
            "registry", f"{model['name']} is listed twice, in different places; one policy takes it from one place"
        )


def _check_source(deployment: Part) -> None:
    if deployment.writes("template") and deployment["from"]:
        deployment.add("template", "use either `from: live` or a template, not both")


CREATE = Table(
    fields=(
        Field(
            "auth_mode",
            choice("key", "aml_token", "aad_token", hints={"token": "write aml_token or aad_token"}),
            "How callers authenticate.",
        ),
        Field(
            "identity",
            Sequence(
                text(
                    r"system|/subscriptions/[^\x00-\x1f\x7f]+/userAssignedIdentities/[^\x00-\x1f\x7f/]+",
                    "`system` or the ARM id of a user-assigned identity",
                    "system",
                ),
                "[system]",
                alone=True,
            ),
            "The endpoint's identity: `system`, or ARM ids of user-assigned identities.",
        ),
    ),
    example="{auth_mode: key}",
    makes=EndpointSpec,
    check=_check_create,
)

ENDPOINT = Table(
    fields=(
        Field("name", ENDPOINT_NAME, "The endpoint's name; not case-sensitive."),
        Field(
            "create",
            CREATE,
            "Create the endpoint like this if it does not exist; requires a `template`. Without `create`, a missing "
            "endpoint ends the rollout.",
            default=None,
        ),
    ),
    example="churn",
    short="name",
    expects=ENDPOINT_NAME.expects,
)

MODEL = Table(
    fields=(
        Field(
            "name",
            text(
                r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,254}",
                "a valid model name without a version (letters, digits, dots, dashes, underscores)",
                "churn-model",
            ),
            "The model's exact name. Every newly registered version of it triggers a rollout.",
        ),
        Field(
            "version",
            text(r"(?![<>=^~])[^\x00-\x20\x7f/:]{1,64}", "a valid version or version pattern", '"2.*"', numbers=True),
            "Only versions that match: `*` is any text, `?` one character, `[0-9]` one of these.",
        ),
        Field(
            "tags",
            Labels(text(r"[^\x00-\x1f\x7f]{0,256}", "text of at most 256 characters", '"production"'), "{stage: prod}"),
            "Tags that the version must have, all with these values.",
        ),
        Field(
            "registry",
            text(
                r"[a-zA-Z0-9][a-zA-Z0-9_-]{1,32}",
                "a valid registry name (letters, digits, dashes, underscores)",
                "shared",
            ),
            "The Azure ML registry that has the model, instead of the workspace. Registries send no events: start its "
            "rollouts over HTTP.",
        ),
    ),
    example="{name: churn-model}",
    makes=ModelSelector,
    check=_check_model,
    hints={"tag": "unknown key; did you mean tags?", "versions": "unknown key; did you mean version?"},
)

DEPLOYMENT = Table(
    fields=(
        Field(
            "from",
            choice("live", hints={"template": f"for a template write {WITH_TEMPLATE}"}),
            "`live`: a copy of the serving deployment with the new model in it.",
            default=None,
            otherwise="`live`, unless there is a `template`",
        ),
        Field(
            "template",
            file("template", TEMPLATE),
            "An `az ml` deployment file (managed or Kubernetes) inside the policies folder, in which `${MODEL_NAME}`, "
            "`${MODEL_VERSION}` and `${ENDPOINT_NAME}` are replaced. Instead of `from`.",
            default=None,
        ),
        Field(
            "instance_type",
            INSTANCE_TYPE,
            "An instance type other than that of the serving deployment or the template.",
            default=None,
            otherwise="as there",
        ),
        Field(
            "instance_count",
            either("3", choice("same", "proportional"), whole(1, MOST_INSTANCES, "instances", "3")),
            "How many instances green gets: the `same` as blue, a number, or `proportional` to its share of traffic, "
            "growing before each mirror and weight (blue shrinks after promotion).",
            default=None,
            otherwise="the template's number, or else `same`",
        ),
        Field(
            "autoscale",
            yes_no(),
            "Whether green gets a copy of blue's autoscale settings.",
            default=Capacity().autoscale,
        ),
    ),
    example="{from: live} or {template: deployments/churn.yml}",
    check=_check_source,
    hints=dict.fromkeys(("capacity", "instances"), "unknown key; did you mean instance_count?"),
)

KEEP_BLUE = Table(
    fields=(
        Field(
            "for",
            duration(timedelta(), 90 * DAY, "24h"),
            "How long it stays. A newer version does not wait for this, and ends it only when promoted.",
            default=Policy("", (), ()).keep_blue,
        ),
        Field(
            "instances",
            whole(1, MOST_INSTANCES, "instances", "1"),
            "How many instances it is scaled down to while it stays.",
            default=None,
            otherwise="as many as it has",
        ),
    ),
    example="24h or {for: 24h, instances: 1}",
    short="for",
    expects="a duration from 0s to 90d or a mapping",
)
