"""Breaks the core and the controller in small ways, one at a time, and reports which breaks no test notices.

Trying all of them would take days, so it takes a random sample for the given time: `make mutants MINUTES=… SEED=…`. It
works on a copy of the sources, and runs only the tests that run a broken line. A survivor is a line that no test
depends on, or a change that makes no difference.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome

from bench.copies import copied
from bench.relevant_tests import RelevantTests

TESTS = "tests/core tests/scenarios tests/policies tests/faults"
LIMIT = 600.0  # seconds for the tests of one mutant; a longer run counts as an endless loop, that is, as noticed
AT_ONCE = 3  # mutations per module and round
# Changes that a reviewer could overlook. Left out: bit arithmetic, `is` for numbers, decorators: they always fail.
COMPARED = ("Eq", "NotEq", "Lt", "LtE", "Gt", "GtE")
CHOSEN = {
    *(f"core/ReplaceComparisonOperator_{one}_{other}" for one in COMPARED for other in COMPARED),
    *("core/ReplaceComparisonOperator_Is_IsNot", "core/ReplaceComparisonOperator_IsNot_Is"),
    *("core/ReplaceBinaryOperator_Add_Sub", "core/ReplaceBinaryOperator_Sub_Add"),
    *("core/ReplaceBinaryOperator_Mul_Div", "core/ReplaceBinaryOperator_Div_Mul"),
    *("core/ReplaceAndWithOr", "core/ReplaceOrWithAnd", "core/AddNot", "core/ReplaceUnaryOperator_Delete_Not"),
    *("core/ReplaceTrueWithFalse", "core/ReplaceFalseWithTrue", "core/NumberReplacer"),
    *("core/ReplaceBreakWithContinue", "core/ReplaceContinueWithBreak", "core/ZeroIterationForLoop"),
}


def mutations(seed: int) -> Iterator[MutationSpec]:
    """Yield mutations in random order: a few in one module, a few in another, and so on."""
    dice = random.Random(seed)  # noqa: S311 -- a sample, not a secret
    modules = [*sorted(Path("shared/core").rglob("*.py")), Path("shared/controller.py"), Path("shared/acting.py")]
    while True:
        module = dice.choice(modules)
        with use_db("mutants.sqlite", WorkDB.Mode.create) as database:
            init([module], database, {})
            found = sorted((item.mutations[0] for item in database.work_items), key=str)
        chosen = [each for each in found if each.operator_name in CHOSEN]
        yield from dice.sample(chosen, min(AT_ONCE, len(chosen)))


def tested(mutants: Iterator[MutationSpec], tests: str, seconds: float) -> Iterator[tuple[MutationSpec, bool, str]]:
    """Yield each mutation tried within the time, whether the tests that run its line noticed it, and its diff."""
    relevant, until = RelevantTests(tests), time.monotonic() + seconds
    for mutant in mutants:
        if time.monotonic() > until:
            return
        chosen = relevant.of(mutant.module_path, mutant.start_pos[0], mutant.end_pos[0])
        Path("chosen").write_text("\n".join(chosen))
        command = f"{sys.executable} -m pytest -x -q -p no:cacheprovider @chosen" if chosen else "true"
        result = mutate_and_test([mutant], command, LIMIT)
        yield mutant, result.test_outcome is not TestOutcome.SURVIVED, result.diff or ""


def main() -> int:
    """Run the mutation tests and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", default=TESTS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="teal-mutants-") as place:
        copied(Path(place))
        os.chdir(place)
        os.environ["PYTHONPATH"] = place
        noticed, survivors = 0, list[str]()
        for mutant, dead, diff in tested(mutations(asked.seed), asked.tests, asked.minutes * 60):
            noticed += dead
            if dead:
                print(f"noticed  {mutant.module_path}:{mutant.start_pos[0]} {mutant.operator_name}", flush=True)
            else:
                survivors.append(diff)
                print(f"SURVIVED {mutant.module_path}:{mutant.start_pos[0]} {mutant.operator_name}\n{diff}", flush=True)
        os.chdir("/")
    total = noticed + len(survivors)
    share = f"{100 * noticed / total:.0f} %" if total else "nothing tested"
    print(f"{total} breaks tried, seed {asked.seed}: {noticed} noticed ({share})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
