"""Every invariant, by when it is checked: the twelve of docs/architecture.md by number, the others by letter."""

from __future__ import annotations

from tests.faults.invariants import autoscale, incidents, irreversible, records, rest, traffic
from tests.faults.invariants.rule import OrderCheck, Rule, StateCheck
from tests.faults.ledger import Order
from tests.faults.stage import Stage

ORDERS: tuple[Rule[OrderCheck], ...] = (
    Rule("1: traffic sums to 100, to what is ready", traffic.sums_to_100),
    Rule("2: tested before live traffic", traffic.tested_first),
    Rule("3: never up again", traffic.never_up_again),
    Rule("5: what serves is not deleted", irreversible.last_one_stays),
    Rule("5: blue keeps its instances", irreversible.blue_keeps_its_instances),
    Rule("5: not onto a sick blue", irreversible.not_onto_a_failing_blue),
    Rule("5: not onto a blue that answers nothing", irreversible.not_onto_a_blue_that_answers_nothing),
    Rule("8: one process acts", records.one_acts),
    Rule("8: no order over a new request", records.knows_of_requests),
    Rule("10: nothing is overwritten unnoticed", traffic.nothing_overwritten),
    Rule("10: a rollback moves green's share alone", traffic.only_greens_share),
    Rule("a: telemetry proven before live traffic", traffic.telemetry_first),
    Rule("b: no deletion in an incident", incidents.no_deletion_in_an_incident),
    Rule("b: no advance in an incident", incidents.no_advance_in_an_incident),
    Rule("b: no capacity is lost in a surge", incidents.nothing_loses_capacity_in_a_surge),
    Rule("c: deleted only beside a healthy one", irreversible.target_is_healthy),
    Rule("d: never against an operator", traffic.not_against_an_operator),
    Rule("d: what others deployed is not deleted", irreversible.others_are_not_deleted),
    Rule("h: nothing goes forward while held", traffic.held),
    Rule("i: never live and copied traffic", traffic.not_both),
    Rule("l: what serves keeps its autoscaler", autoscale.what_serves_keeps_its_autoscaler),
    Rule("l: only suspended settings are enabled", autoscale.only_suspended_settings_are_enabled),
)
ALWAYS: tuple[Rule[StateCheck], ...] = (
    Rule("7: one rollout", records.one_rollout),
    Rule("7: the newest version stays", records.newest_stays),
    Rule("11: the history is whole", records.whole_history),
    Rule("12: names are plain", records.plain_names),
    Rule("b: no promotion in an incident", incidents.no_promotion_in_an_incident),
    Rule("c: promoted only if observed healthy", irreversible.no_promotion_unobserved),
    Rule("e: no deadline beats evidence", records.no_deadline_beats_evidence),
    Rule("f: no accepted request is lost", records.requests_are_kept),
    Rule("j: judged once, as sent", records.judged_as_sent),
    Rule("k: created stays", records.created_stays),
)
AT_REST: tuple[Rule[StateCheck], ...] = (
    Rule("4: green is out", rest.green_is_out),
    Rule("4: rollbacks are done", rest.rollbacks_are_done),
    Rule("5: somebody serves", rest.somebody_serves),
    Rule("6: ended or moving", rest.ended_or_moving),
    Rule("6: on the list of work", rest.off_the_list),
)
AT_THE_END: tuple[Rule[StateCheck], ...] = (
    Rule("g: nothing is left over", rest.nothing_left),
    Rule("l: autoscale settings are restored", autoscale.settings_are_restored),
)


def check_order(stage: Stage, order: Order) -> None:
    """Record the invariants that an order violates."""
    for rule in ORDERS:
        for what in rule.check(stage, order):
            stage.objects(rule.name, what)
