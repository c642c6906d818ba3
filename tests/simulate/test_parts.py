"""The simulator's parts as tables: shares over time, Azure's manners, curves, rates and the progress display."""

from __future__ import annotations

import io
from datetime import UTC, datetime, time, timedelta
from itertools import count

import pytest
from rich.console import Console

from cli.simulate.azure import NotSimulatedError, SimulatedAzure
from cli.simulate.curves import Constant, Curve, Day, Minutes
from cli.simulate.profile import Change, Profile
from cli.simulate.progress import watched
from cli.simulate.shares import Share, Shares
from cli.simulate.summary import Rate, spread
from cli.simulate.surroundings import UsualTiming
from shared.core.actions import CreateDeployment, CreateEndpoint, DeleteDeployment, SetMirror, SetTraffic
from shared.core.observation import DeploymentSeen, EndpointSeen, Provisioning
from shared.core.policy import EndpointSpec
from shared.core.rollout import ModelVersion

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def azure() -> SimulatedAzure:
    """Return an endpoint on which blue has all the traffic and green stands ready."""
    stands = {name: DeploymentSeen(name, Provisioning.SUCCEEDED) for name in ("blue", "green")}
    seen = EndpointSeen("churn", Provisioning.SUCCEEDED, {"blue": 100}, {}, stands)
    return SimulatedAzure(seen, "green", UsualTiming(Profile()), Shares([NOON]), [])


def test_a_share_is_the_mean_over_the_minute() -> None:
    """A change in the middle of a minute counts for the part of it that is left."""
    shares = Shares([NOON])
    shares.change(NOON + 15 * SECOND, Share(0.2, 0.0))
    shares.change(NOON + 90 * SECOND, Share(1.0, 0.0))
    means = [shares.mean(NOON + n * MINUTE, NOON + (n + 1) * MINUTE).live for n in range(4)]
    assert means == pytest.approx([0.15, 0.6, 1.0, 1.0])
    assert (shares.first, shares.reached(1.0)) == (NOON + 15 * SECOND, NOON + 90 * SECOND)


def test_traffic_changes_when_azure_is_done_and_not_before() -> None:
    """Ordered, seen as updating, then as it was ordered, twenty seconds later."""
    cloud = azure()
    cloud.order(SetTraffic("churn", {"green": 10, "blue": 90}), NOON)
    cloud.settle(NOON + 19 * SECOND)
    assert (cloud.endpoint.busy, cloud.endpoint.traffic) == (True, {"blue": 100})
    cloud.settle(NOON + 60 * SECOND)
    assert (cloud.endpoint.busy, cloud.endpoint.traffic) == (False, {"green": 10, "blue": 90})
    assert cloud.shares.first == NOON + 20 * SECOND


def test_a_second_write_meanwhile_is_dropped() -> None:
    """Azure answers it with a conflict; whoever still wants it orders it again."""
    cloud = azure()
    cloud.order(SetMirror("churn", {"green": 20}), NOON)
    cloud.order(SetTraffic("churn", {"green": 100}), NOON + SECOND)
    cloud.settle(NOON + MINUTE)
    assert (cloud.endpoint.traffic, cloud.endpoint.mirror) == ({"blue": 100}, {"green": 20})


def test_a_deployment_is_made_in_its_time_and_once() -> None:
    """Ordered twice it is made once, and takes as long as the profile says."""
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


def test_what_is_not_simulated_says_so() -> None:
    """An order that the simulator does not know is an error with its name, never ignored."""
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
    """A day's curve is high at its peak; a list of minutes is repeated, into the past too."""
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
    """Times, plus, or the share itself; never beyond all requests."""
    assert change.of(of) == pytest.approx(to)
    assert change.worsens(of) == (to > of)


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [(0, 100, 0.0, 0.0370), (50, 100, 0.4038, 0.5962), (100, 100, 0.9630, 1.0), (1, 1000, 0.0002, 0.0056)],
)
def test_wilson_intervals(found: int, of: int, low: float, high: float) -> None:
    """As in any table of them."""
    assert Rate(found, of).interval == pytest.approx((low, high), abs=1e-4)


def test_spread_of_nothing_is_none() -> None:
    """No value has no median; one value is its own."""
    assert spread([]) is None
    one = spread([3.0])
    assert one is not None
    assert (one.low, one.median, one.high, one.count) == (3.0, 3.0, 3.0, 1)


@pytest.mark.parametrize(("seconds", "shown"), [(0.1, False), (1.0, True)])
def test_progress_is_shown_to_whoever_waits_longer_than_two_seconds(seconds: float, *, shown: bool) -> None:
    """Ten items that take a second each are worth a display; ten quick ones are not. None is lost."""
    screen = io.StringIO()
    clock = (number * seconds for number in count())
    items = list(watched(range(10), 10, Console(file=screen, force_terminal=True), lambda: next(clock)))
    assert items == list(range(10))
    assert ("simulating" in screen.getvalue()) == shown
