"""The five scenes. Each does what a user would do, waits for the outcome, and checks it against Azure.

After the first scene only Teal moves traffic.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cli.demo.api import Json
from cli.demo.checks import Checks, SceneFailedError
from cli.demo.cloud import start_app
from cli.demo.options import ENDPOINT, LEAST_RATE, OPERATOR, ROLLBACK_REASON, DemoOptions
from cli.demo.report import TEAL
from cli.demo.samples import Sample, by_deployment, per_minute, spared, within
from cli.demo.stage import Stage
from cli.demo.traffic import KEY, TRAFFIC_COMMAND

BASELINE_SECONDS = 320.0  # of traffic on version 1 alone, to give the judge blue's past
PATIENCE = 10_000.0  # seconds on the demo's clock; a rollout usually takes about 3,000
OVERLOADED = (408, 429)
MOST_TURNED_AWAY = 0.02
FIRST, SECOND, THIRD = (f"{ENDPOINT}-{number}" for number in (1, 2, 3))
Scene = Callable[[Stage, Checks], Awaitable[None]]


async def first_version(stage: Stage, checks: Checks) -> None:
    """Scene 1: create endpoint and deployment from YAML files with azure-ai-ml."""
    stage.screen.say("azure-ai-ml creates endpoint.yml and deployment.yml and uploads model and code")
    await stage.script("deploy", "--trained", str(stage.options.trained))
    state = await stage.endpoint.state()
    checks.equal("deployments in Azure", state.deployments, {FIRST: "Succeeded"})
    checks.equal("live traffic, as Azure says", state.traffic, {FIRST: 100})


async def live_traffic(stage: Stage, checks: Checks) -> None:
    """Scene 2: requests start and continue until the end; the function app starts and receives events."""
    requests = stage.options.trained / "requests.jsonl"
    command = [*TRAFFIC_COMMAND, await stage.endpoint.scoring_uri(), str(requests), str(stage.samples.path)]
    settings = stage.azure.environment | {KEY: await stage.endpoint.key(), "TEAL_CLOCK": stage.azure.names["clock"]}
    began = stage.clock.now()
    await stage.processes.begin("traffic", [*command, f"{stage.options.rate_per_minute:g}"], **settings)
    stage.screen.say("the function app starts on the development host")
    stage.app = await start_app(stage.processes, stage.azure)
    await stage.clock.sleep_until(began + BASELINE_SECONDS)
    flowing = stage.samples.read()
    _check_rate(checks, flowing, stage.options)
    checks.equal("requests answered by", list(by_deployment(flowing)), [FIRST])
    _check_no_failure(checks, flowing)


async def good_version(stage: Stage, checks: Checks) -> None:
    """Scene 3: version 2 is registered and promoted without further action."""
    began = stage.clock.now()
    await _register(stage, "2")
    rollout = await stage.follow("2", _finished, PATIENCE)
    checks.equal("version 2 is", rollout["phase"], "promoted")
    checks.equal("its shares of live traffic in Azure", stage.timeline.shares(SECOND), [10, 25, 50, 75, 100])
    await _check_serving(stage, checks, SECOND)
    _check_no_failure(checks, within(stage.samples.read(), began, stage.clock.now()))


async def failing_version(stage: Stage, checks: Checks) -> None:
    """Scene 4: version 3 fails on some inputs and is rolled back on the evidence."""
    await _register(stage, "3")
    rollout = await stage.follow("3", _finished, PATIENCE)
    checks.equal("version 3 is", rollout["phase"], "rolled-back")
    checks.equal("who decided it, as Teal's history says", _who_moved(rollout, "rolling-back"), [TEAL])
    verdict = (rollout["verdict"] or {}).get("outcome")
    checks.equal("the judge's verdict", verdict, "fail")
    await _check_serving(stage, checks, SECOND)
    _check_what_it_cost(stage, checks)


async def rolled_back_by_hand(stage: Stage, checks: Checks) -> None:
    """Scene 5: version 4 is good, but an operator rolls it back halfway."""
    began = stage.clock.now()
    await _register(stage, "4")
    rollout = await stage.follow("4", _halfway, PATIENCE)
    stage.screen.say(f"{OPERATOR} asks for a rollback at {rollout['weight']} %: {ROLLBACK_REASON}")
    await stage.api.ask(ENDPOINT, "rollback", OPERATOR, ROLLBACK_REASON)
    rollout = await stage.follow("4", _finished, PATIENCE)
    checks.equal("version 4 is", rollout["phase"], "rolled-back")
    checks.equal("who decided it, as Teal's history says", _who_moved(rollout, "rolling-back"), [OPERATOR])
    facts = rollout["reason"]["facts"]
    given = (facts.get("actor"), facts.get("comment")) == (OPERATOR, ROLLBACK_REASON)
    checks.holds("Teal's reason", rollout["summary"], "the operator's name and reason", passed=given)
    await _check_serving(stage, checks, SECOND)
    _check_no_failure(checks, within(stage.samples.read(), began, stage.clock.now()))


SCENES: tuple[Scene, ...] = (first_version, live_traffic, good_version, failing_version, rolled_back_by_hand)


async def play(stage: Stage, number: int) -> None:
    """Run one scene (numbered from 1) and show its checks. Raises SceneFailedError if one fails."""
    stage.screen.begin(number)
    checks = stage.checks[number] = Checks()
    await SCENES[number - 1](stage, checks)
    for check in checks.done:
        stage.screen.checked(check)
    if checks.failed:
        raise SceneFailedError("\n".join(check.words() for check in checks.failed))


async def _register(stage: Stage, version: str) -> None:
    about = stage.versions[version]
    what = f"version {version}: {about['about']} (error {about['error']} points)"
    stage.screen.say(f"ml_client.models.create_or_update registers {what}")
    await stage.script("register", str(stage.options.trained / "models" / version))


def _finished(rollout: Json) -> bool:
    return rollout["finished_at"] is not None


def _halfway(rollout: Json) -> bool:
    if rollout["finished_at"] is not None:
        raise SceneFailedError(f"version {rollout['version']} ended before anyone intervened: {rollout['summary']}")
    settled = (rollout["verdict"] or {}).get("settled_minutes", 0)
    return rollout["phase"] == "stepping" and rollout["weight"] in range(25, 100) and settled > 0


def _who_moved(rollout: Json, phase: str) -> list[str]:
    return [entry["actor"] for entry in rollout["history"] if entry["to"] == phase and entry["from"] != phase]


async def _check_serving(stage: Stage, checks: Checks, deployment: str) -> None:
    state = await stage.endpoint.state()
    checks.equal("live traffic, as Azure says", state.traffic, {deployment: 100})
    checks.equal("deployments left in Azure", state.deployments, {deployment: "Succeeded"})


def _check_rate(checks: Checks, samples: list[Sample], options: DemoOptions) -> None:
    rate, least = per_minute(samples), options.per_minute(LEAST_RATE)
    checks.holds("requests per minute of this clock", f"{rate:.0f}", f"at least {least:.0f}", passed=rate >= least)


def _check_no_failure(checks: Checks, samples: list[Sample]) -> None:
    """Check that no request failed, except for a few rejected by an overloaded machine (408, 429)."""
    lost = [sample for sample in samples if sample.failed and sample.status not in OVERLOADED]
    words = f"{len(lost)} of {len(samples):,}"
    if lost:
        words += f", such as {[(sample.status, sample.deployment) for sample in lost[:3]]}"
    checks.holds("failed requests", words, "none", passed=bool(samples) and not lost)
    turned_away = sum(sample.status in OVERLOADED for sample in samples)
    if turned_away:
        few = turned_away < MOST_TURNED_AWAY * len(samples)
        most = f"less than {MOST_TURNED_AWAY:.0%}: this machine is too busy"
        checks.holds("rejected by an overloaded machine", turned_away, most, passed=few)


def _check_what_it_cost(stage: Stage, checks: Checks) -> None:
    rows = frozenset(stage.versions["3"]["fails_on"])
    cost = spared(stage.samples.read(), THIRD, rows)
    if cost is None:
        checks.holds("requests answered by version 3", 0, "some", passed=False)
        return
    failed = [sample for sample in stage.samples.read() if sample.deployment == THIRD and sample.failed]
    known = all(sample.row in rows and sample.status == 424 for sample in failed)
    checks.holds("its failures", f"{cost.failed} of {cost.green_requests:,}", "those of its bug (424)", passed=known)
    words = f"{cost.would_have_failed} of the same {cost.requests:,} requests"
    checks.holds(
        "failures if all traffic had been switched immediately",
        words,
        f"more than {cost.failed}",
        passed=cost.would_have_failed > cost.failed > 0,
    )
