"""What a request's two status codes say of it; the request log's query says the same (test_written_logs.py)."""

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
def test_what_is_not_known_to_be_good_is_not_good(status: str, expected: str) -> None:
    """Ours are 5xx, 408, 424 and 429; the caller's the other 4xx; a status that says nothing counts against us."""
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
def test_the_model_s_word_comes_first(status: str, model: str, expected: str) -> None:
    """Whatever the caller got: a model's 4xx is a client error, its 5xx a failure, its 408 and 429 an overload."""
    assert kind(status, model) == expected


@pytest.mark.parametrize("model", ["", "0", "200", "302", "none"])
def test_without_the_model_s_word_the_caller_s_status_counts(model: str) -> None:
    """A crash has no model's status, or a meaningless one: 424 is a failure then."""
    assert (kind("424", model), kind("403", model), kind("200", model)) == ("bad", "client_error", "good")
