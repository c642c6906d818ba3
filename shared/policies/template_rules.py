"""Checks of a template beyond those of Microsoft's loader: its model, its type, and the service's limits.

The loader itself runs in `teal policy check` (`shared.adapters.template_loader`); here nothing needs Azure's SDK.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from shared.core.schema.findings import Part, Values
from shared.policies.kubernetes_rules import check_kubernetes
from shared.policies.numbers import number_of
from shared.policies.variables import names_in

MODEL = "azureml:${MODEL_NAME}:${MODEL_VERSION}"
# A reference to exactly the registered version; the loader checks its prefix.
EXACT = re.compile(
    r"(azureml:)?\$\{MODEL_NAME\}:\$\{MODEL_VERSION\}|azureml:.*/models/\$\{MODEL_NAME\}/versions/\$\{MODEL_VERSION\}",
    re.IGNORECASE,
)
KUBERNETES_ONLY = ("resources",)
MANAGED_ONLY = ("egress_public_network_access", "private_network_connection")


class Limit(NamedTuple):
    """A limit of the service. most: None for none; on_kubernetes: the same, for Kubernetes deployments."""

    path: str
    least: int
    most: int | None = None
    on_kubernetes: int | None = None
    unit: str = ""


# From Microsoft's articles how-to-manage-quotas ("Max request time-out at endpoint level") and
# reference-yaml-deployment-managed-online and -kubernetes-online.
LIMITS = (
    Limit("request_settings.request_timeout_ms", 1, 180_000, 300_000, " milliseconds"),
    Limit("request_settings.max_concurrent_requests_per_instance", 1),
    Limit("request_settings.max_queue_wait_ms", 0),
    *(
        Limit(f"{probe}.{key}", 1)
        for probe in ("liveness_probe", "readiness_probe")
        for key in ("initial_delay", "period", "timeout", "success_threshold", "failure_threshold")
    ),
)


def check_template(template: Part) -> None:
    """Report a model other than the registered one, keys of the other type, and values that the service refuses."""
    _check_model(template)
    _check_type(template)
    for limit in LIMITS:
        _check_limit(template, limit)
    if is_kubernetes(template.values):
        check_kubernetes(template)


def is_kubernetes(values: Values) -> bool:
    """Return whether a template is meant for Kubernetes, by its type or its schema."""
    return values.get("type") == "kubernetes" or "kubernetesonlinedeployment" in str(values.get("$schema")).lower()


def _check_model(template: Part) -> None:
    """Report a model that is not the registered version, or would not be.

    A model with a path is not a reference: Azure ML registers the folder, as a new version if there is none yet.
    """
    written = template["model"]
    if written is None and not template.writes("model"):
        if "MODEL_VERSION" not in names_in(template["environment"] or ""):
            words = (
                f"missing; write it like model: {MODEL}, or use ${{MODEL_VERSION}} in environment if the image has it"
            )
            template.add("model", words)
        return
    if written is None:
        return  # reported where it was read
    missing = {"MODEL_NAME", "MODEL_VERSION"} - names_in(written)
    if missing:
        unused = " and ".join(f"${{{name}}}" for name in sorted(missing))
        template.add("model", f"does not use {unused}, so it is not the registered model; write model: {MODEL}")
    model = json.loads(written)
    if not missing and not _is_exact(model):
        template.add("model", f"is not exactly the registered model; write model: {MODEL}")
    if isinstance(model, dict) and "path" in model:
        words = f"Azure ML would register this as a version of its own; leave it out, or write model: {MODEL}"
        template.add("model.path", words)


def _is_exact(model: Any) -> bool:  # noqa: ANN401 -- whatever JSON has
    """Return whether a model is the registered version, which the rollout deploys whatever else is written."""
    if isinstance(model, dict):
        return (model.get("name"), model.get("version")) == ("${MODEL_NAME}", "${MODEL_VERSION}")
    return isinstance(model, str) and EXACT.fullmatch(model) is not None


def _check_type(template: Part) -> None:
    """Report what `az ml` would reject or misread: it goes by `type` alone, and each type has its own keys."""
    typed = template["type"] == "kubernetes"
    if is_kubernetes(template.values) and not typed:
        words = "is for Kubernetes, but `az ml` goes by type and would make a managed deployment; add type: kubernetes"
        template.add("$schema", words)
        return
    for key in MANAGED_ONLY if typed else KUBERNETES_ONLY:
        if template[key] is not None:
            own, other = ("Kubernetes", "managed") if typed else ("managed", "Kubernetes")
            template.add(key, f"is only for {other} deployments, and this is a {own} deployment; leave it out")


def _check_limit(template: Part, limit: Limit) -> None:
    written = template.find(limit.path)
    value = None if written is None else number_of(json.loads(written))
    most = limit.on_kubernetes if is_kubernetes(template.values) else limit.most
    if value is None or (value >= limit.least and (most is None or value <= most)):
        return
    allowed = f"{limit.least} to {most}" if most is not None else f"at least {limit.least}"
    template.add(limit.path, f"Azure ML allows {allowed}{limit.unit}, not {value:.15g}")
