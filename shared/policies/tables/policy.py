"""The schema of a complete policy file, and its conversion to the core's policy."""

from __future__ import annotations

from shared.core.gates import GATE_KINDS
from shared.core.judge.verdict import Risk
from shared.core.policy import Capacity, JudgeSettings, LiveSource, Policy, TemplateSource
from shared.core.schema.findings import Part, Values
from shared.core.schema.grammar import Field, Sequence, Table
from shared.core.schema.kinds import choice, text
from shared.core.schema.texts import PATTERN
from shared.policies.needed_gates import check_needed
from shared.policies.tables.freeze import FREEZE, check_coverage
from shared.policies.tables.judging import DEADLINES, TELEMETRY, judging
from shared.policies.tables.serving import DEPLOYMENT, ENDPOINT, KEEP_BLUE, MODEL, WITH_TEMPLATE
from shared.policies.tables.steps import steps

SKIP = "skip"
IN_DEPLOYMENT = "belongs in deployment, like deployment: {from: live, %s}"
HINTS = {
    "instance_count": IN_DEPLOYMENT % "instance_count: same",
    "instance_type": IN_DEPLOYMENT % "instance_type: Standard_DS3_v2",
    "autoscale": IN_DEPLOYMENT % "autoscale: true",
    "template": f"belongs in deployment, like {WITH_TEMPLATE}",
    "create": "belongs in endpoint, like endpoint: {name: churn, create: {auth_mode: key}}",
    "$schema": f"belongs in an `az ml` file, which goes into a subfolder; name it here, like {WITH_TEMPLATE}",
    "model": "unknown key; did you mean models: [{name: churn-model}]?",
    "freezes": "unknown key; did you mean freeze?",
}


def policy_table(workspace: str = "") -> Table:
    """Return the schema of a policy file, with every registered kind of step and gate.

    workspace: for a policy that names none.
    """
    judge = judging()
    return Table(
        fields=(
            *_selection(workspace),
            Field("deployment", DEPLOYMENT, "Where green comes from.", default=DEPLOYMENT.defaults()),
            Field(
                "steps",
                steps(),
                "What happens, in this order. After the last step green is promoted: it gets all traffic.",
            ),
            Field("judge", judge, "How green is judged while it has live traffic.", default=judge.defaults()),
            Field("telemetry", TELEMETRY, "Where the judge's data comes from, and when.", default=TELEMETRY.defaults()),
            Field(
                "deadlines",
                DEADLINES,
                "How long each part may take before the rollout is rolled back.",
                default=DEADLINES.defaults(),
            ),
            Field(
                "newer_version",
                choice("wait", "replace"),
                "What happens to a version that is registered while a rollout is open: the newest one waits until "
                "that rollout ends, or replaces it.",
            ),
            Field(
                "missed_versions",
                choice("report", "start"),
                "What happens to newer registered versions that have no rollout because their event was lost (checked "
                "once a day): they are reported, or the newest one is also started.",
            ),
            *_ending(),
        ),
        example="{endpoint: churn, models: [{name: churn-model}], steps: [{weight: 10}]}",
        makes=Policy,
        make=_make,
        check=_check,
        hints=HINTS,
    )


def _ending() -> tuple[Field, ...]:
    """Return the keys about when a rollout must not advance, and about what it leaves behind."""
    return (
        Field("freeze", FREEZE, "When no rollout advances. Rolling back is never frozen."),
        Field(
            "keep_blue",
            KEEP_BLUE,
            "How long the old deployment stays after promotion, so that a rollback stays possible. What serves is "
            "watched for as long after every ending.",
            default=KEEP_BLUE.defaults(),
        ),
        Field("on_rollback", choice("delete", "keep"), "What happens to green after a rollback."),
        Field(
            "orphans",
            choice("report", "remove"),
            "What happens to a leftover green or replaced blue of an ended rollout (checked once a day): it is "
            "reported, or also removed a day later unless someone has used or changed it.",
        ),
        Field(
            "redact",
            Sequence(PATTERN, "['ACME-[0-9]{6}']", most=20),
            "Regular expressions for text that must not be stored from responses, container logs, errors and "
            "operators' reasons, applied to each line. Keys, tokens and passwords are never kept, whatever this says.",
            default=(),
        ),
    )


def _selection(workspace: str) -> tuple[Field, ...]:
    """Return the keys that select what a policy applies to."""
    return (
        Field("endpoint", ENDPOINT, "The online endpoint: its name, or also how to create it."),
        Field(
            "workspace",
            text(
                r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}",
                "a valid workspace name (3 to 33 letters, digits, dashes and underscores)",
                "ml-production",
            ),
            "The Azure ML workspace that the endpoint and the models are in.",
            default=workspace,
            otherwise="the app's workspace",
        ),
        Field(
            "name",
            text(
                r"(?!skip$)[a-z0-9][a-z0-9-]{0,62}",
                "a valid policy name (lowercase letters, digits, dashes; not skip)",
                "careful",
            ),
            "For an endpoint with several policies: all but one have a name, and a model whose tag `teal` is that "
            "name gets this policy.",
        ),
        Field("models", Sequence(MODEL, "[{name: churn-model}]"), "The models whose new versions are rolled out."),
    )


def _check(policy: Part) -> None:
    fields = (field for kind in GATE_KINDS.values() if (field := kind.policy_field()))
    check_needed(policy, tuple(fields))
    check_coverage(policy)


def _make(values: Values) -> Policy:
    """Return the core's policy. Names that Azure treats as case-insensitive are in lower case, so each has one lock."""
    endpoint, deployment, judge, telemetry, keep_blue = (
        values.pop(key) for key in ("endpoint", "deployment", "judge", "telemetry", "keep_blue")
    )
    machine, count = deployment["instance_type"], deployment["instance_count"]
    template = deployment["template"]
    return Policy(
        endpoint=endpoint["name"].lower(),
        workspace=values.pop("workspace").lower(),
        create_endpoint=endpoint["create"],
        source=TemplateSource(template, machine) if template else LiveSource(machine),
        capacity=Capacity(
            green=Capacity().green if count is None else count,
            kept_blue=keep_blue["instances"],
            autoscale=deployment["autoscale"],
        ),
        judge=JudgeSettings(
            risk=Risk(judge.pop("rollback_risk"), judge.pop("advance_risk"), judge.pop("settled_minutes")),
            **judge,
            **telemetry,
        ),
        keep_blue=keep_blue["for"],
        **values,
    )
