"""A value that is made at first use, once per process, even if many threads ask for it at the same time.

`functools.cache` does not hold back concurrent first calls, and the Functions host calls an app on up to 1,000 threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def once(make: Callable[[], T]) -> Callable[[], T]:
    """Return a function that calls `make` at its first call and returns that value from then on.

    If `make` raises, the error is passed on, and the next call tries again.
    """
    lock = threading.Lock()
    made: list[T] = []

    def get() -> T:
        if not made:
            with lock:
                if not made:
                    made.append(make())
        return made[0]

    return get
