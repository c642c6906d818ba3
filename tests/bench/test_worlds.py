"""The benchmark's worlds do what their names say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.judge.bursts import Gamma, Pods
from bench.judge.effects import broken, falls_at_night, from_minute, leak, plus, times, until_minute
from bench.judge.groups import PARTS, Group
from bench.judge.scenarios import quick, scenarios
from bench.judge.worlds import HISTORY_MINUTES, FailureHistory, FailureWorld
from shared.core.judge.burstiness import burstiness

PLAIN = FailureWorld(1000, 0.01, minutes=120)
CLUSTERS = replace(PLAIN, cluster_size=5)
GAMMA = replace(PLAIN, bursts=Gamma())


def rates(world: FailureWorld, seed: int = 1) -> tuple[list[float], list[float]]:
    """Return blue's and green's failure probabilities in each minute of the rollout."""
    history = world.draw(seed)
    return history.blue[HISTORY_MINUTES:].tolist(), history.green[HISTORY_MINUTES:].tolist()


def counts(history: FailureHistory, minutes: int, weight: int) -> list[int]:
    """Return green's failed and total requests and blue's, summed over the first minutes."""
    rows = [history.minute(number, weight) for number in range(minutes)]
    seen = [(row.green_bad, row.green_total, row.blue_bad, row.blue_total) for row in rows]
    return [sum(column) for column in zip(*seen, strict=True)]


@pytest.mark.parametrize(
    ("world", "at", "expected"),
    [
        pytest.param(replace(PLAIN, effect=times(5)), 0, 0.05, id="five times"),
        pytest.param(replace(PLAIN, effect=plus(0.05)), 0, 0.06, id="five points more"),
        pytest.param(replace(PLAIN, effect=broken), 0, 1.0, id="broken"),
        pytest.param(replace(PLAIN, effect=from_minute(15, times(5))), 14, 0.01, id="late: not yet"),
        pytest.param(replace(PLAIN, effect=from_minute(15, times(5))), 15, 0.05, id="late: from then on"),
        pytest.param(replace(PLAIN, effect=until_minute(5, plus(0.02))), 4, 0.03, id="bad start"),
        pytest.param(replace(PLAIN, effect=until_minute(5, plus(0.02))), 5, 0.01, id="bad start, over"),
        pytest.param(replace(PLAIN, effect=leak(0.05)), 60, 0.06, id="leak after an hour"),
        pytest.param(replace(PLAIN, base=0.4, effect=times(5)), 0, 1.0, id="never above one"),
    ],
)
def test_what_green_does(world: FailureWorld, at: int, expected: float) -> None:
    """Green's failure probability in a minute is what the effect's name says; blue's is the base."""
    blue, green = rates(world)
    assert green[at] == pytest.approx(expected)
    assert blue[at] == pytest.approx(world.base)


def test_counts_follow_the_rates_and_the_share() -> None:
    """Over two hours green gets its share, and each deployment fails as often as its probability says."""
    green_bad, green_total, blue_bad, blue_total = counts(replace(PLAIN, effect=times(2)).draw(3), 120, 25)
    assert green_total == pytest.approx(30_000, rel=0.03)
    assert blue_total == pytest.approx(90_000, rel=0.03)
    assert green_bad / green_total == pytest.approx(0.02, rel=0.15)
    assert blue_bad / blue_total == pytest.approx(0.01, rel=0.15)


def test_the_same_seed_is_the_same_history() -> None:
    """Two judges that set the same weights see the same minutes; another seed gives others."""
    first, again, other = (PLAIN.draw(seed) for seed in (5, 5, 6))
    assert [first.minute(n, 10) for n in range(20)] == [again.minute(n, 10) for n in range(20)]
    assert first.past() != other.past()


@pytest.mark.parametrize(
    ("world", "least"),
    [
        pytest.param(CLUSTERS, 5.0, id="clusters"),
        pytest.param(GAMMA, 2.0, id="gamma"),
        pytest.param(replace(PLAIN, bursts=Pods()), 2.0, id="pods"),
        pytest.param(replace(PLAIN, bursts=Pods(minutes=3)), 2.0, id="long pods"),
    ],
)
def test_bursts_show_in_blues_past(world: FailureWorld, least: float) -> None:
    """The variance from minute to minute is well above that of independent failures."""
    assert burstiness(*world.draw(2).past()) > least > 1.3 > burstiness(*PLAIN.draw(2).past())


@pytest.mark.parametrize("world", [CLUSTERS, GAMMA], ids=["clusters", "gamma"])
def test_bursts_leave_the_mean_alone(world: FailureWorld) -> None:
    """Clusters and gamma minutes change how failures group together, not how many there are."""
    bad, total = replace(world, rate=10_000).draw(4).past()
    assert sum(bad) / sum(total) == pytest.approx(0.01, rel=0.25)


def test_incidents_hit_both_deployments_in_the_same_minutes() -> None:
    """A shared incident adds the same to blue and green, in some minutes and not in others."""
    blue, green = rates(replace(PLAIN, incidents=0.05))
    assert blue == green
    assert {round(rate, 2) for rate in blue} == {0.01, 0.06}


def test_only_blue_is_noisy() -> None:
    """Where only blue is noisy, green has no bursts."""
    blue, green = rates(replace(PLAIN, bursts=Pods(), noisy="blue"))
    assert max(blue) > 0.02
    assert set(green) == {0.01}


def test_traffic_falls_at_night() -> None:
    """From minute 10 on, traffic falls to a fiftieth within the hour."""
    history = replace(PLAIN, traffic=falls_at_night).draw(1)
    begin, end = history.total[HISTORY_MINUTES : HISTORY_MINUTES + 10], history.total[-40:]
    assert begin.mean() == pytest.approx(1000, rel=0.1)
    assert end.mean() == pytest.approx(20, rel=0.2)


def test_a_drifting_base_moves_both_deployments() -> None:
    """The base rate drifts, and green's rate with it."""
    blue, green = rates(replace(PLAIN, drift=0.7))
    assert blue == green
    assert max(blue) > 2 * min(blue)


def test_the_scenarios_cover_every_group_under_unique_names() -> None:
    """Both forms have cells of each group, every group is in a part, and every harmful cell has its clean twin."""
    full = scenarios()
    names = {scenario.key for scenario in full}
    assert len(names) == len(full)
    assert {scenario.key for scenario in quick()} <= names
    assert {group for groups in PARTS.values() for group in groups} == set(Group)
    assert {scenario.group for scenario in quick()} == {scenario.group for scenario in full} == set(Group)
    points = {
        group: {(s.world.rate, s.world.base) for s in full if s.group is group and isinstance(s.world, FailureWorld)}
        for group in Group
    }
    assert set() < points[Group.HARM] <= points[Group.CLEAN]


def test_retries_counted_once() -> None:
    """In the same history, each cluster is one request: fewer failures and requests, and no bursts in the past."""
    each, once = (replace(CLUSTERS, counted_once=once).draw(3) for once in (False, True))
    (bad, total), (bad_once, total_once) = each.past(), once.past()
    assert sum(bad) - sum(bad_once) == sum(total) - sum(total_once) > 0.7 * sum(bad)
    assert burstiness(bad, total) > 4.0 * burstiness(bad_once, total_once)
    assert burstiness(bad_once, total_once) < 1.3
    pairs = [(each.minute(number, 50), once.minute(number, 50)) for number in range(60)]
    assert all(a.green_total - a.green_bad == b.green_total - b.green_bad for a, b in pairs)
    assert [rates.tolist() for rates in once.true_rates] == [(rates / 5).tolist() for rates in each.true_rates]
    assert sum(a.green_bad for a, _ in pairs) > 2 * sum(b.green_bad for _, b in pairs) > 0
