"""Classifies a request by its two status codes: the caller's and the model's. `minutes.kql` does the same in KQL.

Azure ML turns every container status except 200 into 424 for the caller, and keeps the container's status separately.
So the container's status takes precedence: a request that the model rejects (400, 422) is a client error.
"""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["good", "bad", "overloaded", "client_error"]

OVERLOADED = frozenset({"408", "429"})
FAILED_DEPENDENCY = "424"


def kind(status: str, model: str = "") -> Kind:
    """Classify a request by the caller's status and the model's (empty or 0: it did not answer).

    A model's 4xx is a client error and its 5xx a failure, whatever the caller got. 408 and 429 are an overload and 424
    a failure, wherever they come from: none of them is the caller's fault. Otherwise the caller's status counts: 1xx to
    3xx are good, and any other 4xx is a client error. Everything else is bad: 5xx, 0 (the caller did not wait for the
    answer), no code, a word, and `4xx` without its last digits.
    """
    if _client_error(model):
        return "client_error"
    if status in OVERLOADED or model in OVERLOADED:
        return "overloaded"
    if re.fullmatch(r"5(\d\d|xx)", model) or model == FAILED_DEPENDENCY:
        return "bad"
    if re.fullmatch(r"[123](\d\d|xx)", status):
        return "good"
    return "client_error" if _client_error(status) else "bad"


def _client_error(status: str) -> bool:
    return bool(re.fullmatch(r"4\d\d", status)) and status not in {*OVERLOADED, FAILED_DEPENDENCY}
