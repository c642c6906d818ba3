"""Every invariant can fail: a violation is found, whether it is an order, a record or an ending."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.core.judge.verdict import Cause, Outcome, Verdict
from shared.core.observation import EndpointSeen, Provisioning
from shared.core.phases import Phase
from shared.core.reconcile.actions import (
    Action,
    DeleteDeployment,
    ScaleDeployment,
    SetMirror,
    SetTraffic,
    SwitchAutoscale,
)
from shared.core.rollout import Rollout, Verb
from shared.core.rollout.reasons import ReasonCode, reason
from tests.faults.events import Piece, Works
from tests.faults.invariants import incidents
from tests.faults.invariants.everything import ALWAYS, AT_REST, AT_THE_END, ORDERS, check_order
from tests.faults.invariants.rule import objections
from tests.faults.ledger import Accepted, Edit, Health, Order, rollouts
from tests.faults.recipes import RECIPES
from tests.faults.stage import Stage, set_stage
from tests.scenarios.world import BLUE, CHURN, ENDPOINT, GREEN, MINUTE

TEN = {BLUE: 90, GREEN: 10}
FIFTY = SetTraffic(ENDPOINT, {BLUE: 50, GREEN: 50})
BACK = SetTraffic(ENDPOINT, {BLUE: 100})
ON, OFF = (SwitchAutoscale(ENDPOINT, BLUE, enabled=enabled) for enabled in (True, False))


def at_ten() -> Stage:
    """Return a stage on which green, tested and seen in telemetry, has ten percent, and nothing is violated."""
    stage = set_stage(RECIPES["plain"], check_order)
    Works(Piece("event")).happen(stage)
    for _ in range(10):
        stage.minute()
        if stage.world.seen.traffic == TEN:
            break
    stage.minute()
    assert not stage.objections
    return stage


def given(stage: Stage, action: Action, **changes: object) -> Order:
    """Return this order, as given by a process that just observed and decided. changes: what differs from that."""
    (rollout,) = rollouts(stage.world)
    seen, now, number = stage.world.seen, stage.world.clock(), next(stage.ledger.numbers)
    order = Order(number, now, "one", action, rollout, seen, number, seen, True, number, now, (), number)  # noqa: FBT003
    return replace(order, **changes)  # type: ignore[arg-type]


def objected(stage: Stage, action: Action, **changes: object) -> set[str]:
    """Return the names of the invariants that this order violates."""
    order = given(stage, action, **changes)
    return {rule.name for rule in ORDERS for _ in rule.check(stage, order)}


def rollout_of(stage: Stage) -> Rollout:
    """Return the rollout on the stage."""
    return rollouts(stage.world)[0]


def seen_as(stage: Stage, name: str, state: Provisioning) -> EndpointSeen:
    """Return the endpoint with this deployment in this state."""
    seen = stage.world.seen
    return replace(seen, deployments=seen.deployments | {name: replace(seen.deployments[name], state=state)})


def test_valid_orders_violate_nothing() -> None:
    """Half of the traffic for a tested green, and all of it back to blue."""
    stage = at_ten()
    ours = replace(rollout_of(stage), traffic=replace(rollout_of(stage).traffic, expected=(TEN,)))
    assert not objected(stage, FIFTY, rollout=ours)
    assert not objected(stage, BACK, rollout=ours)


def test_traffic_that_does_not_sum_to_100() -> None:
    """It sums to 90: fifty and forty."""
    assert "1: traffic sums to 100, to what is ready" in objected(at_ten(), SetTraffic(ENDPOINT, {BLUE: 50, GREEN: 40}))


def test_traffic_for_what_is_not_ready() -> None:
    """Green failed, and gets half."""
    stage = at_ten()
    failed = seen_as(stage, GREEN, Provisioning.FAILED)
    assert "1: traffic sums to 100, to what is ready" in objected(stage, FIFTY, seen=failed)


def test_traffic_before_the_smoke_test() -> None:
    """Green has never been sent a request."""
    stage = at_ten()
    stage.ledger.smoked.clear()
    assert objected(stage, FIFTY) == {"2: tested before live traffic"}


@pytest.mark.parametrize("ago", [None, timedelta(hours=3)])
def test_traffic_before_telemetry_showed_a_request(ago: timedelta | None) -> None:
    """Telemetry showed nothing, or nothing from this day."""
    stage = at_ten()
    stage.ledger.proven = None if ago is None else stage.world.clock() - ago
    assert objected(stage, FIFTY) == {"a: telemetry proven before live traffic"}


def test_traffic_after_a_rollback_was_accepted() -> None:
    """The request came before the last read of the record, just before the order."""
    stage = at_ten()
    request = Accepted(next(stage.ledger.numbers), stage.world.clock(), rollout_of(stage), Verb.ROLLBACK, "eve")
    stage.ledger.accepted.append(request)
    assert objected(stage, FIFTY) == {"3: never up again"}
    assert not objected(stage, FIFTY, checked=request.number - 1)


def test_traffic_after_a_failing_verdict() -> None:
    """Green was found to be worse."""
    stage = at_ten()
    stage.ledger.condemned[rollout_of(stage).id] = next(stage.ledger.numbers)
    assert objected(stage, FIFTY) == {"3: never up again"}


def test_a_failing_verdict_is_noticed() -> None:
    """Green fails half of its requests, and the verdict is recorded before its share is taken away."""
    stage = at_ten()
    stage.rates[GREEN] = 0.5
    for _ in range(20):
        stage.minute()
    assert rollout_of(stage).id in stage.ledger.condemned
    assert not stage.objections


def test_a_share_that_a_comparison_took_may_come_back() -> None:
    """Green was found to be worse, and then blue even more so."""
    stage = at_ten()
    stage.ledger.condemned[rollout_of(stage).id] = next(stage.ledger.numbers)
    restored = rollout_of(stage).with_judging(comparison="broken_off")
    assert not objected(stage, FIFTY, rollout=restored)


def test_a_copy_of_the_traffic_while_it_goes_back() -> None:
    """A rollback is under way, and green would be mirrored."""
    stage = at_ten()
    status = replace(rollout_of(stage).status, phase=Phase.ROLLING_BACK)
    seen = replace(stage.world.seen, traffic={BLUE: 100})
    back = replace(rollout_of(stage), status=status)
    assert objected(stage, SetMirror(ENDPOINT, {GREEN: 20}), rollout=back, seen=seen) == {"3: never up again"}


@pytest.mark.parametrize(
    ("state", "violated"),
    [
        (Provisioning.FAILED, "5: what serves is not deleted"),
        (Provisioning.SUCCEEDED, ""),
    ],
)
def test_the_last_healthy_deployment_is_deleted(state: Provisioning, violated: str) -> None:
    """Green serves and has failed, so blue must stay."""
    stage = at_ten()
    seen = replace(seen_as(stage, GREEN, state), traffic={GREEN: 100})
    assert violated in {*objected(stage, DeleteDeployment(ENDPOINT, BLUE), seen=seen), ""}


def test_what_serves_is_deleted() -> None:
    """Green has its ten percent."""
    assert "5: what serves is not deleted" in objected(at_ten(), DeleteDeployment(ENDPOINT, GREEN))


def test_blue_is_scaled_down_while_it_serves() -> None:
    """From ten instances to two."""
    assert objected(at_ten(), ScaleDeployment(ENDPOINT, BLUE, 2)) == {"5: blue keeps its instances"}


def test_traffic_returns_to_a_broken_blue() -> None:
    """Blue failed."""
    stage = at_ten()
    assert "5: not onto a sick blue" in objected(stage, BACK, seen=seen_as(stage, BLUE, Provisioning.FAILED))


def test_traffic_returns_to_a_blue_that_answers_nothing() -> None:
    """Its probe has just failed entirely, and green works; allowed if some smoke requests were answered."""
    stage, rule = at_ten(), "5: not onto a blue that answers nothing"
    seen = replace(stage.world.seen, traffic={GREEN: 100})
    read, now = next(stage.ledger.numbers), stage.world.clock()
    stage.ledger.health[BLUE] = [Health(next(stage.ledger.numbers), now, now, 1.0, "probe")]
    assert rule in objected(stage, BACK, read=read, seen=seen)
    stage.ledger.health[BLUE] = [Health(next(stage.ledger.numbers), now, now, 0.3, "probe")]
    assert rule not in objected(stage, BACK, read=read, seen=seen)


def test_two_processes_act() -> None:
    """Another process has claimed the rollout."""
    assert objected(at_ten(), FIFTY, claim=False) == {"8: one process acts"}


def test_an_order_over_a_new_request() -> None:
    """An operator paused after the decision and before the last read of the record; allowed if it was after that."""
    stage = at_ten()
    request = Accepted(next(stage.ledger.numbers), stage.world.clock(), rollout_of(stage), Verb.PAUSE, "eve")
    stage.ledger.accepted.append(request)
    known = replace(rollout_of(stage), traffic=replace(rollout_of(stage).traffic, expected=(TEN,)))
    late = {"rollout": known, "decided": request.number - 1}
    assert objected(stage, FIFTY, **late) == {"8: no order over a new request"}
    assert not objected(stage, FIFTY, **late, checked=request.number - 1)


def test_a_rollback_that_takes_from_others() -> None:
    """A hotfix has a fifth of the traffic, and the rollback gives blue everything."""
    stage = at_ten()
    back = replace(rollout_of(stage), status=replace(rollout_of(stage).status, phase=Phase.ROLLING_BACK))
    split = {BLUE: 70, GREEN: 10, "hotfix": 20}
    seen = stage.world.seen
    fixed = replace(seen, traffic=split, deployments=seen.deployments | {"hotfix": seen.deployments[BLUE]})
    assert objected(stage, BACK, rollout=back, seen=fixed) == {"10: a rollback moves green's share alone"}
    assert not objected(stage, SetTraffic(ENDPOINT, {BLUE: 80, "hotfix": 20}), rollout=back, seen=fixed)


def test_an_edit_is_overwritten_unnoticed() -> None:
    """Someone set thirty percent, and the rollout knows of ten."""
    stage = at_ten()
    seen = replace(stage.world.seen, traffic={BLUE: 70, GREEN: 30})
    assert objected(stage, FIFTY, seen=seen) == {"10: nothing is overwritten unnoticed"}


@pytest.mark.parametrize("then", [{BLUE: 100}, {BLUE: 95, GREEN: 5}], ids=["all of it", "then a part was given back"])
def test_what_an_operator_took_back_is_given_again(then: dict[str, int]) -> None:
    """Someone gave blue everything after Teal had ordered ten percent for green; allowed once someone resumes."""
    stage = at_ten()
    stage.change(replace(stage.world.seen, traffic={BLUE: 100}))
    stage.change(replace(stage.world.seen, traffic=then))
    assert isinstance(stage.ledger.edits[-1], Edit)
    expected = replace(rollout_of(stage).traffic, expected=(then,))
    knowing = replace(rollout_of(stage), traffic=expected)
    assert objected(stage, FIFTY, rollout=knowing) == {"d: never against an operator"}
    resumed = Accepted(next(stage.ledger.numbers), stage.world.clock(), knowing, Verb.RESUME, "ada")
    stage.ledger.accepted.append(resumed)
    assert not objected(stage, FIFTY, rollout=knowing)


def test_traffic_under_a_halt() -> None:
    """Everything was halted before the observation."""
    stage = at_ten()
    stage.ledger.halted_since = next(stage.ledger.numbers)
    assert objected(stage, FIFTY) == {"h: nothing goes forward while held"}


@pytest.mark.parametrize("action", [DeleteDeployment(ENDPOINT, BLUE), ScaleDeployment(ENDPOINT, BLUE, 1)])
def test_a_way_back_that_is_taken_under_a_halt(action: Action) -> None:
    """The blue of a promoted rollout is deleted or scaled down; scaling it up is allowed."""
    stage, held = at_ten(), "h: nothing goes forward while held"
    promoted = replace(rollout_of(stage), status=replace(rollout_of(stage).status, phase=Phase.PROMOTED))
    larger = replace(stage.world.seen.deployments[BLUE], instances=3)
    seen = replace(stage.world.seen, traffic={GREEN: 100}, deployments=stage.world.seen.deployments | {BLUE: larger})
    assert held not in objected(stage, action, rollout=promoted, seen=seen)
    stage.ledger.halted_since = next(stage.ledger.numbers)
    assert held in objected(stage, action, rollout=promoted, seen=seen)
    assert not objected(stage, ScaleDeployment(ENDPOINT, BLUE, 4), rollout=promoted, seen=seen)


def test_live_and_copied_traffic_at_once() -> None:
    """Green already has ten percent of the live traffic."""
    assert objected(at_ten(), SetMirror(ENDPOINT, {GREEN: 20})) == {"i: never live and copied traffic"}


def test_a_deletion_next_to_something_that_nobody_saw_healthy() -> None:
    """The log shows green failing, or no rows of it; one recent healthy row or probe is enough."""
    stage = at_ten()
    seen, blue = replace(stage.world.seen, traffic={GREEN: 100}), DeleteDeployment(ENDPOINT, BLUE)
    now, number = stage.world.clock(), next(stage.ledger.numbers)
    rule = "c: deleted only beside a healthy one"
    stage.ledger.health[GREEN] = [Health(number, now, now - MINUTE, 0.9, "log")]
    assert rule in objected(stage, blue, seen=seen)
    stage.ledger.health[GREEN] = [Health(number, now, now - timedelta(hours=1), 0.0, "log")]
    assert rule in objected(stage, blue, seen=seen)
    stage.ledger.health[GREEN].append(Health(number, now, now, 0.0, "probe"))
    assert rule not in objected(stage, blue, seen=seen)


def in_an_incident() -> Stage:
    """Return a stage on which both have been failing for a long time, and the log shows it."""
    stage = at_ten()
    stage.set_incident(0.6)
    for _ in range(20):
        stage.minute(ticks=False)
    now, number = stage.world.clock(), next(stage.ledger.numbers)
    stage.ledger.health[BLUE] = [
        Health(number, now - (n - 3) * MINUTE, now - n * MINUTE, 0.6, "log") for n in range(3, 17)
    ]
    return stage


def test_more_traffic_in_an_incident() -> None:
    """Both fail; the rule no longer applies once they fail much less than in these minutes."""
    stage = in_an_incident()
    assert objected(stage, FIFTY) >= {"b: no advance in an incident"}
    stage.set_incident(0.2)
    assert "b: no advance in an incident" not in objected(stage, FIFTY)


@pytest.mark.parametrize("verb", [Verb.OVERRIDE, Verb.PROMOTE])
def test_an_operator_excuses_only_what_follows_from_the_request(verb: Verb) -> None:
    """An override excuses what comes later, and a promotion only its own step; neither excuses anything earlier."""
    stage = in_an_incident()
    now, rollout = stage.world.clock(), rollout_of(stage)
    stage.ledger.accepted.append(Accepted(next(stage.ledger.numbers), now, rollout, verb, "eve"))
    assert "b: no advance in an incident" in objected(stage, FIFTY, at=now - MINUTE)
    by_request = replace(rollout.status, reason=reason(ReasonCode.OPERATOR_PROMOTE, actor="eve"))
    excused = replace(rollout, status=by_request) if verb is Verb.PROMOTE else rollout
    assert "b: no advance in an incident" not in objected(stage, FIFTY, at=now, rollout=excused)


def test_blue_is_deleted_in_an_incident() -> None:
    """Both fail, and green was promoted before."""
    stage = in_an_incident()
    promoted = replace(rollout_of(stage), status=replace(rollout_of(stage).status, phase=Phase.PROMOTED))
    assert "b: no deletion in an incident" in objected(stage, DeleteDeployment(ENDPOINT, BLUE), rollout=promoted)


def test_what_the_short_past_of_blue_allows_is_no_incident() -> None:
    """The deployment before blue failed nothing; blue itself has served for eight minutes and failed a fifth."""
    rule, stage = "b: no advance in an incident", in_an_incident()
    first = min(incidents.past_of(stage, rollout_of(stage)), key=lambda row: row.minute)
    others = [replace(first, deployment="older", minute=first.minute + n * MINUTE, bad=0) for n in range(50)]
    own = [replace(row, minute=row.minute + (50 + n) * MINUTE, bad=row.total // 5) for n, row in enumerate([first] * 8)]
    stage.ledger.health[BLUE] = [replace(each, failed=0.4) for each in stage.ledger.health[BLUE]]
    stage.telemetry.rows = others
    assert rule in objected(stage, FIFTY)
    stage.telemetry.rows = [*others, *own]
    assert rule not in objected(stage, FIFTY)


def test_a_process_whose_clock_is_an_hour_behind_is_excused() -> None:
    """The last minutes it reads are from before the incident; a clock five minutes behind is no excuse."""
    stage = in_an_incident()
    now = stage.world.clock()
    for rule, action in (
        ("b: no advance in an incident", FIFTY),
        ("b: no deletion in an incident", DeleteDeployment(ENDPOINT, BLUE)),
    ):
        assert rule in objected(stage, action, decided_at=now - 5 * MINUTE)
        assert rule not in objected(stage, action, decided_at=now - 60 * MINUTE)


def slowed_down() -> Stage:
    """Return a stage on which both have been slow for a long time, and Teal has read that."""
    stage = at_ten()
    stage.set_slower(20.0)
    for _ in range(20):
        stage.minute()
    assert rollout_of(stage).hold is not None
    return stage


def test_more_traffic_in_a_slowdown() -> None:
    """Both take twenty times as long as ever; once that is over, more traffic is allowed again."""
    rule, stage = "b: no advance in an incident", slowed_down()
    assert rule in objected(stage, FIFTY)
    stage.set_slower(1.0)
    assert rule not in objected(stage, FIFTY)


@pytest.mark.parametrize(("later", "usual"), [(timedelta(0), True), (timedelta(hours=2), False)])
def test_more_traffic_in_a_slowdown_that_the_past_already_shows(later: timedelta, *, usual: bool) -> None:
    """Teal did not run until everything had been slow for a while. Slow minutes of two hours before do not count."""
    stage = slowed_down()
    stage.ledger.calibrated[rollout_of(stage).id] = stage.world.clock() + later
    assert ("b: no advance in an incident" not in objected(stage, FIFTY)) is usual


def test_a_promotion_in_a_slowdown() -> None:
    """No operator asked for it."""
    stage = slowed_down()
    entered(stage, before=Phase.PROMOTING, after=Phase.PROMOTED, at=stage.world.clock())
    assert "b: no promotion in an incident" in violated(stage)


@pytest.mark.parametrize("action", [DeleteDeployment(ENDPOINT, GREEN), ScaleDeployment(ENDPOINT, BLUE, 2)])
def test_capacity_is_taken_away_in_a_surge(action: Action) -> None:
    """Both refuse most requests because there are too many."""
    stage = in_an_incident()
    rule, idle = "b: no capacity is lost in a surge", replace(stage.world.seen, traffic={BLUE: 100})
    assert rule not in objected(stage, action, seen=idle)
    stage.surges, stage.surge = [(stage.world.clock() - timedelta(hours=1), None)], 0.6
    assert rule in objected(stage, action, seen=idle)


def violated(stage: Stage) -> set[str]:
    """Return the names of the invariants that the stored state violates now."""
    return {name for name, _ in objections((*ALWAYS, *AT_REST, *AT_THE_END), stage)}


def rewritten(stage: Stage, change: Callable[[Rollout], Rollout]) -> Stage:
    """Return the stage with its rollout's record changed behind Teal's back."""
    rollout = rollout_of(stage)
    stage.world.store.rows[CHURN, rollout.id] = (change(rollout), "forged")
    return stage


def entered(stage: Stage, **changes: object) -> Stage:
    """Return the stage with the last entry of its history changed."""
    last = max(stage.world.store.entries)
    entry = replace(stage.world.store.entries[last], **changes)  # type: ignore[arg-type]
    stage.world.store.entries[last] = entry
    stage.ledger.written[last[1:]] = entry.at
    return stage


def test_a_valid_record_violates_nothing() -> None:
    """The record is as Teal wrote it."""
    assert not violated(at_ten())


def phase(after: Phase) -> Callable[[Rollout], Rollout]:
    """Return a change of the phase, without an entry."""
    return lambda rollout: replace(rollout, status=replace(rollout.status, phase=after))


RECORDS: dict[str, tuple[Callable[[Rollout], Rollout], str]] = {
    "a move without an entry": (phase(Phase.PAUSED), "11: the history is whole"),
    "an entry that is not there": (lambda r: replace(r, entry_count=r.entry_count + 1), "11: the history is whole"),
    "a name as a caller sent it": (lambda r: replace(r, green="churn-7'; drop"), "12: names are plain"),
    "created moved": (lambda r: replace(r, created=r.created - MINUTE), "k: created stays"),
    "back, and green has traffic": (phase(Phase.ROLLED_BACK), "4: green is out"),
    "another split than wanted": (lambda r: r.with_traffic(weight=50), "6: ended or moving"),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_that_violates_an_invariant(name: str) -> None:
    """Each is found by the invariant that it violates."""
    change, invariant = RECORDS[name]
    assert invariant in violated(rewritten(at_ten(), change))


@pytest.mark.parametrize("twin", ["acts beside it", "came of the same event"])
def test_a_second_rollout_of_one_event(twin: str) -> None:
    """Another rollout of the same version, open or ended, on an endpoint that belongs to the first."""
    stage = at_ten()
    mine = rollout_of(stage)
    other = replace(mine, id="other") if twin == "acts beside it" else replace(mine, id="other").finish(mine.created)
    stage.world.store.rows[CHURN, "other"] = (other, "forged")
    assert [what for rule in ALWAYS if rule.name == "7: one rollout" for what in rule.check(stage)]


def test_a_deadline_that_beats_evidence() -> None:
    """Green is certified, and rolled back because of a deadline."""
    stage = at_ten()
    certified = Verdict(Outcome.PASS, Cause.CERTIFIED, "errors", 0.0, 4.6, 3.0, 5, suspicious=False)
    late = reason(ReasonCode.DEADLINE_EXCEEDED, deadline="rollout", limit_seconds=60)
    assert "e: no deadline beats evidence" in violated(entered(stage, reason=late, verdict=certified))


def test_a_request_that_was_lost() -> None:
    """It was accepted, but no history has it."""
    stage = at_ten()
    stage.ledger.granted("eve")
    assert violated(stage) == {"f: no accepted request is lost"}


def test_a_promotion_that_nobody_saw_healthy() -> None:
    """The log shows green failing."""
    stage = entered(at_ten(), before=Phase.PROMOTING, after=Phase.PROMOTED)
    now = stage.world.clock()
    stage.ledger.health[GREEN] = [Health(1, now, now - MINUTE, 0.9, "log")]
    assert "c: promoted only if observed healthy" in violated(stage)


def test_a_promotion_in_an_incident() -> None:
    """Both fail, and no operator asked for it."""
    stage = in_an_incident()
    entered(stage, before=Phase.PROMOTING, after=Phase.PROMOTED, at=stage.world.clock())
    assert "b: no promotion in an incident" in violated(stage)


def test_an_older_version_after_a_newer_one() -> None:
    """5 is admitted although 7 was."""
    stage = at_ten()
    older = replace(rollout_of(stage), id="older", model=replace(rollout_of(stage).model, version="5"))
    stage.world.store.rows[CHURN, "older"] = (older, "forged")
    stage.ledger.admitted.append("older")
    assert [what for rule in ALWAYS if rule.name == "7: the newest version stays" for what in rule.check(stage)]


def test_requests_that_are_judged_twice() -> None:
    """The log has only half of what was judged."""
    stage = at_ten()
    for _ in range(4):
        stage.minute()
    stage.telemetry.rows = [replace(row, total=row.total // 2) for row in stage.telemetry.rows]
    assert violated(stage) == {"j: judged once, as sent"}


def test_a_rollback_that_is_not_carried_out() -> None:
    """It was accepted, and the rollout continues."""
    stage = at_ten()
    request = Accepted(next(stage.ledger.numbers), stage.world.clock(), rollout_of(stage), Verb.ROLLBACK, "eve")
    stage.ledger.accepted.append(request)
    assert violated(stage) == {"4: rollbacks are done"}


def test_an_endpoint_that_serves_nobody() -> None:
    """All traffic is gone."""
    stage = at_ten()
    stage.azure.seen[ENDPOINT] = replace(stage.world.seen, traffic={})
    assert "5: somebody serves" in violated(stage)


def test_a_phase_that_hangs() -> None:
    """The rollout has been rolling back for a day."""
    stage = rewritten(at_ten(), phase(Phase.ROLLING_BACK))
    stage.world.clock.pass_(timedelta(days=1))
    assert "6: ended or moving" in violated(stage)


def test_work_that_fell_off_the_list() -> None:
    """The endpoint is taken for idle."""
    stage = at_ten()
    stage.world.store.mark_closed(CHURN, stage.world.store.open_mark(CHURN) or "")
    assert violated(stage) == {"6: on the list of work"}


def test_what_someone_else_deployed_is_deleted() -> None:
    """Blue was replaced while green had traffic."""
    stage = at_ten()
    other = replace(stage.world.seen.deployments[BLUE], model="azureml:fraud:3")
    stage.change(replace(stage.world.seen, deployments=stage.world.seen.deployments | {BLUE: other}))
    assert "d: what others deployed is not deleted" in objected(stage, DeleteDeployment(ENDPOINT, BLUE))


def test_what_serves_loses_its_autoscaler() -> None:
    """Blue has most of the traffic, and its autoscale settings are suspended."""
    assert "l: what serves keeps its autoscaler" in objected(at_ten(), OFF)


def test_settings_that_someone_else_disabled_are_enabled() -> None:
    """Teal had not suspended them; once it has, enabling them is allowed."""
    stage = at_ten()
    assert "l: only suspended settings are enabled" in objected(stage, ON)
    stage.ledger.orders.append(given(stage, OFF))
    assert objected(stage, ON) == set()


@pytest.mark.parametrize("switched", [False, True])
def test_autoscale_settings_that_stay_suspended(*, switched: bool) -> None:
    """Blue serves again without the autoscaler that Teal suspended; allowed if someone has switched it since."""
    stage = at_ten()
    stage.ledger.orders.append(given(stage, OFF))
    stage.azure.switched_by_others(BLUE, enabled=False)
    if switched:
        stage.ledger.switched(BLUE)
    assert ("l: autoscale settings are restored" in violated(stage)) is not switched


@pytest.mark.parametrize(("traffic", "mirror"), [({BLUE: 100}, {}), ({BLUE: 100}, {GREEN: 20})])
def test_something_left_over(traffic: dict[str, int], mirror: dict[str, int]) -> None:
    """The rollout failed and is finished; its green still exists, without traffic or with mirrored traffic."""
    stage = rewritten(at_ten(), lambda r: phase(Phase.FAILED)(r).finish(r.created))
    stage.azure.seen[ENDPOINT] = replace(stage.world.seen, traffic=traffic, mirror=mirror)
    assert "g: nothing is left over" in violated(stage)


@pytest.mark.parametrize("looked", [True, False])
def test_somebodys_mirror_to_a_green_that_is_out(*, looked: bool) -> None:
    """Someone mirrors to green two hours before the rollback ends. That is theirs if Teal was down in between."""
    stage = rewritten(at_ten(), phase(Phase.ROLLED_BACK))
    stage.azure.seen[ENDPOINT] = replace(stage.world.seen, traffic={BLUE: 100}, mirror={GREEN: 20})
    stage.ledger.mirrored({}, {GREEN: 20})
    stage.world.clock.pass_(timedelta(hours=2))
    entered(stage, before=Phase.ROLLING_BACK, after=Phase.ROLLED_BACK, at=stage.world.clock())
    if looked:
        stage.ledger.looks[rollout_of(stage).id].append(stage.world.clock() - timedelta(hours=1))
    assert ("4: green is out" in violated(stage)) is looked


def test_a_blue_that_is_left_over() -> None:
    """Green was promoted and the rollout is finished; blue still exists, without traffic."""
    stage = rewritten(at_ten(), lambda r: phase(Phase.PROMOTED)(r).finish(r.created))
    stage.azure.seen[ENDPOINT] = replace(stage.world.seen, traffic={GREEN: 100})
    assert "g: nothing is left over" in violated(stage)


def test_a_defect_is_reported_as_one() -> None:
    """A process raises something that is not one of Teal's own errors."""
    stage = at_ten()
    stage.world.store.rows[CHURN, rollout_of(stage).id] = ("no rollout", "forged")
    stage.run(stage.reconciling())
    assert [each.invariant for each in stage.objections] == ["no unexpected error"]


def test_a_loop_that_never_rests_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reconcile wakes the endpoint again."""
    stage = at_ten()
    monkeypatch.setattr(stage, "run", lambda _process: stage.world.wakeups.wake(CHURN))
    stage.world.wakeups.wake(CHURN)
    stage.settle()
    assert [each.invariant for each in stage.objections] == ["6: comes to rest"]


def test_every_invariant_has_a_test_here() -> None:
    """This module contains the name of every invariant."""
    text = Path(__file__).read_text(encoding="utf-8")
    names = [rule.name for rule in ORDERS] + [rule.name for rule in (*ALWAYS, *AT_REST, *AT_THE_END)]
    assert [name for name in names if f'"{name}"' not in text] == []


def test_a_verdict_counts_no_more_once_green_is_compared_again() -> None:
    """Its evidence is void, so a green that then performs well may advance, even in a rollout that was paused."""
    stage = at_ten()
    stage.ledger.condemned[rollout_of(stage).id] = next(stage.ledger.numbers)
    again = rollout_of(stage).with_judging(comparison="open", assessment=None)
    stage.ledger.judged(again, next(stage.ledger.numbers))
    assert rollout_of(stage).id not in stage.ledger.condemned
