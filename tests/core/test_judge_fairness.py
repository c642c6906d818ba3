"""Complete gates are fair games: their expected odds in a minute never grow, summed exactly over all outcomes.

The odds are what decides: all bets, both lanes, every limit and the unspent part of the budget together, with their
caps, from any previous state. Minutes are made as in a rollout: from telemetry rows, by calibrated samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import pytest

from shared.core.gates import (
    ClientErrorsGate,
    DisagreementGate,
    ErrorsGate,
    Gate,
    LatencyGate,
    LatencyLimit,
    PredictionsGate,
    QueryGate,
)
from shared.core.gates.calibration import Calibration, calibrate, past_of
from shared.core.gates.latency import Slower
from shared.core.gates.samples import gate_minute
from shared.core.judge import certificate, gate, panel
from shared.core.judge.burstiness import NONE, Variation
from shared.core.judge.gate import GateEvidence
from shared.core.judge.gate_minute import GateMinute, Share
from shared.core.judge.gate_setting import GateSetting
from shared.core.judge.ladder import RUNGS, Percentiles
from shared.core.judge.measure import Measure
from shared.core.judge.odds import Counts, Null
from shared.core.judge.panel import JudgedMinute
from shared.core.judge.tuning import REFERENCE, TUNED, Tuning
from shared.core.judge.verdict import Risk, judge
from shared.core.observation import DeploymentMinute, Tally
from shared.core.policy import JudgeSettings
from shared.core.telemetry.predictions import UNREADABLE
from tests.core.judging import FAIR, Game, spreads, tables

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
ARMS = ((1, 5), (4, 4), (5, 1), (5, 0), (0, 5))
RATES = (0.0, 0.01, 0.3, 0.9)
HOLDING, CHANGED = Share(10, 25, age=9), Share(25, 50, changed=True, age=9)
TUNINGS = {"tuned": TUNED, "reference": REFERENCE}
CALM, BURSTY = GateSetting(phi=1.0), GateSetting(phi=9.0)
LIMITED = GateSetting(measures=(Measure(share=0.5), Measure(share=0.5, null=Null(0.0, 0.2), severe=False)))
RELATIVE_ONLY = GateSetting(measures=(Measure(null=Null(1.25, 0.02), severe=False),))
LABELS = ("a", "b", "c", UNREADABLE)
Chances = Iterator[tuple[float, GateMinute]]


def counted(setting: GateSetting, arms: tuple[int, int], rates: tuple[float, float]) -> Chances:
    """Yield every minute of counts, the same for each of the gate's measures."""
    for chance, counts in tables(arms, rates):
        yield chance, GateMinute((counts,) * len(setting.measures), counts)


def edge(setting: GateSetting, tuning: Tuning, blue: float) -> float:
    """Return the highest failure rate of green that every null of the gate allows at this rate of blue."""
    nulls = [measure.null or tuning.minor for measure in setting.measures]
    return min(1.0, *[null.rho * blue + null.delta for null in nulls])


def befores(game: Game, minute: GateMinute) -> Iterator[Game]:
    """Yield the game at the start of a rollout, in the middle, and at a change of weight after bad luck."""
    yield game
    for luck in (GateMinute((Counts(0, 9, 3, 9),) * len(minute.items)), minute):
        seen = game.before
        for _ in range(3):
            seen = gate.add_minute(seen, game.setting, luck, HOLDING, game.tuning)
        yield replace(game, before=seen)
        yield replace(game, before=seen, share=CHANGED)


@pytest.mark.parametrize("tuning", TUNINGS.values(), ids=TUNINGS.keys())
@pytest.mark.parametrize(
    "setting", [CALM, BURSTY, LIMITED, RELATIVE_ONLY], ids=["calm", "bursty", "with a limit", "one lane"]
)
def test_a_gate_of_counts_wins_nothing_from_a_green_that_is_no_worse(setting: GateSetting, tuning: Tuning) -> None:
    """At the limit of what green may do, with any traffic and after any past, the expected odds of harm do not grow."""
    unlucky = GateMinute((Counts(4, 5, 1, 9),) * len(setting.measures))
    for game in befores(Game(setting, tuning, HOLDING, GateEvidence()), unlucky):
        for arms, blue in product(ARMS, RATES):
            rates = edge(setting, tuning, blue), blue
            assert game.growth(counted(setting, arms, rates)) <= FAIR, (game.before, arms, rates)


@pytest.mark.parametrize("tuning", TUNINGS.values(), ids=TUNINGS.keys())
def test_green_alone_is_compared_with_a_fair_limit(tuning: Tuning) -> None:
    """At 100 percent, a green at 1.25 times blue's rate plus the budget has no expected gain."""
    seen = GateEvidence(seen=(3, 50, 100, 1000))
    allowed = max(tuning.minor.rho, 1 + certificate.RATIO) * 0.1 + 0.01
    game = Game(GateSetting(budget=0.01), tuning, Share(100, None, age=9), seen)
    for green in (1, 3, 6):
        assert game.growth(counted(game.setting, (green, 0), (allowed, 0.0))) <= FAIR
    assert game.growth(counted(game.setting, (6, 0), (1.0, 0.0))) > FAIR


def test_green_alone_may_fail_a_quarter_more_often_than_blue_did() -> None:
    """The certificate of the last step allowed that. With one lane and one request a minute, the edge is sharp."""
    setting = GateSetting(budget=0.0, measures=(Measure(severe=False),))
    game = Game(setting, TUNED, Share(100, None, age=9), GateEvidence(seen=(3, 50, 100, 100_000)))
    allowed = 1.25 * 0.001 + TUNED.minor.delta
    assert game.growth(counted(setting, (1, 0), (allowed, 0.0))) <= FAIR
    assert game.growth(counted(setting, (1, 0), (1.05 * allowed, 0.0))) > FAIR


@pytest.mark.parametrize("phi", [1.0, 9.0])
@pytest.mark.parametrize("rate", [0.0001, 0.01, 0.5], ids="past rate {}".format)
def test_a_certificate_wins_nothing_from_a_green_over_the_budget(phi: float, rate: float) -> None:
    """Whatever past rate the bets are based on, live or mirrored, the expected odds of safety do not grow."""
    for tuning, weight, blue in product(TUNINGS.values(), (10, 50, -20), (0.0, 0.01, 0.3)):
        share = Share(weight, {10: 25, 50: 100, -20: 10}[weight], age=9)
        setting = GateSetting(phi=phi, rate=rate)
        null = certificate.null_for(share.next_weight or 100, 0.01)
        for variation in (NONE, Variation(50.0, 5.0)):
            game = Game(setting, tuning, share, replace(GateEvidence(), variation=variation))
            started = gate.add_minute(game.before, setting, GateMinute((SAFE,), SAFE), share, tuning)
            later = replace(game, before=started)
            for arms in ARMS:
                minutes = list(counted(setting, arms, (null.rho * blue + null.delta, blue)))
                assert game.growth(iter(minutes), game.certificate) <= FAIR
                assert later.growth(iter(minutes), later.certificate) <= FAIR


SAFE = Counts(0, 50, 1, 100)


def row(name: str, total: int, **known: object) -> DeploymentMinute:
    """Return a minute of a deployment's telemetry."""
    return DeploymentMinute(name, START, total, **({"bad": 0} | known))  # type: ignore[arg-type] # fields by name


def calibrated(*gates: Gate) -> Calibration:
    """Return these gates calibrated from a calm hour of blue: 1 to 200 ms, three classes."""
    slowness = dict.fromkeys(range(60, 110), 4)
    hour = [
        replace(
            row(
                "blue",
                200,
                bad=2,
                slowness=slowness,
                predictions=dict(zip("abc", (40, 40, 20), strict=True)),
            ),
            minute=START - timedelta(minutes=n),
        )
        for n in range(60)
    ]
    return calibrate(JudgeSettings(gates=gates), past_of(hour, "blue"))


def game_of(calibration: Calibration) -> Game:
    """Return the first gate of the panel before a minute in the middle of a step."""
    return Game(calibration.panel.gates[0], TUNED, HOLDING, GateEvidence())


def seen(calibration: Calibration, green: DeploymentMinute, blue: DeploymentMinute) -> GateMinute:
    """Return what the first gate sees of a minute."""
    found = gate_minute(calibration.samples[0], green, blue)
    assert found is not None
    return found


def histograms(calibration: Calibration, shares: tuple[float, ...]) -> Chances:
    """Yield every minute of three answers each, which fall between the thresholds with these shares, for both."""
    first, rest = calibration.samples[0].samples[:2]
    assert isinstance(first, Slower)
    assert isinstance(rest, Slower)
    pairs = sorted((*first.buckets, *rest.buckets))
    ours, theirs = ([*[pair[arm] for pair in pairs], pairs[-1][arm] + 1] for arm in (0, 1))
    for (a, x), (b, y) in product(spreads(3, shares), repeat=2):
        green = row("green", 3, slowness=dict(zip(ours, x, strict=True)))
        blue = row("blue", 3, slowness=dict(zip(theirs, y, strict=True)))
        yield a * b, seen(calibration, green, blue)


@pytest.mark.parametrize(
    "shares", [(0.5, 0.4, 0.09, 0.01), (0.1, 0.2, 0.3, 0.4), (1.0, 0.0, 0.0, 0.0)], ids=["as ever", "slow", "fast"]
)
def test_a_green_slower_by_the_margin_exactly_is_not_worse(shares: tuple[float, ...]) -> None:
    """Three thresholds of one histogram together, whatever blue's latency has become: the odds do not grow."""
    calibration = calibrated(LatencyGate())
    game = game_of(calibration)
    assert game.growth(histograms(calibration, shares)) <= FAIR


def test_a_green_at_its_absolute_limits_is_not_worse() -> None:
    """With two limits besides the comparison, a green that just meets them has no expected gain."""
    calibration = calibrated(LatencyGate(at_most=(LatencyLimit(50, 30.0), LatencyLimit(90, 60.0))))
    game = game_of(calibration)
    limits = [sample.buckets[0][0] for sample in calibration.samples[0].samples[2:] if isinstance(sample, Slower)]
    places = [*limits, limits[-1] + 1]

    def minutes(shares: tuple[float, ...]) -> Chances:
        for (a, x), (b, y) in product(spreads(3, shares), repeat=2):
            both = [row(name, 3, slowness=dict(zip(places, s, strict=True))) for name, s in (("g", x), ("b", y))]
            yield a * b, seen(calibration, *both)

    assert game.growth(minutes((0.5, 0.4, 0.1))) <= FAIR
    assert game.growth(minutes((0.1, 0.4, 0.5))) > FAIR


@pytest.mark.parametrize(
    ("green", "blue"),
    [
        ((0.4, 0.4, 0.2), (0.4, 0.4, 0.2)),
        ((0.52, 0.32, 0.16), (0.4, 0.4, 0.2)),
        ((0.4, 0.4, 0.2), (0.52, 0.32, 0.16)),
        ((0.02, 0.0, 0.98), (0.0, 0.02, 0.98)),
    ],
    ids=["alike", "more of a", "less of a", "rare ones"],
)
def test_predictions_that_shift_within_what_is_allowed_win_nothing(
    green: tuple[float, ...], blue: tuple[float, ...]
) -> None:
    """All classes in both directions together: up to 1.25 times and 2 points more or less is no shift."""
    calibration = calibrated(PredictionsGate())
    game = game_of(calibration)

    def minutes() -> Chances:
        for (a, x), (b, y) in product(spreads(3, green), spreads(3, blue)):
            both = [row(name, 3, predictions=dict(zip("abc", s, strict=True))) for name, s in (("g", x), ("b", y))]
            yield a * b, seen(calibration, *both)

    assert game.growth(minutes()) <= FAIR


def unreadable_growth(green: tuple[float, ...], blue: tuple[float, ...]) -> float:
    """Return the expected growth of the odds in a minute with these shares, after a past without unreadable answers."""
    calibration = calibrated(PredictionsGate())

    def minutes() -> Chances:
        for (a, x), (b, y) in product(spreads(3, green), spreads(3, blue)):
            both = [row(name, 3, predictions=dict(zip(LABELS, s, strict=True))) for name, s in (("g", x), ("b", y))]
            yield a * b, seen(calibration, *both)

    return game_of(calibration).growth(minutes())


@pytest.mark.parametrize("unreadable", [0.2, 0.7, 1.0])
@pytest.mark.parametrize(
    "read_as",
    [None, (1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.4, 0.4, 0.2)],
    ids=["alike", "all read as a", "all read as c", "read as the others"],
)
def test_a_green_that_reads_what_blue_could_not_wins_nothing(
    read_as: tuple[float, ...] | None, unreadable: float
) -> None:
    """Fewer unreadable answers are no harm, whatever they turn out to be and however many blue has now."""
    known = tuple(share * (1 - unreadable) for share in (0.4, 0.4, 0.2))
    read = tuple(share + unreadable * part for share, part in zip(known, read_as or (), strict=False))
    blue = (*known, unreadable)
    assert unreadable_growth((*read, 0.0) if read else blue, blue) <= FAIR


def test_more_unreadable_answers_than_blues_win_something() -> None:
    """They are harm although blue has some as well."""
    assert unreadable_growth((0.1, 0.1, 0.05, 0.75), (0.32, 0.32, 0.16, 0.2)) > FAIR


@pytest.mark.parametrize("mirrored", [True, False])
def test_disagreement_as_often_as_allowed_wins_nothing(mirrored: bool) -> None:  # noqa: FBT001 -- a column
    """The gate allows one in twenty mirrored requests to be answered differently, but not one in five."""
    calibration = calibrated(DisagreementGate(at_most=0.05))
    game = replace(game_of(calibration), share=Share(-20 if mirrored else 10, 10, age=9))

    def minutes(rate: float) -> Chances:
        for chance, table in tables((6, 0), (rate, 0.0)):
            tallies = {"disagreement": Tally(table.green_bad, 6)}
            yield chance, seen(calibration, row("g", 6, tallies=tallies), row("b", 30))

    assert game.growth(minutes(0.05)) <= FAIR
    assert game.growth(minutes(0.2)) > FAIR


def test_the_ladder_wins_nothing_under_its_assumption() -> None:
    """Each percentile exceeds each rung as often as the rungs allow, with P50 and P95 combined in any way."""
    chances = [1 - RUNGS[0][1], *[a[1] - b[1] for a, b in pairwise(RUNGS)], RUNGS[-1][1]]
    ratios = [0.9, *[factor * 1.01 for factor, _ in RUNGS]]
    setting = GateSetting(measures=(Measure(margin=1.25, severe=False),), margin=1.35)
    game = Game(setting, TUNED, HOLDING, GateEvidence())
    apart = [
        (p * q, Percentiles(a * 125, 100, b * 125, 100))
        for (p, a), (q, b) in product(zip(chances, ratios, strict=True), repeat=2)
    ]
    alike = [(p, Percentiles(a * 125, 100, a * 125, 100)) for p, a in zip(chances, ratios, strict=True)]
    for minutes in (apart, alike):
        assert game.growth((chance, GateMinute((found,), found)) for chance, found in minutes) == pytest.approx(1.0)


def test_the_ladders_certificate_wins_nothing_from_a_green_that_is_over_half_of_the_time() -> None:
    """If its P95 exceeds the margin every other minute, only luck certifies it."""
    setting = GateSetting(measures=(Measure(margin=1.25, severe=False),), margin=1.35)
    game = Game(setting, TUNED, HOLDING, GateEvidence())
    fast, slow = Percentiles(100, 100, 100, 100), Percentiles(100, 100, 140, 100)
    minutes = [(0.5, GateMinute((found,), found)) for found in (fast, slow)]
    assert game.growth(iter(minutes), game.certificate) == pytest.approx(1.0)


def test_gates_of_one_request_add_up_to_a_fair_game() -> None:
    """Failed, refused and a query's own count of the same requests: together, the odds that decide do not grow."""
    gates = (ErrorsGate(at_most=0.5), ClientErrorsGate(role="critical"), QueryGate("slow", "slow.kql"))
    calibration = calibrated(*gates)
    shares = (0.6, 0.3, 0.1)
    start = JudgedMinute((None,) * len(gates), 10, 25, green=1, blue=9)
    before = panel.add_minute(panel.Evidence(), start, calibration.panel)
    expected = 0.0
    for (a, x), (b, y) in product(spreads(3, shares), spreads(4, shares)):
        rows = [
            row(name, sum(s), bad=s[1], client_errors=s[2], tallies={"slow": Tally(s[1] + s[2], sum(s))})
            for name, s in (("g", x), ("b", y))
        ]
        minute = JudgedMinute(
            tuple(gate_minute(samples, *rows) for samples in calibration.samples), 10, 25, green=3, blue=4
        )
        evidence = panel.add_minute(before, minute, calibration.panel)
        expected += a * b * math.exp(judge(evidence, calibration.panel, Risk(), 25).log_harm)
    assert expected <= FAIR


@pytest.mark.parametrize("tuning", TUNINGS.values(), ids=TUNINGS.keys())
def test_bets_add_up_to_the_whole_budget(tuning: Tuning) -> None:
    """Before any evidence the odds are 1 : 1, and a minute that shows nothing leaves them there."""
    for setting in (CALM, BURSTY, LIMITED, RELATIVE_ONLY):
        game = Game(setting, tuning, HOLDING, GateEvidence())
        nothing = GateMinute((Counts(),) * len(setting.measures), Counts())
        assert game.harm(game.before) == pytest.approx(1.0)
        assert game.growth(iter([(1.0, nothing)])) == pytest.approx(1.0)
        assert game.growth(iter([(1.0, nothing)]), game.certificate) == pytest.approx(1.0)
