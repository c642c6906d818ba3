"""What a request's two status codes say of it: the caller's, and the model's own. `minutes.kql` says the same in KQL.

Azure ML turns every answer of a container that is not 200 into 424 for the caller, and keeps the container's status
apart. So the container's word comes first: what a model refuses (400, 422) is its caller's mistake.
"""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["good", "bad", "overloaded", "client_error"]

OVERLOADED = frozenset({"408", "429"})
FAILED_DEPENDENCY = "424"


def kind(status: str, model: str = "") -> Kind:
    """Return what the caller's status and the model's (empty or 0: it did not answer) say of a request.

    A model's 4xx is a client error and its 5xx a failure, whatever the caller got. 408 and 429 are an overload and 424
    a failure, wherever they come from: none of them is the caller's doing. Otherwise the caller's status counts: good
    is what is known to be (1xx to 3xx), and a client error any other 4xx. All else is bad: 5xx, 0 (nobody waited for
    the answer), no code, a word, and 4xx without its last digits.
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
