"""Classification by a request's two status codes; the request log's query agrees (test_written_logs.py)."""

from __future__ import annotations

import pytest

from shared.adapters.status import kind


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *[(status, "good") for status in ("200", "204", "302", "100", "2xx", "3xx")],
        *[(status, "client_error") for status in ("400", "401", "404", "413", "499")],
        *[(status, "overloaded") for status in ("408", "429")],
        *[(status, "bad") for status in ("424", "500", "502", "503", "504", "599", "5xx")],
        *[(status, "bad") for status in ("4xx", "0", "", "unknown", "none", "20", "2000", "600", "-200", "200\n")],
    ],
)
def test_an_unclear_status_counts_as_bad(status: str, expected: str) -> None:
    """5xx, 408, 424 and 429 are bad, other 4xx are client errors, and a meaningless status counts as bad."""
    assert kind(status) == expected


@pytest.mark.parametrize("status", ["424", "400", "200", "500", "0", ""])
@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("401", "client_error"),
        ("415", "client_error"),
        ("408", "overloaded"),
        ("429", "overloaded"),
        ("501", "bad"),
        ("424", "bad"),
    ],
)
def test_the_model_s_status_takes_precedence(status: str, model: str, expected: str) -> None:
    """A model's 4xx is a client error, its 5xx a failure, its 408 and 429 an overload, whatever the caller got."""
    assert kind(status, model) == expected


@pytest.mark.parametrize("model", ["", "0", "200", "302", "none"])
def test_without_the_model_s_status_the_caller_s_counts(model: str) -> None:
    """After a crash there is no model status, or a meaningless one, so 424 is a failure."""
    assert (kind("424", model), kind("403", model), kind("200", model)) == ("bad", "client_error", "good")
