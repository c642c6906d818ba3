"""Long random histories: versions, wishes, strangers, outages and crashes in any order, the laws checked throughout.

The machine acts on one endpoint; whatever it did, in the end the world goes quiet and must come to rest as recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from shared.core.admission.events import MODEL_REGISTERED
from shared.core.observation import Provisioning
from shared.core.phases import Phase
from shared.core.rollout import OperatorRequest, Rollout, Verb
from shared.errors import NotPossible, TealError
from shared.ports import Halt
from tests.faults.disturbance import Crash, Kind, Plan, controller, reception
from tests.faults.laws import LawfulEndpoints, check_at_rest, check_evidence, check_records, lawful_world
from tests.faults.recipes import CONDUCTS, RECIPES, USUAL, Recipe
from tests.scenarios.conduct import Conduct
from tests.scenarios.world import BLUE, CHURN, ENDPOINT, MINUTE

NAMES = ("5", "7", "8", "9")
VERSIONS = st.sampled_from(NAMES)
GATES = st.sampled_from(["latency", "fraud", "tried", "predictions", "disagreement"])
HOLDERS = st.sampled_from(["one", "two", "three"])
PASSING = st.sampled_from([Kind.TEMPORARY, Kind.CONFLICT, Kind.CRASH])
FAULTS: st.SearchStrategy[dict[int, Kind]] = st.just({}) | st.dictionaries(st.integers(0, 25), PASSING, max_size=3)


class Endpoint(RuleBasedStateMachine):
    """One endpoint, everything that may happen to it, and what must hold at every moment."""

    recipe: Recipe = RECIPES["plain"]

    def __init__(self) -> None:
        super().__init__()
        answering = dict.fromkeys((BLUE, *(f"churn-{version}" for version in NAMES)), self._measured(USUAL))
        self.world = lawful_world(serves=self.recipe.serves, conduct=answering)
        self.world.policy = self.recipe.policy
        self.azure = self.world.endpoints
        assert isinstance(self.azure, LawfulEndpoints)
        self.asked_back = self.azure.asked_back

    @initialize(rate=st.sampled_from([0.0, 0.0, 0.05]))
    def a_version_is_registered(self, rate: float) -> None:
        """Begin with a rollout, so that there is something to disturb."""
        self.world.rates["churn-7"] = rate
        self.world.register("7")

    @rule(version=VERSIONS, faults=FAULTS)
    def an_event_arrives(self, version: str, faults: Mapping[int, Kind]) -> None:
        """Deliver an event, perhaps again, perhaps in vain."""
        data = {"modelName": "churn", "modelVersion": version, "modelTags": {}}
        try:
            reception(self.world, Plan(dict(faults))).event(MODEL_REGISTERED, "", "", version, data)
        except (TealError, Crash):
            return

    @rule(minutes=st.integers(1, 6), finish=st.booleans(), holder=HOLDERS, faults=FAULTS)
    def time_goes_by(self, minutes: int, finish: bool, holder: str, faults: Mapping[int, Kind]) -> None:  # noqa: FBT001
        """Let minutes pass with disturbed looks, while Azure may or may not finish what was ordered."""
        plan = Plan(dict(faults))
        for _ in range(minutes):
            self.world.log_traffic()
            self.world.clock.pass_(MINUTE)
            if finish:
                self.azure.finish()
            self._look(holder, plan)

    @rule(holder=HOLDERS, faults=FAULTS)
    def a_wakeup_comes(self, holder: str, faults: Mapping[int, Kind]) -> None:
        """Look once more within the minute."""
        self._look(holder, Plan(dict(faults)))

    @rule(verb=st.sampled_from(list(Verb)), faults=FAULTS)
    def a_person_asks(self, verb: Verb, faults: Mapping[int, Kind]) -> None:
        """Ask something; a refusal is an answer. Only what was answered with yes binds Teal."""
        process = controller(self.world, Plan(dict(faults)))
        try:
            asked = process.request(CHURN, OperatorRequest(verb, "ada", "because", self.world.clock()))
        except (TealError, Crash, NotPossible):
            return
        if asked is not None and verb is Verb.ROLLBACK and asked.phase is not Phase.PROMOTED:
            self.asked_back.add(asked.id)

    @rule(choice=st.integers(0, 9), share=st.sampled_from([0, 30, 100]))
    def a_stranger_sets_the_traffic(self, choice: int, share: int) -> None:
        """Edit the traffic as someone with a terminal would: only between what is ready, and summing to 100."""
        seen = self.world.seen
        kept = {r.green for r in self.world.store.rollouts(ENDPOINT) if r.phase is Phase.ROLLED_BACK}
        ready = sorted(name for name in seen.deployments if seen.ready(name) and name not in kept)
        if not ready or self.azure.pending:
            return
        one, other = ready[choice % len(ready)], ready[-1]
        traffic = {one: 100} if one == other else {one: share, other: 100 - share}
        self.azure.seen[ENDPOINT] = replace(seen, traffic={name: part for name, part in traffic.items() if part})

    @rule(version=VERSIONS, rate=st.sampled_from([0.0, 0.01, 0.5]))
    def a_version_behaves(self, version: str, rate: float) -> None:
        """Have a version fail so much of its requests from now on."""
        self.world.rates[f"churn-{version}"] = rate

    @rule(version=VERSIONS, conduct=st.sampled_from(CONDUCTS))
    def a_version_answers(self, version: str, conduct: Conduct) -> None:
        """Have a version be slower, refuse more, say something else, or not be measured, from now on."""
        self.world.conduct[f"churn-{version}"] = self._measured(conduct)

    @rule(gate=GATES, missing=st.booleans())
    def a_source_is_missing(self, gate: str, missing: bool) -> None:  # noqa: FBT001 -- drawn by hypothesis
        """Have the source of one gate's evidence say nothing, or speak again."""
        self.world.telemetry.missing.pop(gate, None)
        if missing:
            self.world.telemetry.missing[gate] = "throttled"

    @rule(version=VERSIONS, avoided=st.booleans())
    def nobody_calls(self, version: str, avoided: bool) -> None:  # noqa: FBT001 -- drawn by hypothesis
        """Have a version get none of the requests that its weight should bring it, or get them again."""
        (self.world.avoided.add if avoided else self.world.avoided.discard)(f"churn-{version}")

    @rule(version=VERSIONS)
    def a_green_breaks(self, version: str) -> None:
        """Have a deployment that is being tried fail; the one that serves stays."""
        name, seen = f"churn-{version}", self.world.seen
        current = self._current()
        tried = current is not None and current.green == name and current.phase is not Phase.PROMOTED
        if tried and name in seen.deployments and not self.azure.pending:
            broken = replace(seen.deployments[name], state=Provisioning.FAILED)
            self.azure.seen[ENDPOINT] = replace(seen, deployments=seen.deployments | {name: broken})

    @rule(port=st.sampled_from(["telemetry", "scoring", "wakeups", "endpoints"]), down=st.booleans())
    def an_outage(self, port: str, down: bool) -> None:  # noqa: FBT001 -- drawn by hypothesis
        """Take something Teal needs away, or give it back."""
        getattr(self.world, port).faults.always = "503: away" if down else ""

    @rule(halted=st.booleans())
    def a_person_halts(self, halted: bool) -> None:  # noqa: FBT001 -- drawn by hypothesis
        """Hold everything, or let it go on."""
        self.world.store.set_halt(Halt("ada", "incident 7", self.world.clock()) if halted else None)

    @rule(hidden=st.booleans(), foretells=st.booleans())
    def azure_shows(self, hidden: bool, foretells: bool) -> None:  # noqa: FBT001 -- drawn by hypothesis
        """Have Azure show what it carries out late, or early."""
        assert isinstance(self.azure, LawfulEndpoints)
        self.azure.hidden, self.azure.foretells = hidden, foretells

    @rule(minutes=st.sampled_from([20, 70]))
    def nobody_looks(self, minutes: int) -> None:
        """Let the whole app be gone for a while."""
        for _ in range(minutes // 10):
            self.world.log_traffic()
            self.world.clock.pass_(10 * MINUTE)
        self.azure.finish()

    @invariant()
    def the_records_are_whole(self) -> None:
        """Check every history at every moment."""
        check_records(self.world.store)
        check_evidence(self.world)

    @rule()
    def ten_quiet_minutes(self) -> None:
        """Let the world be quiet in the middle of a history, too."""
        self._quiet(10)

    def teardown(self) -> None:
        """Let the world go quiet: everything comes to rest, and a person can still take back what is open."""
        self._quiet(12)
        self._finish_what_just_began()
        check_at_rest(self.world)
        current = self._current()
        if current is not None and current.open:
            self.world.ask(Verb.ROLLBACK)
            self.world.minutes(6)
            after = self.world.rollout(current.model.version)
            assert after.phase in {Phase.ROLLED_BACK, Phase.FAILED}, self.world.told(current.model.version)
            assert after.phase is Phase.ROLLED_BACK or not self.world.seen.ready(after.blue)
        self._quiet(12)
        check_records(self.world.store)
        assert self.world.seen.traffic or not self.recipe.serves

    def _quiet(self, minutes: int) -> None:
        for port in (self.world.telemetry, self.world.scoring, self.world.wakeups, self.azure):
            port.faults.always = ""
        self.world.store.set_halt(None)
        self.azure.hidden = False
        self.world.telemetry.missing.clear()
        self.world.avoided.clear()
        self.world.minutes(minutes)

    def _finish_what_just_began(self) -> None:
        """Give a move of the last quiet minutes, such as a rollback, the few minutes that it takes."""
        for _ in range(5):
            since = [rollout.status.since for rollout in self.world.store.rollouts(ENDPOINT)]
            if all(self.world.clock() - moment >= 3 * MINUTE for moment in since):
                return
            self.world.minutes()

    def _measured(self, conduct: Conduct) -> Conduct:
        """Return how it answers as the policy's source of latency sees it."""
        return replace(conduct, percentiles=self.recipe.policy.judge.latency_from == "metrics")

    def _current(self) -> Rollout | None:
        name = self.world.store.record(CHURN).value.current
        stored = self.world.store.rollout(CHURN, name) if name else None
        return stored.value if stored else None

    def _look(self, holder: str, plan: Plan) -> None:
        try:
            controller(self.world, plan, holder).reconcile(CHURN)
        except (TealError, Crash):
            return


LONG = settings(
    max_examples=60, stateful_step_count=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("name", RECIPES)
def test_whatever_happens_the_laws_hold(name: str) -> None:
    """No history of faults, wishes, strangers and crashes breaks a law, and each comes to rest when it is quiet."""
    machine = type("Endpoint", (Endpoint,), {"recipe": RECIPES[name]})
    run_state_machine_as_test(machine, settings=LONG)
