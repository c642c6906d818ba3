"""How fast `teal policy simulate` is: CPU seconds for 1,000 rollouts at 1,000 requests per minute on one core.

Run: `python -m bench.simulate [ROLLOUTS]`. It measures CPU time, because the machine may be shared, excluding start-up.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from pathlib import Path

from cli.policy.choice import choose
from cli.simulate.profile import Change, Fault, Profile
from cli.simulate.trial import Scenario, trials

ROOT = Path(__file__).resolve().parent.parent
POLICIES = ("policies/churn.yaml", "examples/policies/canary.yaml", "examples/policies/linear.yaml")
GREENS: dict[str, tuple[Fault, ...]] = {
    "as good as blue": (),
    "five points worse after 20 min": (Fault(Change("plus", 0.05), timedelta(minutes=20)),),
    "1.5 times as slow": (Fault(latency=Change("times", 1.5)),),
}


def measure(rollouts: int) -> dict[str, dict[str, float]]:
    """Return the CPU seconds and the length of the rollouts, by policy and green's behaviour."""
    figures = {}
    for file in POLICIES:
        chosen = choose(ROOT / file, None, None)
        for name, faults in GREENS.items():
            scenario = Scenario(chosen.policy, Profile(faults=faults), chosen.smoke_requests)
            began = time.process_time()
            results = list(trials(scenario, rollouts, seed=1))
            seconds = time.process_time() - began
            minutes = sum(result.minutes for result in results)
            figures[f"{file}, green {name}"] = {
                "rollouts": rollouts,
                "cpu seconds": round(seconds, 2),
                "simulated minutes per rollout": round(minutes / rollouts, 1),
                "cpu microseconds per simulated minute": round(1e6 * seconds / minutes, 1),
            }
    return figures


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1000), indent=2))
