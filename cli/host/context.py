"""The objects passed to a function as its `context` and `Out` parameters."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import azure.functions as func

_THREAD = threading.local()


def mark_thread(invocation_id: str) -> None:
    """Store the invocation's id in the context's thread-local storage, where code on this thread can find it."""
    _THREAD.invocation_id = invocation_id


class Output(func.Out[object]):
    """Keeps what a function sets on an output binding."""

    def __init__(self) -> None:
        self._value: object = None

    def set(self, val: object) -> None:
        """Keep the value, replacing any earlier one."""
        self._value = val

    def get(self) -> object:
        """Return the last value set, or None."""
        return self._value


@dataclass(frozen=True, slots=True)
class TraceContext:
    """An empty trace context: no distributed trace reaches a development host."""

    trace_state: str = ""
    trace_parent: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RetryContext:
    """The attempt within the retry policy; 0 of 0 without one."""

    retry_count: int = 0
    max_retry_count: int = 0
    exception: None = None


@dataclass(frozen=True, slots=True)
class Context(func.Context):
    """The invocation as the function sees it."""

    invocation_id: str
    function_name: str
    function_directory: str
    thread_local_storage: Any = _THREAD
    trace_context: Any = field(default_factory=TraceContext)
    retry_context: Any = field(default_factory=RetryContext)
