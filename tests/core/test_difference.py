"""Orders to Azure: each row is a rollout, an observation, and the resulting orders, mostly none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.judge.verdict import Outcome
from shared.core.observation import EndpointSeen, Provisioning
from shared.core.phases import Phase
from shared.core.policy import Capacity
from shared.core.reconcile.actions import Action, CreateDeployment, DeleteDeployment, SetMirror, SetTraffic
from shared.core.reconcile.difference import difference
from shared.core.rollout import Kept, ModelVersion, Override, Rollout
from shared.core.rollout.ending import SeenHealthy
from shared.core.rollout.placement import Beside
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.rereading import MinuteCounts
from shared.core.rollout.status import Hold
from shared.core.steps import PauseStep, WeightStep
from tests.core.rollouts import (
    ALL_BLUE,
    ALL_GREEN,
    BLUE,
    GREEN,
    HOUR,
    MINUTE,
    NOW,
    OTHER,
    POLICY,
    SMOKE,
    TEN,
    endpoint,
    rollout,
    verdict,
)

PROVISIONING, STEPPING, PAUSED, PROMOTING = Phase.PROVISIONING, Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING
PROMOTED, ROLLING_BACK, ROLLED_BACK, FAILED = Phase.PROMOTED, Phase.ROLLING_BACK, Phase.ROLLED_BACK, Phase.FAILED
CREATE = CreateDeployment("churn", GREEN, ModelVersion("churn", "7"), like=BLUE)
FORWARD, TO_GREEN, TO_BLUE = SetTraffic("churn", TEN), SetTraffic("churn", ALL_GREEN), SetTraffic("churn", ALL_BLUE)
DELETE_BLUE, DELETE_GREEN = DeleteDeployment("churn", BLUE), DeleteDeployment("churn", GREEN)
DELETE_OTHER = DeleteDeployment("churn", OTHER)
KNOWN = {"expected": (ALL_BLUE, TEN, ALL_GREEN)}
GROWING = KNOWN | {"policy": replace(POLICY, capacity=Capacity("proportional")), "placement": Beside(BLUE, 4)}
HELD = Hold(reason(ReasonCode.FREEZE_WINDOW, window="the sale"), NOW)
DUE, LATER = {"clean_after": NOW}, {"clean_after": NOW + HOUR}

HALTED = Hold(reason(ReasonCode.HALTED, actor="ada", comment="incident 5"), NOW)

# An inherited way back whose time is over, next to a green and a blue that have just been judged good.
KEPT = {
    "kept": (Kept(OTHER, NOW),),
    "created": NOW - 3 * HOUR,
    "judged_until": NOW - MINUTE,
    "recent": (MinuteCounts(green=60, blue=60),) * 10,
}
SUSPECT = verdict(Outcome.INCONCLUSIVE, 1.2)
LESS = KNOWN | {"steady_since": None}

LONG_AGO = SeenHealthy(GREEN, NOW - HOUR, NOW - HOUR)


def after(serving: str, **changes: object) -> dict[str, object]:
    """Return the fields of a rollout whose leftover is due, next to a deployment that was just seen healthy."""
    return DUE | {"seen_healthy": SeenHealthy(serving, NOW, NOW)} | changes


UNSEEN = after(BLUE, ordered=TEN)
MIRRORED_TO_NOTHING = EndpointSeen(
    "churn", Provisioning.SUCCEEDED, ALL_BLUE, {GREEN: 20, "gone": 5}, endpoint(ALL_BLUE).deployments
)
MIRRORED = EndpointSeen("churn", Provisioning.SUCCEEDED, ALL_BLUE, {GREEN: 20}, endpoint(ALL_BLUE).deployments)

ROWS: list[tuple[str, Rollout, EndpointSeen | None, Action | None]] = [
    ("no blue yet", rollout(PROVISIONING, blue=None), endpoint(ALL_BLUE, green=""), None),
    ("green is wanted", rollout(PROVISIONING), endpoint(ALL_BLUE, green=""), CREATE),
    ("green is being made", rollout(PROVISIONING), endpoint(ALL_BLUE, green="Creating"), None),
    ("green failed", rollout(PROVISIONING), endpoint(ALL_BLUE, green="Failed"), None),
    ("no endpoint", rollout(PROVISIONING), None, None),
    ("smoke", rollout(STEPPING, step=SMOKE, weight=0), endpoint(ALL_BLUE), None),
    ("a weight is wanted", rollout(STEPPING, **KNOWN), endpoint(ALL_BLUE), FORWARD),
    ("not over what nobody noticed", rollout(STEPPING), endpoint({OTHER: 100}), None),
    ("the weight is there", rollout(STEPPING), endpoint(TEN), None),
    ("before smoke never", rollout(STEPPING, step=SMOKE, **KNOWN), endpoint(ALL_BLUE), None),
    ("none before smoke", rollout(STEPPING, step=SMOKE, weight=0, **KNOWN), endpoint(TEN), TO_BLUE),
    ("none, on hold", rollout(STEPPING, weight=0, hold=HELD, **KNOWN), endpoint(ALL_GREEN), TO_BLUE),
    ("less, before green has grown", rollout(STEPPING, **GROWING), endpoint(ALL_GREEN, green="Scaling"), FORWARD),
    ("more, before green has grown", rollout(STEPPING, **GROWING), endpoint(ALL_BLUE, green="Scaling"), None),
    ("not less before that was noticed", rollout(STEPPING, weight=0, expected=(ALL_BLUE,)), endpoint(TEN), None),
    ("not while it is written", rollout(STEPPING, **KNOWN), endpoint(ALL_BLUE, "Updating"), None),
    ("not while it is deleted", rollout(STEPPING, **KNOWN), endpoint(ALL_BLUE, "Deleting"), None),
    ("not to a green in the making", rollout(STEPPING, **KNOWN), endpoint(ALL_BLUE, green="Creating"), None),
    ("not to a green that is gone", rollout(STEPPING, **KNOWN), endpoint(ALL_BLUE, green=""), None),
    ("not with a blue that is gone", rollout(STEPPING, expected=()), endpoint({GREEN: 50, OTHER: 50}, blue=""), None),
    ("paused, as it is", rollout(PAUSED), endpoint(ALL_BLUE), None),
    ("paused, less was decided", rollout(PAUSED, **LESS), endpoint(ALL_GREEN), FORWARD),
    ("paused, but not to a broken blue", rollout(PAUSED, **LESS), endpoint(ALL_GREEN, blue="Failed"), None),
    ("paused, but not during a write", rollout(PAUSED, **LESS), endpoint(ALL_GREEN, "Updating"), None),
    ("all is wanted", rollout(PROMOTING, **KNOWN), endpoint(TEN), TO_GREEN),
    ("all is wanted, blue is gone", rollout(PROMOTING, **KNOWN), endpoint(TEN, blue=""), TO_GREEN),
    ("all is there", rollout(PROMOTING), endpoint(ALL_GREEN), None),
    ("back", rollout(ROLLING_BACK), endpoint(TEN), TO_BLUE),
    ("back, before a late order lands", rollout(ROLLING_BACK, ordered=TEN), endpoint(ALL_BLUE), TO_BLUE),
    ("back, also while it is written", rollout(ROLLING_BACK), endpoint(TEN, "Updating"), TO_BLUE),
    ("back, to a blue that is scaled", rollout(ROLLING_BACK), endpoint(TEN, blue="Scaling"), TO_BLUE),
    ("back, to a blue that is updated", rollout(ROLLING_BACK), endpoint(TEN, blue="Updating"), TO_BLUE),
    ("not back to a broken blue", rollout(ROLLING_BACK), endpoint(TEN, blue="Failed"), None),
    ("nothing to take back", rollout(ROLLING_BACK), endpoint(ALL_BLUE), None),
    ("back before blue was known", rollout(ROLLING_BACK, blue=None), endpoint(ALL_GREEN), None),
    ("blue is kept", rollout(PROMOTED, **LATER), endpoint(ALL_GREEN), None),
    ("blue goes", rollout(PROMOTED, **after(GREEN)), endpoint(ALL_GREEN), DELETE_BLUE),
    ("blue stays on hold", rollout(PROMOTED, **after(GREEN), hold=HALTED), endpoint(ALL_GREEN), None),
    ("green was never seen healthy", rollout(PROMOTED, **DUE), endpoint(ALL_GREEN), None),
    (
        "green was seen healthy long ago",
        rollout(PROMOTED, **after(GREEN, seen_healthy=LONG_AGO)),
        endpoint(ALL_GREEN),
        None,
    ),
    ("blue is going", rollout(PROMOTED, **DUE), endpoint(ALL_GREEN, blue="Deleting"), None),
    ("blue is gone", rollout(PROMOTED, **DUE), endpoint(ALL_GREEN, blue=""), None),
    ("blue serves again", rollout(PROMOTED, **DUE), endpoint(TEN), None),
    ("blue is the only healthy one", rollout(PROMOTED, **DUE), endpoint(ALL_GREEN, green="Failed"), None),
    ("nobody serves", rollout(PROMOTED, **DUE), endpoint({}), None),
    ("a third one serves", rollout(PROMOTED, **after(OTHER)), endpoint({OTHER: 100}), DELETE_BLUE),
    ("a third one serves, unseen", rollout(PROMOTED, **after(GREEN)), endpoint({OTHER: 100}), None),
    ("green goes", rollout(ROLLED_BACK, **after(BLUE)), endpoint(ALL_BLUE), DELETE_GREEN),
    ("blue is not known to work", rollout(ROLLED_BACK, **after(GREEN)), endpoint(ALL_BLUE), None),
    ("a failed green goes", rollout(ROLLED_BACK, **DUE), endpoint(ALL_BLUE, green="Failed"), DELETE_GREEN),
    ("green got traffic late", rollout(ROLLED_BACK, **DUE), endpoint(TEN), TO_BLUE),
    ("green is mirrored", rollout(ROLLED_BACK, **DUE), MIRRORED, SetMirror("churn", {})),
    ("so is what is gone", rollout(ROLLED_BACK, **DUE), MIRRORED_TO_NOTHING, SetMirror("churn", {})),
    ("green was never ours", rollout(ROLLED_BACK, **DUE, blue=None), endpoint(ALL_BLUE), None),
    ("a person is needed", rollout(FAILED), endpoint(TEN), None),
    ("an order of before was never seen", rollout(FAILED, **UNSEEN), endpoint(ALL_BLUE), DELETE_GREEN),
    ("a way back is over", rollout(STEPPING, **KEPT), endpoint(TEN), DELETE_OTHER),
    ("it was judged an hour ago", rollout(STEPPING, **KEPT | {"judged_until": NOW - HOUR}), endpoint(TEN), None),
    ("green is suspicious", rollout(STEPPING, **KEPT, verdict=SUSPECT), endpoint(TEN), None),
    ("overruled", rollout(STEPPING, **KEPT, override=Override("ada", "known", NOW)), endpoint(TEN), None),
    ("a way back is over, during a write", rollout(STEPPING, **KEPT), endpoint(TEN, "Updating"), None),
    ("finished", rollout(ROLLED_BACK, **DUE, finished=NOW), endpoint(TEN), None),
    ("waiting", rollout(Phase.QUEUED), endpoint(ALL_BLUE, green=""), None),
]


@pytest.mark.parametrize(
    ("given_", "look", "order"), [pytest.param(*row[1:], id=f"{row[1].phase}: {row[0]}") for row in ROWS]
)
def test_each_row_gives_its_order(given_: Rollout, look: EndpointSeen | None, order: Action | None) -> None:
    """At most one order separates the wanted state from the observed one."""
    assert difference(given_, look, NOW) == ((order,) if order else ())


STATES = st.sampled_from([*Provisioning.__members__.values()])
SHARES = st.sampled_from([ALL_BLUE, TEN, ALL_GREEN, {}, {OTHER: 100}, {GREEN: 50, OTHER: 50}, {BLUE: 60, OTHER: 40}])


@given(
    phase=st.sampled_from(list(Phase)),
    step=st.integers(0, 4),
    weight=st.sampled_from([0, 10, 50, 100]),
    traffic=SHARES,
    states=st.tuples(STATES, STATES, STATES, STATES),
    ordered=st.none() | SHARES,
)
def test_no_order_ever_violates_an_invariant(
    *,
    phase: Phase,
    step: int,
    weight: int,
    traffic: dict[str, int],
    states: tuple[Provisioning, Provisioning, Provisioning, Provisioning],
    ordered: dict[str, int] | None,
) -> None:
    """Traffic sums to 100 over ready deployments, green is smoke-tested first, and what serves is never deleted."""
    given_ = rollout(phase, step=step, weight=weight, ordered=ordered, clean_after=NOW)
    look = endpoint(traffic, states[0], blue=states[1], green=states[2], other=states[3])
    for order in difference(given_, look, NOW):
        if isinstance(order, SetTraffic):
            assert sum(order.traffic.values()) == (100 if look.traffic else 0) or GREEN in order.traffic
            assert all(look.ready(name) for name in order.traffic)
            assert GREEN not in order.traffic or (step > SMOKE and phase in {STEPPING, PROMOTING})
            assert order.traffic != look.traffic or ordered is not None
        elif isinstance(order, DeleteDeployment):
            assert order.name not in look.traffic
            assert order.name != BLUE or look.ready(look.serving())


def test_actions_have_readable_descriptions() -> None:
    """The log, and the record if Azure refuses, names the deployment, the model and the shares."""
    assert str(CREATE) == "create deployment churn-7 of churn:7 like churn-6"
    assert str(FORWARD) == "set traffic of churn to churn-6 90 %, churn-7 10 %"
    assert str(SetTraffic("churn", {})) == "set traffic of churn to nothing"
    assert str(DELETE_BLUE) == "delete deployment churn-6"


@pytest.mark.parametrize(
    ("steps", "weights"),
    [
        ((WeightStep(10), WeightStep(50)), [50, 100]),
        ((WeightStep(10), PauseStep(), WeightStep(100)), [100, 100, None]),
        ((PauseStep(),), [100]),
    ],
    ids=["weights", "a pause between", "no weight"],
)
def test_the_next_weight_is_the_next_step_that_has_one(
    steps: tuple[WeightStep | PauseStep, ...], weights: list[int | None]
) -> None:
    """After the last weight comes 100, and after 100 nothing."""
    policy = type(POLICY)("churn", (), steps)
    assert [policy.next_weight(step) for step in range(len(steps))] == weights
