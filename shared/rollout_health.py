"""Checks an open rollout, or one that still cleans up: what it needs, and whether it makes progress.

Whatever waits for an operator is a finding here, because the alerts are raised from the findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from shared.core.observation import EndpointSeen, Provisioning
from shared.core.phases import Phase
from shared.core.reconcile.leftovers import leftover
from shared.core.rollout import Rollout
from shared.core.rollout.pauses import PauseCause, pause_cause, waits_for_operator
from shared.core.rollout.reasons import ReasonCode
from shared.core.rollout.refusal import ActionKind
from shared.findings import Finding, Severity
from shared.words import sentence

UNSEEN = timedelta(minutes=15)
WAITING = timedelta(hours=1)  # for an operator
UNHEALTHY = (
    "repair it, or give its traffic to another deployment; the rollout's history says what fails. If a rollback waits "
    "for blue and the policy has no smoke step, roll back once blue is repaired"
)
UNCHECKED = "have telemetry or the smoke requests show that what serves answers; it is deleted then, or delete it"
MIRRORED = "remove what Azure's message names; then the mirror is ended, and the cleanup finished"
UNJUDGED = "remove this problem: until then green keeps its traffic and nothing judges it; roll back if in doubt"
BROKEN = "read its state and its log, and repair or replace it; or give its traffic to a deployment that answers"
LEFT = (
    "the end of its history says what is wrong; move the traffic yourself (`az ml online-endpoint update --traffic`). "
    "If it has all traffic and should keep it, start its version again (POST /api/rollouts)"
)
SMALL = (
    "scale it to that (`az ml online-deployment update --set instance_count=<n>`), or to another number that it serves "
    "well with"
)
UNSCALED = "enable them in Azure Monitor, or delete them if they are not wanted any more"
ALERTING = {  # holds
    ReasonCode.GREEN_FAILS_ALONE,
    ReasonCode.GREEN_FAILS_UNCOMPARED,
    ReasonCode.ROLLBACK_WITHHELD,
    ReasonCode.DEADLINE_WITHHELD,
}
UNTESTED = "deploy the app with that file, and the rollout goes on; or roll back, and start the version again"
HALTED = "end the halt once its cause is gone (DELETE /api/halt), or roll back"
HALT_UNKNOWN = "see `halt` in these findings, or roll back"
HELD = "remove the cause: it goes on when that is over; or roll back"
STUCK = "move the traffic yourself (`az ml online-endpoint update --traffic`), and remove what Azure's message names"


def rollout_findings(rollout: Rollout, now: datetime) -> Iterator[Finding]:
    """Yield findings on what a rollout needs, and on whether it makes progress."""
    about, observed = f"{rollout.endpoint} {rollout.id}", rollout.observed
    if rollout.open and observed.endpoint_problem:
        yield Finding(
            "azure_ml", Severity.FAILING, observed.endpoint_problem, about,
            "check Teal's role on the workspace, and Azure's status",
        )  # fmt: skip
    if rollout.open and (problem := _telemetry_problem(rollout)):
        yield Finding(
            "telemetry", Severity.WARNING, problem, about,
            "check the endpoint's diagnostic setting and Teal's role on the Log Analytics workspace",
        )  # fmt: skip
    if rollout.open and (held := rollout.hold_reason) is not None and held.code is ReasonCode.SMOKE_UNREADABLE:
        yield Finding("policy", Severity.WARNING, sentence(held), about, UNTESTED)
    if problem := _unhealthy(rollout):
        yield Finding("unhealthy", Severity.FAILING, problem, about, UNHEALTHY)
    elif rollout.ending.overdue and rollout.ending.cleaned is None:
        yield _waiting_cleanup(rollout, about)
    if rollout.phase is Phase.ROLLING_BACK and rollout.refusal is not None:
        refused = f"Azure refuses what the rollback needs: {rollout.refusal.message}"
        yield Finding("rollback", Severity.FAILING, refused, about, STUCK)
    yield from _progress(rollout, about, now)


def _waiting_cleanup(rollout: Rollout, about: str) -> Finding:
    """Return the finding on a leftover that waits for Azure to end Teal's mirror, or for a healthy deployment."""
    refusal = rollout.refusal
    if rollout.orders.mirror and refusal is not None and refusal.action is ActionKind.SET_MIRROR:
        kept = f"{rollout.green} still gets a mirror, and Azure refuses to end it: {refusal.message}"
        return Finding("cleanup", Severity.WARNING, kept, about, MIRRORED)
    kept = f"{leftover(rollout)} is still deployed, because it is not known whether what serves works"
    return Finding("cleanup", Severity.WARNING, kept, about, UNCHECKED)


def traffic_findings(seen: EndpointSeen, newest: Iterable[Rollout], about: str) -> Iterator[Finding]:
    """Yield findings on live deployments that need an operator. newest: the endpoint's rollouts, newest first."""
    for name, share in seen.traffic.items():
        deployment = seen.deployments.get(name)
        if deployment is not None and deployment.state in {Provisioning.FAILED, Provisioning.CANCELED}:
            problem = f"{name} has {share} % of the traffic, and Azure ML shows it as {deployment.state.value}"
            yield Finding("deployment", Severity.FAILING, problem, about, BROKEN)
    failed = _unresolved(newest, seen)
    if failed is not None:
        problem = f"{failed.green} still has {seen.traffic[failed.green]} % of the traffic, but its rollout failed"
        yield Finding("failed_rollout", Severity.FAILING, problem, f"{about} {failed.id}", LEFT)


def restoring_findings(
    seen: EndpointSeen, newest: Iterable[Rollout], about: str, autoscaled: Callable[[], Mapping[str, bool]]
) -> Iterator[Finding]:
    """Yield findings on a blue that serves again without the instances or the autoscaler that it had before.

    newest: the endpoint's rollouts, newest first. autoscaled: reads which autoscale settings are enabled.
    """
    for rollout in newest:
        if rollout.placement is None:
            continue
        if rollout.blue is None or rollout.blue not in seen.traffic:
            return
        left = rollout.ending.too_small
        if left is not None and left.instances == seen.instances(rollout.blue):
            problem = f"{rollout.blue} serves with {left.instances} of {left.wanted} instances"
            yield Finding("capacity", Severity.FAILING, problem, f"{about} {rollout.id}", SMALL)
        if rollout.ending.autoscale == "left" and autoscaled().get(rollout.blue.lower()) is False:
            problem = f"the autoscale settings of {rollout.blue}, which serves, are still disabled"
            yield Finding("capacity", Severity.FAILING, problem, f"{about} {rollout.id}", UNSCALED)


def _unresolved(newest: Iterable[Rollout], seen: EndpointSeen) -> Rollout | None:
    """Return the rollout that failed and whose green has the traffic that it had then; None if that was dealt with.

    It was dealt with if someone has set another split, if another version has been deployed since, or if the version
    was started again and found to serve. A newer version that was never deployed changes nothing.
    """
    found_again = set()
    for rollout in newest:
        if rollout.placement is not None:
            left = rollout.phase is Phase.FAILED and rollout.green in seen.traffic
            kept = left and seen.traffic in rollout.traffic.known
            return rollout if kept and rollout.model not in found_again else None
        if rollout.phase is Phase.SUPERSEDED:
            found_again.add(rollout.model)
    return None


def _progress(rollout: Rollout, about: str, now: datetime) -> Iterator[Finding]:
    """Yield a finding if the rollout is not observed, waits for an operator or evidence, or is past its deadline."""
    last, since = rollout.observed.last or rollout.status.since, rollout.status.since
    if now - last > UNSEEN:
        problem = rollout.observed.endpoint_problem or rollout.observed.telemetry_problem
        yield Finding(
            "progress", Severity.FAILING,
            f"not observed since {last.isoformat()}{f': {problem}' if problem else ''}", about,
            UNJUDGED if problem else "read the failures of the function `reconcile`",
        )  # fmt: skip
    elif waits_for_operator(rollout) and now - since > WAITING:
        yield Finding(
            "waiting", Severity.WARNING,
            f"has waited for an operator since {since.isoformat()}: {sentence(rollout.status.reason)}{_held(rollout)}",
            about, "resume, promote or roll back",
        )  # fmt: skip
    elif pause_cause(rollout) is PauseCause.EVIDENCE and now - since > WAITING:
        yield Finding(
            "waiting", Severity.WARNING,
            f"has waited for evidence or an operator since {since.isoformat()}: {sentence(rollout.status.reason)}",
            about, "promote or roll back; or wait: it resumes once there is enough, and is rolled back at its deadline",
        )  # fmt: skip
    elif rollout.open and now - since > rollout.policy.deadlines.rollout:
        yield Finding(
            "progress", Severity.WARNING, f"{rollout.phase} since {since.isoformat()}{_held(rollout)}", about,
            _remedy(rollout),
        )  # fmt: skip


def _held(rollout: Rollout) -> str:
    """Return why the rollout is on hold and since when, as the end of a message; empty if it is not."""
    hold = rollout.hold
    return "" if hold is None else f"; on hold since {hold.since.isoformat()}: {sentence(hold.reason)}"


def _remedy(rollout: Rollout) -> str:
    """Return what ends a rollout that takes too long. While it is on hold, neither `resume` nor `promote` does."""
    if rollout.hold is None:
        return "resume, promote or roll back; its history says what it waits for"
    remedies = {ReasonCode.HALTED: HALTED, ReasonCode.HALT_UNKNOWN: HALT_UNKNOWN}
    return remedies.get(rollout.hold.reason.code, HELD)


def _unhealthy(rollout: Rollout) -> str:
    """Return what is wrong if the serving deployment is unhealthy, or both are; empty if neither is known to be."""
    failing, sick = _failing(rollout), rollout.ending.unhealthy_reported
    if rollout.open and rollout.hold_reason is not None and rollout.hold_reason.code in ALERTING:
        return sentence(rollout.hold_reason)
    if rollout.phase is Phase.ROLLING_BACK and sick is not None and sick == rollout.blue:
        return f"{sick} cannot take its traffic back, so the rollback waits and the traffic stays as it is"
    if failing:
        who = f"both {failing[0]} and {failing[1]} fail" if len(failing) > 1 else f"{failing[0]} fails"
        overruled = ", and an operator has overruled the judge" if rollout.judge_overruled else ""
        return f"{who} far more requests than usual{overruled}"
    if sick is None:
        return ""
    why = rollout.status.reason.because
    if rollout.phase is Phase.FAILED and why is not None and why.code is ReasonCode.BLUE_FAILED_IN_AZURE:
        return sentence(why)
    return f"{sick} is unhealthy"


def _failing(rollout: Rollout) -> list[str]:
    """Return the deployments with live traffic that fail far more than blue's past allows, if the rollout is open."""
    watches, edited = rollout.judging.watches, rollout.traffic.edited
    given = rollout.wanted_traffic if edited is None else edited
    declared = {rollout.blue or "": watches.blue_failed.declared, rollout.green: watches.green_failed.declared}
    return [name for name, failing in declared.items() if rollout.open and failing and name in given]


def _telemetry_problem(rollout: Rollout) -> str:
    """Return why telemetry is useless to the rollout: it gave no answer, or shows none of the endpoint's requests."""
    silent = None if rollout.telemetry_proven else rollout.observed.unproven
    return rollout.observed.telemetry_problem or (sentence(silent) if silent else "")
