"""Deliberate breaks of the core and the controller, each with what finds it: `python -m bench.breaks` tries them.

A break that no longer applies to the sources fails a test: adapt it, or remove it together with what it broke.
"""

from __future__ import annotations

from dataclasses import dataclass

RECONCILE = "shared/core/reconcile"


@dataclass(frozen=True, slots=True)
class Break:
    """One change to a source file. tests: those that find it; empty: the random schedules do."""

    name: str
    file: str
    old: str
    new: str
    tests: str = ""


BREAKS = (
    # The loop: leases, races, requests, the list of work.
    Break(
        "leases are ignored",
        "shared/acting.py",
        "if current is None or current.value.lease != saved.value.lease:\n            return False\n        known",
        "if current is None:\n            return False\n        known",
    ),
    Break(
        "every lease has run out",
        "shared/core/rollout/leases.py",
        "    return lease is not None and timedelta(0) < lease.until - now <= LONGEST",
        "    return False",
    ),
    Break(
        "any lease is honoured",
        "shared/core/rollout/leases.py",
        "timedelta(0) < lease.until - now <= LONGEST",
        "timedelta(0) < lease.until - now",
        "tests/core/test_leases.py",
    ),
    Break(
        "a lease lasts 20 minutes",
        "shared/core/rollout/leases.py",
        "LONGEST = timedelta(minutes=2)",
        "LONGEST = timedelta(minutes=20)",
    ),
    Break(
        "a new request stops no order",
        "shared/acting.py",
        "known = current.value.requests == saved.value.requests",
        "known = True",
    ),
    Break(
        "a lease that ran out stops no order",
        "shared/acting.py",
        "return known and leases.in_force(saved.value.lease, self.clock())",
        "return known",
        "tests/faults/test_clocks_and_leases.py",
    ),
    Break(
        "orders go on after a refusal",
        "shared/acting.py",
        "str(error), self.clock())\n                break",
        "str(error), self.clock())",
        "tests/scenarios/test_guards.py",
    ),
    Break(
        "the release of a lease forgets requests",
        "shared/acting.py",
        "orders.carried(current.value, acted)",
        "orders.carried(saved.value, acted)",
        "tests/faults/test_interleaving.py",
    ),
    Break(
        "another's lease is released",
        "shared/acting.py",
        "            if current is None or current.value.lease != saved.value.lease:\n                return",
        "            if current is None:\n                return",
        "tests/faults/test_clocks_and_leases.py tests/faults/test_interleaving.py",
    ),
    Break(
        "a decision that lost the race is acted on",
        "shared/controller.py",
        'another writer was first", wanted.endpoint, wanted.id)\n            return None',
        'another writer was first", wanted.endpoint, wanted.id)\n            return Stored(wanted, stored.etag)',
        "tests/faults/test_interleaving.py",
    ),
    Break("a halt is not read", "shared/controller.py", "halted=self.store.halt(),", "halted=None,"),
    Break(
        "a request is accepted without an entry",
        "shared/controller.py",
        "changed((stored.etag, accepted))",
        "changed((stored.etag, Decision(accepted.rollout)))",
    ),
    Break(
        "a request replaces the one that waits",
        "shared/core/rollout/requests.py",
        "requests=(*rollout.requests, accepted)",
        "requests=(accepted,)",
        "tests/scenarios/test_requests.py",
    ),
    Break(
        "orders are not remembered before they are given",
        "shared/controller.py",
        "replace(orders.giving(rollout, actions, now), lease",
        "replace(rollout, lease",
        "tests/scenarios/test_guards.py",
    ),
    Break(
        "idle endpoints are closed without their mark",
        "shared/closing.py",
        "        store.commit(mark.endpoint, Changes(record=record))  # so that others must read the record again\n",
        "        pass\n",
        "tests/faults/test_interleaving.py",
    ),
    Break(
        "a newer mark is deleted",
        "shared/closing.py",
        "store.mark_closed(mark.endpoint, mark.etag)",
        "store.mark_closed(mark.endpoint, store.open_mark(mark.endpoint) or mark.etag)",
        "tests/faults/test_work_list.py",
    ),
    Break(
        "the sweep finds nothing",
        "shared/closing.py",
        "if record.current or record.waiting:",
        "if False:",
        "tests/faults/test_work_list.py",
    ),
    # Time.
    Break(
        "a hold moves the creation",
        "shared/core/rollout/postponing.py",
        "        status=replace(\n",
        "        created=_later(rollout.created, since, now),\n        status=replace(\n",
    ),
    Break(
        "unobserved time counts",
        f"{RECONCILE}/observed_time.py",
        "    if rollout.hold is None:  # the end",
        "    if False:  # the end",
        "tests/scenarios/test_absence.py",
    ),
    Break(
        "deadlines fire while nothing is observed",
        f"{RECONCILE}/decide.py",
        "(overdue,) if observed(informed, observation, now) else ()",
        "(overdue,)",
        "tests/scenarios/test_guards.py",
    ),
    Break(
        "the backlog is not waited for",
        f"{RECONCILE}/decide.py",
        "behind(informed, observation, now) or suspected(informed)",
        "suspected(informed)",
        "tests/scenarios/test_absence.py",
    ),
    Break(
        "deadlines beat evidence",
        f"{RECONCILE}/deadlines.py",
        "    if not rollout.passes:\n        why",
        "    if True:\n        why",
        "tests/scenarios/test_waiting_for_evidence.py",
    ),
    Break(
        "resuming does not restart the step's clock",
        f"{RECONCILE}/requests.py",
        "history.moved(ours.with_progress(since=now), Phase.STEPPING",
        "history.moved(ours, Phase.STEPPING",
        "tests/scenarios/test_guards.py",
    ),
    Break(
        "every silence is skipped",
        f"{RECONCILE}/judging.py",
        "settled_until - before >= LONG_SILENCE",
        "settled_until > before",
        "tests/scenarios/test_guards.py tests/core/test_minutes.py",
    ),
    # Evidence.
    Break(
        "telemetry counts as proven",
        "shared/core/rollout/record.py",
        "        return self.first or self.judging.telemetry_seen is not None or self.judging.calibration is not None",
        "        return True",
        "tests/scenarios/test_promotion.py",
    ),
    Break(
        "a minute is judged again when read again",
        f"{RECONCILE}/judging.py",
        "        if since is not None and row.minute >= since and",
        "        if since is not None and row.minute >= since - 3 * MINUTE and",
        "tests/core/test_minutes.py",
    ),
    Break(
        "late rows are not noticed",
        f"{RECONCILE}/rereading.py",
        "    if not grown:\n",
        "    if True:\n",
        "tests/scenarios/test_late_rows.py",
    ),
    Break(
        "late rows are noticed for three minutes only",
        f"{RECONCILE}/judging.py",
        "most = max(TRAILING, 2 * rollout.telemetry_lag) // MINUTE",
        "most = 3",
        "tests/scenarios/test_late_rows.py",
    ),
    Break(
        "one deployment's late rows are not awaited",
        f"{RECONCILE}/judging.py",
        "    recently = settled_until is not None and settled_until - minute - MINUTE < wait",
        "    recently = settled_until is not None and wait < timedelta(0)",
        "tests/scenarios/test_late_rows.py",
    ),
    Break(
        "nothing is read again before a promotion",
        f"{RECONCILE}/promoting.py",
        "    if recheck_due(rollout) and not (",
        "    if False and not (",
        "tests/scenarios/test_late_rows.py",
    ),
    Break(
        "nothing is read again before blue is deleted",
        f"{RECONCILE}/cleaning.py",
        "    if recheck_due(rollout) if promoted else replaced(rollout, endpoint):\n        return False\n",
        "",
        "tests/scenarios/test_late_rows.py",
    ),
    Break(
        "smoke is not waited for",
        f"{RECONCILE}/difference.py",
        "    if not rollout.smoke_passed:\n        return copied",
        "    if False:\n        return copied",
        "tests/core/test_difference.py",
    ),
    Break(
        "a mismatch of the traffic is not found",
        f"{RECONCILE}/traffic_mismatch.py",
        "    return rollout.judging.evidence.traffic.mismatch",
        "    return False",
        "tests/scenarios/test_traffic_mismatch.py",
    ),
    # Incidents and holds.
    Break(
        "incidents hold nothing",
        f"{RECONCILE}/incidents.py",
        "    return beside and not rollout.judge_overruled",
        "    return False",
        "tests/scenarios/test_incidents.py",
    ),
    Break(
        "holds hold nothing",
        f"{RECONCILE}/difference.py",
        "    held = rollout.hold is not None or bool(rollout.requests)\n",
        "    held = False\n",
        "tests/scenarios/test_guards.py",
    ),
    Break(
        "a waiting request does not hold",
        f"{RECONCILE}/difference.py",
        "    held = rollout.hold is not None or bool(rollout.requests)\n",
        "    held = rollout.hold is not None\n",
        "tests/scenarios/test_guards.py",
    ),
    Break(
        "rollbacks are held",
        f"{RECONCILE}/decide.py",
        "    if back is not None:",
        "    if back is not None and informed.hold is None:",
        "tests/scenarios/test_holding.py",
    ),
    # What serves, and what is deleted.
    Break(
        "health has no age",
        f"{RECONCILE}/serving.py",
        "    return abs(now - seen.at) <= RECENT  #",
        "    return True  #",
        "tests/core/test_difference.py",
    ),
    Break(
        "health counts for any deployment",
        f"{RECONCILE}/serving.py",
        "not seen.proven or seen.deployment != serving:",
        "not seen.proven:",
        "tests/core/test_difference.py",
    ),
    Break(
        "nobody looks at what serves",
        f"{RECONCILE}/serving.py",
        "    if seen is None or not seen.proven or seen.deployment != serving:\n        return False\n    return abs",
        "    if seen is None:\n        return True\n    return abs",
        "tests/scenarios/test_serving.py",
    ),
    Break(
        "one lucky probe proves health",
        f"{RECONCILE}/serving.py",
        "        return SeenHealthy(name, now, now, enough)",
        "        return SeenHealthy(name, now, now, True)",
        "tests/scenarios/test_serving.py",
    ),
    Break(
        "health counts for ten days",
        f"{RECONCILE}/serving.py",
        "RECENT = timedelta(minutes=10)",
        "RECENT = timedelta(days=10)",
        "tests/core/test_difference.py",
    ),
    Break(
        "green is promoted without having been seen",
        f"{RECONCILE}/promoting.py",
        "    if not _known(rollout, now):\n        return Decision(rollout)\n",
        "",
        "tests/scenarios/test_probing.py",
    ),
    Break(
        "the log counts for ten days",
        f"{RECONCILE}/probing.py",
        "RECENT = timedelta(minutes=10)",
        "RECENT = timedelta(days=10)",
        "tests/scenarios/test_probing.py tests/scenarios/test_promotion.py",
    ),
    Break(
        "blue is not probed",
        f"{RECONCILE}/probing.py",
        "    alone = rollout.green in endpoint.traffic and rollout.blue not in endpoint.traffic\n",
        "    alone = False\n",
        "tests/scenarios/test_probing.py",
    ),
    Break(
        "a failing blue gets all traffic",
        f"{RECONCILE}/difference.py",
        "awaits_probe(rollout, endpoint, now) or blue_is_worse(rollout, endpoint, now)",
        "awaits_probe(rollout, endpoint, now)",
        "tests/scenarios/test_probing.py",
    ),
    Break(
        "blue is deleted while it serves",
        f"{RECONCILE}/cleaning.py",
        "        or name in endpoint.traffic\n    ):\n        return False",
        "    ):\n        return False",
        "tests/scenarios/test_guards.py",
    ),
    Break(
        "an inherited blue goes at once",
        f"{RECONCILE}/keeping.py",
        "    return min(kept.until, rollout.status.since) if rollout.phase is Phase.PROMOTED else kept.until",
        "    return rollout.status.since",
        "tests/scenarios/test_kept_blue.py",
    ),
    Break(
        "an inherited blue goes whatever serves",
        f"{RECONCILE}/keeping.py",
        "or endpoint.busy or not _serving_proven(rollout, endpoint, now):",
        "or endpoint.busy:",
        "tests/scenarios/test_kept_blue.py",
    ),
    Break(
        "a small blue gets all traffic",
        f"{RECONCILE}/difference.py",
        "    if blue_is_small(rollout, endpoint) and now - rollout.status.since < GROW:\n        return growth\n",
        "",
        "tests/scenarios/test_way_back.py tests/scenarios/test_kept_blue.py tests/scenarios/test_capacity.py",
    ),
    # Traffic.
    Break(
        "a rollback gives blue everything",
        f"{RECONCILE}/difference.py",
        "    return kept | {heir: kept.get(heir, 0) + freed} if endpoint.ready(heir) else None",
        "    return {heir: 100} if endpoint.ready(heir) else None",
    ),
    Break(
        "the smallest of the others inherits",
        f"{RECONCILE}/difference.py",
        "heir = rollout.blue or max(kept,",
        "heir = rollout.blue or min(kept,",
        "tests/scenarios/test_guards.py",
    ),
    Break(
        "orders are forgotten",
        f"{RECONCILE}/difference.py",
        "    threatened = rollout.green in endpoint.traffic or rollout.green in (rollout.orders.traffic or {})",
        "    threatened = rollout.green in endpoint.traffic",
        "tests/core/test_difference.py",
    ),
    Break(
        "a mirror stays when it goes back",
        f"{RECONCILE}/difference.py",
        "    return (SetMirror(rollout.endpoint.name, others),)",
        "    return ()",
        "tests/core/test_difference.py",
    ),
    Break(
        "live traffic begins before the mirror ends",
        f"{RECONCILE}/difference.py",
        "    both = rollout.traffic.weight > 0 and rollout.green in endpoint.mirror\n",
        "    both = False\n",
        "tests/scenarios/test_guards.py",
    ),
    Break(
        "edits are not noticed",
        f"{RECONCILE}/external_edits.py",
        "    if not _foreign(rollout, endpoint):\n        return None\n    known",
        "    if True:\n        return None\n    known",
        "tests/scenarios/test_external_edits.py",
    ),
    Break(
        "edits are expected at once",
        f"{RECONCILE}/external_edits.py",
        "    if rollout.phase not in STEERED:\n        return None\n",
        "    if rollout.phase is not Phase.PAUSED:\n        return Decision(known)\n",
        "tests/scenarios/test_external_edits.py",
    ),
    Break(
        "an edit is overwritten unnoticed",
        f"{RECONCILE}/difference.py",
        "    if unnoticed or not _stands(rollout, endpoint):",
        "    if not _stands(rollout, endpoint):",
        "tests/core/test_difference.py",
    ),
    Break(
        "a request is carried out before an edit is noticed",
        f"{RECONCILE}/decide.py",
        "            noticed,\n            asked,\n",
        "            asked,\n            noticed,\n",
        "tests/scenarios/test_guards.py",
    ),
    Break(
        "an edit leaves forward requests waiting",
        f"{RECONCILE}/external_edits.py",
        "    return stopped(paused, changed, now)  #",
        "    return paused  #",
        "tests/scenarios/test_external_edits.py tests/scenarios/test_requests.py",
    ),
    Break(
        "traffic taken from green is no request",
        f"{RECONCILE}/external_edits.py",
        "or now - since < SETTLED or",
        "or now - since < 100000 * SETTLED or",
        "tests/scenarios/test_external_edits.py",
    ),
    Break(
        "a version that was deployed by hand is deployed again",
        f"{RECONCILE}/placing.py",
        "        if not ours and not known and not failed and is_of(seen.model, rollout.model):",
        "        if False:",
        "tests/scenarios/test_facts.py",
    ),
    Break(
        "blue is fixed at the start",
        f"{RECONCILE}/placing.py",
        "    if endpoint.busy or not _untouched(rollout, endpoint) or serving in {None, rollout.blue}:",
        "    if True:",
        "tests/scenarios/test_facts.py",
    ),
)
