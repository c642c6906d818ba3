"""A policy in words: what starts it, each step, what the step waits for, and what would stop it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cli.policy.judged import certified
from cli.policy.wording import listed, span
from shared.core.admission.admit import MOST_REPLACED
from shared.core.policy import FreezeWindow, ModelSelector, Policy, TemplateSource
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, Step, WeightStep
from shared.policies.tables.freeze import DAYS


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the rollout. title: its name. does: what happens. stops: what would stop it, and what follows."""

    title: str
    does: str
    stops: str


def stages(policy: Policy) -> list[Stage]:
    """Return the stages of a rollout, in order."""
    limit = span(policy.deadlines.provisioning)
    made = Stage(
        "deploy", f"Creates green: {_source(policy)}.", f"Not ready within {limit}: green is deleted, nothing changed."
    )
    return [made, *(_stage(policy, index, step) for index, step in enumerate(policy.steps)), _promotion(policy)]


def begins(policy: Policy) -> str:
    """Return what starts a rollout."""
    models = listed([_model(model) for model in policy.models], "or")
    picked = f" with the tag teal={policy.name}" if policy.name else ""
    newer = (
        "Of the versions registered in the meantime, the newest waits for it to end."
        if policy.newer_version == "wait"
        else (
            "A version registered in the meantime replaces it: this one is rolled back first. After "
            f"{MOST_REPLACED} replacements without a promotion one is allowed to finish."
        )
    )
    missing = (
        f" If the endpoint does not exist, it is created ({policy.create_endpoint.auth_mode})."
        if policy.create_endpoint
        else ""
    )
    lost = "A version whose event is lost is reported within a day" + (
        ", and the newest one is started." if policy.missed_versions == "start" else "."
    )
    rolled_out = f"Every new version of {models}{picked} is rolled out on the endpoint {policy.endpoint}."
    return f"{rolled_out}{missing} {newer} {lost}"


def always(policy: Policy) -> list[str]:
    """Return what would stop a rollout at any step."""
    risk, whole = policy.judge.risk.rollback, span(policy.deadlines.rollout)
    kept = "deleted" if policy.on_rollback == "delete" else "kept for inspection"
    found = [
        f"Green is worse than blue, by all gates together at odds of {1 / risk:,.0f} to 1: rolled back immediately.",
        f"A step takes longer than {span(policy.deadlines.step)}, or the rollout longer than {whole}: rolled back.",
        "An operator can roll back at any time while blue exists, and pause, resume or promote.",
        f"After a rollback, green is {kept}.",
        "What an ended rollout left behind is reported within a day"
        + (", and removed a day later unless someone used or changed it." if policy.orphans == "remove" else "."),
    ]
    mismatch = "Green receives clearly more or fewer of the live requests than its weight: reported"
    found.append(mismatch + (", and held until it does not." if policy.judge.traffic_mismatch == "hold" else "."))
    return found + [f"Nothing advances {_window(window)}: {window.why}." for window in policy.freeze]


def _stage(policy: Policy, index: int, step: Step) -> Stage:
    match step:
        case SmokeStep():
            return _smoke(step)
        case MirrorStep():
            return _mirror(policy, step)
        case WeightStep():
            return _weight(policy, index, step)
        case PauseStep(duration=None):
            return Stage("pause", "Waits until an operator resumes or promotes.", "Not resumed in time: rolled back.")
        case PauseStep(duration=duration):
            return Stage("pause", f"Waits {span(duration)}." if duration else "", "An operator can resume earlier.")
        case _:
            return Stage(step.kind, "", "")


def _smoke(step: SmokeStep) -> Stage:
    sent = (
        f"the requests of {listed(step.paths)}"
        if step.paths
        else "the sample request of the endpoint's API description"
    )
    rounds = f", {step.repeat} times (the last time counts)" if step.repeat > 1 else ""
    wants = [f"status {step.status} within {span(step.timeout)}"]
    wants += [f"at most {span(step.slowest)}"] if step.slowest else []
    wants += [f"an answer that matches {step.schema}"] if step.schema else []
    wants += [f"an answer that contains {step.contains}"] if step.contains is not None else []
    does = f"Green answers {sent}{rounds}: {listed(wants)}."
    return Stage("smoke", does, "Any other answer: green is removed before any user reaches it.")


def _mirror(policy: Policy, step: MirrorStep) -> Stage:
    ends = [f"{span(step.duration)} have passed"] if step.duration else []
    ends += [f"green has answered {step.requests:,}"] if step.requests else []
    until = listed(ends, "or") or "the first weight is certified"
    does = f"Mirrors {step.percent}% of the live traffic to green until {until}. Its answers are discarded."
    stops = "Green is worse than blue: it is removed before any user reaches it."
    patience = span(policy.judge.patience + (step.duration or timedelta(0)))
    missing = "Too little evidence" if step.duration else "Too few answers" if step.requests else "Not certified"
    stops += f" {missing} after {patience}: {_follows(policy.judge.inconclusive)}."
    return Stage(f"mirror {step.percent}%", does, stops)


def _weight(policy: Policy, index: int, step: WeightStep) -> Stage:
    settings = policy.judge
    least = settings.risk.settled_minutes if step.settled_minutes is None else step.settled_minutes
    ahead = policy.next_weight(index)
    does = f"{step.weight}% of the live traffic goes to green, for at least {least} whole minutes"
    if ahead is None or step.gates == ():
        return Stage(f"weight {step.weight}%", does + ".", "Green is worse than blue: rolled back.")
    patience = span(settings.patience if step.patience is None else step.patience)
    then = step.inconclusive or settings.inconclusive
    odds = f"{1 / settings.risk.advance:,.0f} to 1"
    gates = listed(certified(settings, step.gates))
    does += f" and until {ahead}% is certified to stay within the harm budget, at odds of {odds} by {gates}."
    return Stage(f"weight {step.weight}%", does, f"Not certified after {patience}: {_follows(then)}.")


def _follows(inconclusive: str) -> str:
    if inconclusive == "pause":
        return "paused for an operator"
    return "advances uncertified, unless green looks suspicious"


def _promotion(policy: Policy) -> Stage:
    count = policy.capacity.kept
    scaled = "" if count is None else f" on {count} instance{'s' * (count > 1)}"
    stays = (
        f"Blue stays {span(policy.keep_blue)}{scaled}, or until a newer green is promoted"
        if policy.keep_blue
        else "Blue does not stay"
    )
    does = f"All traffic goes to green, which is still judged; then green serves. {stays}, then it is deleted."
    return Stage("promote", does, "Green is worse than blue was: rolled back.")


def _source(policy: Policy) -> str:
    source, capacity = policy.source, policy.capacity
    made = f"from {source.path}" if isinstance(source, TemplateSource) else "a copy of blue with the new model"
    machine = f", on {source.instance_type}" if source.instance_type else ""
    count = {"same": "as many instances as blue", "proportional": "instances in proportion to its traffic"}.get(
        str(capacity.green), f"{capacity.green} instances"
    )
    return f"{made}{machine}, {count}"


def _model(model: ModelSelector) -> str:
    version = "" if model.version == "*" else f" whose version matches {model.version}"
    tags = [f"{key}={value}" for key, value in sorted(model.tags.items())]
    return f"{model.name}{version}" + (f" tagged {listed(tags)}" if tags else "")


def _window(window: FreezeWindow) -> str:
    if window.since is not None and window.until is not None:
        since, until = (at.replace(tzinfo=None).isoformat(" ", "minutes") for at in (window.since, window.until))
        return f"from {since} to {until} UTC"
    days = listed([DAYS[day].capitalize() for day in window.days])
    if window.start == window.end:
        return f"on {days} ({window.zone})"
    overnight = " of the next day" if window.end < window.start and window.end != window.end.min else ""
    end = "24:00" if window.end == window.end.min else f"{window.end:%H:%M}"
    return f"on {days} from {window.start:%H:%M} to {end}{overnight} ({window.zone})"
