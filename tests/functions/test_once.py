"""Values that are created once per process."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from shared.once import once

CALLERS = 24


def test_many_first_calls_make_one_value() -> None:
    """Threads that call at the same time all get the same value, which is created once."""
    together, made = Barrier(CALLERS), []

    @once
    def value() -> object:
        time.sleep(0.05)  # long enough for all of them to be in the first call
        made.append(object())
        return made[-1]

    def first_call(_: int) -> object:
        together.wait()
        return value()

    with ThreadPoolExecutor(CALLERS) as pool:
        seen = set(pool.map(first_call, range(CALLERS)))
    assert (len(seen), len(made)) == (1, 1)


def test_an_error_is_not_kept() -> None:
    """A first call that fails raises, and the next one tries again."""
    outcomes = iter([None, "made"])

    @once
    def value() -> str:
        found = next(outcomes)
        if found is None:
            raise LookupError("not yet")
        return found

    with pytest.raises(LookupError, match="not yet"):
        value()
    assert [value(), value()] == ["made", "made"]
