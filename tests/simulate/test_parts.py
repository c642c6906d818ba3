"""The parts of the simulator: shares over time, Azure's behaviour, instance-hours, curves, drawn minutes, rates."""

from __future__ import annotations

import math
from datetime import UTC, datetime, time, timedelta

import numpy as np
import pytest

from cli.simulate.azure import NotSimulatedError, SimulatedAzure
from cli.simulate.curves import Constant, Curve, Day, Minutes
from cli.simulate.environment import ProfileTiming
from cli.simulate.profile import Answering, Change, Fault, Latency, Profile
from cli.simulate.resampling import pooled, resampled
from cli.simulate.rows import Rows, percentiles_of, slowness
from cli.simulate.shares import Share, Shares
from cli.simulate.summary import Rate, spread
from shared.core.observation import DeploymentMinute, DeploymentSeen, EndpointSeen, Provisioning, Tally
from shared.core.policy import EndpointSpec, Source
from shared.core.reconcile.actions import (
    CreateDeployment,
    CreateEndpoint,
    DeleteDeployment,
    ScaleDeployment,
    SetMirror,
    SetTraffic,
)
from shared.core.rollout import ModelVersion

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def azure() -> SimulatedAzure:
    """Return an endpoint on which blue has all the traffic and green is ready."""
    stands = {name: DeploymentSeen(name, Provisioning.SUCCEEDED) for name in ("blue", "green")}
    seen = EndpointSeen("churn", Provisioning.SUCCEEDED, {"blue": 100}, {}, stands)
    return SimulatedAzure(seen, "green", ProfileTiming(Profile()), Shares([NOON]))


def test_a_share_is_the_mean_over_the_minute() -> None:
    """A change within a minute counts for the rest of that minute."""
    shares = Shares([NOON])
    shares.change(NOON + 15 * SECOND, Share(0.2, 0.0))
    shares.change(NOON + 90 * SECOND, Share(1.0, 0.0))
    means = [shares.mean(NOON + n * MINUTE, NOON + (n + 1) * MINUTE).live for n in range(4)]
    assert means == pytest.approx([0.15, 0.6, 1.0, 1.0])
    assert (shares.first, shares.reached(1.0)) == (NOON + 15 * SECOND, NOON + 90 * SECOND)


def test_traffic_changes_only_when_azure_is_done() -> None:
    """After the order the endpoint is updating, and the traffic changes twenty seconds later."""
    cloud = azure()
    cloud.order(SetTraffic("churn", {"green": 10, "blue": 90}), NOON)
    cloud.settle(NOON + 19 * SECOND)
    assert (cloud.endpoint.busy, cloud.endpoint.traffic) == (True, {"blue": 100})
    cloud.settle(NOON + 60 * SECOND)
    assert (cloud.endpoint.busy, cloud.endpoint.traffic) == (False, {"green": 10, "blue": 90})
    assert cloud.shares.first == NOON + 20 * SECOND


def test_a_concurrent_write_is_refused() -> None:
    """Azure answers with a conflict, and the write has to be ordered again."""
    cloud = azure()
    assert cloud.order(SetMirror("churn", {"green": 20}), NOON)
    assert not cloud.order(SetTraffic("churn", {"green": 100}), NOON + SECOND)
    cloud.settle(NOON + MINUTE)
    assert (cloud.endpoint.traffic, cloud.endpoint.mirror) == ({"blue": 100}, {"green": 20})


def test_a_deployment_is_created_once_after_its_provisioning_time() -> None:
    """Even if ordered twice it is created once, and takes as long as in the profile."""
    cloud = azure()
    for moment in (NOON, NOON + MINUTE):
        cloud.order(CreateDeployment("churn", "new", ModelVersion("churn", "3"), like="blue"), moment)
    states = []
    for minutes in (7, 8):
        cloud.settle(NOON + minutes * MINUTE)
        states.append(cloud.endpoint.deployments["new"].state)
    assert states == [Provisioning.CREATING, Provisioning.SUCCEEDED]
    cloud.order(DeleteDeployment("churn", "new"), NOON + 9 * MINUTE)
    assert "new" not in cloud.endpoint.deployments


def test_instances_count_from_order_to_order() -> None:
    """Provisioning costs as much per minute as serving; scaling counts from its order."""
    cloud, hour = azure(), timedelta(hours=1)
    cloud.order(CreateDeployment("churn", "new", ModelVersion("churn", "3"), like="", instances=2), NOON)
    cloud.settle(NOON + hour / 2)
    cloud.order(ScaleDeployment("churn", "new", 4), NOON + hour / 2)
    cloud.settle(NOON + hour)
    cloud.order(DeleteDeployment("churn", "new"), NOON + hour)
    log = cloud.instances
    assert log.hours("new", NOON, NOON + 9 * hour) == pytest.approx(0.5 * 2 + 0.5 * 4)
    assert log.hours("new", NOON + hour / 4, NOON + hour * 3 / 4) == pytest.approx(0.25 * 2 + 0.25 * 4)
    assert log.hours("unknown", NOON, NOON + hour) == 0.0


def test_an_unknown_order_is_an_error() -> None:
    """The error names the order, which is never ignored."""
    with pytest.raises(NotSimulatedError, match="create endpoint churn"):
        azure().order(CreateEndpoint("churn", EndpointSpec()), NOON)


@pytest.mark.parametrize(
    ("curve", "minute", "value"),
    [
        (Constant(7.0), 3, 7.0),
        (Day(100.0, 300.0, time(12)), 0, 300.0),
        (Day(100.0, 300.0, time(12)), 6 * 60, 200.0),
        (Day(100.0, 300.0, time(12)), 12 * 60, 100.0),
        (Day(100.0, 300.0, time(12)), 24 * 60, 300.0),
        (Minutes((1.0, 2.0, 3.0)), 0, 1.0),
        (Minutes((1.0, 2.0, 3.0)), 4, 2.0),
        (Minutes((1.0, 2.0, 3.0)), -1, 3.0),
    ],
)
def test_curves(curve: Curve, minute: int, value: float) -> None:
    """A daily curve is highest at its peak; values per minute repeat, into the past as well."""
    assert curve.at(NOON + minute * MINUTE, NOON) == pytest.approx(value)


@pytest.mark.parametrize(
    ("change", "of", "to"),
    [
        (Change("times", 5.0), 0.01, 0.05),
        (Change("times", 5.0), 0.5, 1.0),
        (Change("plus", 0.05), 0.01, 0.06),
        (Change("to", 0.0), 0.01, 0.0),
    ],
)
def test_changes_stay_shares(change: Change, of: float, to: float) -> None:
    """A change is a factor, an increase or the share itself, and the result never exceeds 1."""
    assert change.of(of) == pytest.approx(to)
    assert Fault(change).worsens(Answering(of, 0.0, 80.0)) == (to > of)


def test_a_fault_changes_only_what_it_names() -> None:
    """Errors, refusals and median time change separately; slower or more refused is worse, faster is not."""
    usual = Answering(0.01, 0.02, 80.0)
    slow = Fault(latency=Change("times", 2.0))
    assert slow.applied_to(usual) == (0.01, 0.02, 160.0)
    assert Fault(client_errors=Change("plus", 0.05)).applied_to(usual) == pytest.approx((0.01, 0.07, 80.0))
    assert [Fault(latency=Change("to", median)).worsens(usual) for median in (60.0, 80.0, 90.0)] == [False, False, True]


@pytest.mark.parametrize("timed_by", ["logs", "metrics", None])
def test_a_minute_has_only_what_its_source_provides(timed_by: Source | None) -> None:
    """The log has a bucket for each good answer, metrics only percentiles; without a latency gate there is neither."""
    rows = Rows(np.random.default_rng(1), Latency(), timed_by)
    row = rows.row("green", NOON, 1000, Answering(0.1, 0.2, 80.0))
    assert row is not None
    assert (row.slowness is not None, row.percentiles is not None) == (timed_by == "logs", timed_by == "metrics")
    assert 50 < row.bad < 150 < row.client_errors < 250
    assert row.slowness is None or sum(row.slowness.values()) == 1000 - row.bad - row.client_errors
    assert rows.row("green", NOON, 0, Answering(0.1, 0.2, 80.0)) is None


@pytest.mark.parametrize("median", [0.5, 3.0, 80.0, 5000.0])
@pytest.mark.parametrize("spread", [0.0, 0.4, 1.5])
def test_times_are_log_normal(median: float, spread: float) -> None:
    """Of a hundred thousand, half take longer than the median, and one in a hundred longer than P99."""
    found = slowness(np.random.default_rng(1), 100_000, median, spread)
    assert sum(found.values()) == 100_000
    assert min(found) >= 0
    percentiles = percentiles_of(found)
    assert percentiles is not None
    for percent, deviations in ((50, 0.0), (90, 1.2816), (99, 2.3263)):
        assert percentiles[percent] == pytest.approx(max(median * math.exp(spread * deviations), 1.0), rel=0.05)
    assert list(percentiles.values()) == sorted(percentiles.values())


def test_without_good_answers_there_are_no_percentiles() -> None:
    """A minute in which everything failed says nothing about latency."""
    assert percentiles_of(slowness(np.random.default_rng(1), 0, 80.0, 0.4)) is None


def test_a_resampled_minute_has_the_original_rates() -> None:
    """With ten times the requests, failures, refusals, latency and predictions keep their rates."""
    like = DeploymentMinute(
        "g", NOON, 1000, 100, 50, {10: 500, 12: 350}, None, {"a": 1700, "b": 300}, {"q": Tally(20, 500)}
    )
    row = resampled(like, np.random.default_rng(1), NOON, 10_000)
    assert row is not None
    assert row.slowness is not None
    assert row.predictions is not None
    assert row.bad == pytest.approx(1000, rel=0.2)
    assert row.client_errors == pytest.approx(500, rel=0.2)
    assert row.slowness[12] / row.slowness[10] == pytest.approx(0.7, rel=0.1)
    assert (sum(row.predictions.values()), row.tallies["q"].total, row.percentiles) == (20_000, 5000, None)
    assert row.predictions["b"] == pytest.approx(3000, rel=0.2)
    assert row.tallies["q"].bad == pytest.approx(200, rel=0.4)
    assert resampled(like, np.random.default_rng(1), NOON, 0) is None
    assert resampled(pooled("g", []), np.random.default_rng(1), NOON, 50) == DeploymentMinute("g", NOON, 50, 0)


def test_pooling_a_deployment_s_minutes() -> None:
    """Counts are added up; percentiles cannot be, so there are none."""
    one = DeploymentMinute("g", NOON, 10, 1, 2, {3: 4}, {50: 9.0}, {"a": 1}, {"q": Tally(1, 2)})
    two = DeploymentMinute("g", NOON, 20, 2, 1, {3: 1, 5: 6}, {50: 8.0}, {"b": 1}, {"r": Tally(0, 2)})
    all_of_it = pooled("g", [one, two])
    assert (all_of_it.total, all_of_it.bad, all_of_it.client_errors) == (30, 3, 3)
    assert (all_of_it.slowness, all_of_it.percentiles, all_of_it.predictions) == ({3: 5, 5: 6}, None, {"a": 1, "b": 1})
    assert all_of_it.tallies == {"q": Tally(1, 2), "r": Tally(0, 2)}


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [(0, 100, 0.0, 0.0370), (50, 100, 0.4038, 0.5962), (100, 100, 0.9630, 1.0), (1, 1000, 0.0002, 0.0056)],
)
def test_wilson_intervals(found: int, of: int, low: float, high: float) -> None:
    """They match published tables."""
    assert Rate(found, of).interval == pytest.approx((low, high), abs=1e-4)


def test_spread_of_nothing_is_none() -> None:
    """Without values there is no median; a single value is its own median."""
    assert spread([]) is None
    one = spread([3.0])
    assert one is not None
    assert (one.low, one.median, one.high, one.count) == (3.0, 3.0, 3.0, 1)
