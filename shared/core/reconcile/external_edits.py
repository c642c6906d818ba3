"""Live traffic that someone else changed: noticed before anything overwrites it.

Nothing here moves traffic. What was taken from green is not restored until an operator resumes or promotes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.core.observation.observation import EndpointSeen
from shared.core.phases import Phase
from shared.core.reconcile.orders import shown
from shared.core.reconcile.requests import stopped
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.record import Rollout

# How long green must have been without traffic before the rollout is rolled back. Azure can briefly show an old split,
# and an operator who made a mistake has time to resume.
SETTLED = timedelta(minutes=10)
# What may give traffic to a blue that had none.
TO_BLUE = frozenset({ReasonCode.COMPARING_AGAIN, ReasonCode.OPERATOR_RESUME, ReasonCode.OPERATOR_PROMOTE})
STEERED = frozenset({Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING})


def noticed(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Pause a rollout whose traffic or mirror someone else changed; None if Teal knows both."""
    if _mirror_edited(rollout, endpoint):
        return _mirror_noticed(rollout, endpoint, now)
    back = _returned(rollout, endpoint)
    if not back and not _foreign(rollout, endpoint):
        return _left_after_promotion(rollout, endpoint, now)
    known = _known(rollout, endpoint).with_traffic(steady_since=None, edited_since=now).with_judging(comparison="none")
    if rollout.phase is Phase.PROMOTED:
        return Decision(known)  # reported once it has settled
    if rollout.phase not in STEERED:
        return None
    changed = reason(
        ReasonCode.TRAFFIC_CHANGED_EXTERNALLY,
        because=rollout.hold_reason,
        observed_traffic=dict(endpoint.traffic),
        expected_traffic=dict((rollout.traffic.edited if back else None) or rollout.wanted_traffic),
    )
    paused = history.moved(known.with_progress(in_pause_step=False), Phase.PAUSED, changed, now)
    return stopped(paused, changed, now)  # whoever requested it did not know about the edit


def record_observation(rollout: Rollout, endpoint: EndpointSeen | None) -> Rollout:
    """Return the rollout after this traffic was seen: Teal's last order has taken effect, or an edit was undone."""
    return rollout if endpoint is None else shown(_in_force(rollout, endpoint), endpoint)


def _in_force(rollout: Rollout, endpoint: EndpointSeen) -> Rollout:
    """Return the rollout, which expects no other split once the wanted one is in force.

    If someone repeats an edit that was undone, it is noticed again and has its own time to settle.
    """
    ours = rollout.phase in STEERED | {Phase.PROMOTED}
    if endpoint.busy or not ours or endpoint.traffic != rollout.wanted_traffic:
        return rollout
    if _returned(rollout, endpoint) and not _own_order(rollout, endpoint):
        return rollout
    return rollout.with_traffic(expected=(rollout.wanted_traffic,), edited=None, edited_since=None)


def _returned(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether someone restored Teal's own split, although more was requested after their last edit."""
    edited, wanted = rollout.traffic.edited, rollout.wanted_traffic
    if edited is None or endpoint.busy or edited == wanted or endpoint.traffic != wanted:
        return False
    asked = any(request.verb.row.forward for request in rollout.requests)
    return rollout.share_undecided or (rollout.phase is Phase.PAUSED and asked)


def _own_order(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether this split may result from Teal's last order."""
    return endpoint.traffic == rollout.orders.traffic and not rollout.orders.shown


def taken_back(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Roll back a rollout if someone took all live traffic from green, which counts as a request to roll back."""
    since = rollout.traffic.edited_since
    if since is None or now - since < SETTLED or rollout.phase not in {Phase.PAUSED, Phase.PROMOTED}:
        return None
    if rollout.only_watches:
        return None  # there is nothing to return traffic to: it went to something newer
    if endpoint.traffic != rollout.traffic.edited or not _green_is_without(rollout, endpoint):
        return None  # a more recent change has its own time to settle
    why = reason(ReasonCode.TRAFFIC_TAKEN_BACK, deployment=rollout.green, observed_traffic=dict(endpoint.traffic))
    return history.moved(rollout, Phase.ROLLING_BACK, why, now)


def _left_after_promotion(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Report, once, a split that someone set after the promotion and that has lasted; it is not overwritten."""
    since = rollout.traffic.edited_since
    settled = since is not None and now - since >= SETTLED and not endpoint.busy
    if rollout.phase is not Phase.PROMOTED or not settled or endpoint.traffic == rollout.wanted_traffic:
        return None
    found = ReasonCode.TRAFFIC_LEFT_AFTER_PROMOTION
    why = reason(found, deployment=rollout.green, observed_traffic=dict(endpoint.traffic))
    return history.noted(rollout.with_traffic(edited_since=None), why, now)


def unsettled(rollout: Rollout, now: datetime) -> bool:
    """Return whether someone moved traffic after the promotion so recently that it may be a request to roll back."""
    since = rollout.traffic.edited_since
    return rollout.phase is Phase.PROMOTED and since is not None and now - since < 2 * SETTLED


def left_as_found(decision: Decision, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return the decision with an entry if a rollback finds a split that someone else set."""
    rollout = decision.rollout
    ours = endpoint.traffic == rollout.orders.traffic
    if rollout.phase is not Phase.ROLLING_BACK or ours or not _foreign(rollout, endpoint):
        return decision
    found = reason(ReasonCode.TRAFFIC_LEFT_AS_FOUND, deployment=rollout.green, observed_traffic=dict(endpoint.traffic))
    noted = history.noted(_known(rollout, endpoint), found, now)
    return Decision(noted.rollout, decision.entries + noted.entries)


def blue_unmirrored(decision: Decision, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return the decision with an entry if someone else mirrors to blue, which now gets traffic: that mirror ends."""
    rollout, goes_back = decision.rollout, Phase.ROLLING_BACK
    if rollout.phase is not goes_back and rollout.blue not in rollout.wanted_traffic:
        return decision
    begins = any(entry.after is goes_back and entry.before is not goes_back for entry in decision.entries)
    begins = begins or any(entry.reason.code in TO_BLUE for entry in decision.entries)
    share = endpoint.mirror.get(rollout.blue or "")
    if not share or not begins:
        return decision
    why = reason(ReasonCode.BLUE_MIRROR_ENDED, deployment=rollout.blue or "", observed_mirror=share)
    noted = history.noted(rollout, why, now)
    return Decision(noted.rollout, decision.entries + noted.entries)


def _mirror_edited(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether green's mirror differs from the one that was observed in force."""
    steady = rollout.traffic.mirror > 0 and rollout.traffic.steady_since is not None and not endpoint.busy
    return steady and rollout.phase in STEERED and endpoint.mirror.get(rollout.green, 0) != rollout.traffic.mirror


def _mirror_noticed(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Pause a rollout whose mirror someone else changed, for example because it was too much for green."""
    changed = reason(
        ReasonCode.MIRROR_CHANGED_EXTERNALLY,
        deployment=rollout.green,
        mirror=rollout.traffic.mirror,
        observed_mirror=endpoint.mirror.get(rollout.green, 0),
    )
    paused = history.moved(rollout.with_traffic(steady_since=None), Phase.PAUSED, changed, now)
    return stopped(paused, changed, now)


def _foreign(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether Teal neither found nor ordered this split."""
    known = rollout.traffic.known
    return rollout.placement is not None and bool(known) and endpoint.traffic not in known


def _known(rollout: Rollout, endpoint: EndpointSeen) -> Rollout:
    return rollout.with_traffic(edited=endpoint.traffic)


def _green_is_without(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether green's share was given to blue or, without a blue, to another deployment."""
    had = rollout.traffic.weight > 0 and rollout.orders.reached
    if endpoint.busy or not had or rollout.green in endpoint.traffic:
        return False
    return bool(endpoint.traffic) if rollout.blue is None else rollout.blue in endpoint.traffic
