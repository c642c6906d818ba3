"""The prices file: found next to the policies, checked like them, and never mistaken for one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.policies.policy_set import read_policies
from shared.policies.prices import Prices

POLICY = "endpoint: churn\nmodels: [{name: m}]\nsteps: [pause: {}]\n"
PRICES = "currency: eur\nper_hour: {Standard_DS3_v2: 0.27, gpu: 2}\n"


@pytest.mark.parametrize("name", ["prices.yaml", "prices.yml"])
def test_prices_are_read_with_the_policies(folder: Path, name: str) -> None:
    """A folder's prices are part of its policy set; Azure's type names are case-insensitive."""
    (folder / "churn.yaml").write_text(POLICY)
    (folder / name).write_text(PRICES)
    book = read_policies(folder).valid()
    assert len(book.policies) == 1
    assert book.prices == Prices("EUR", {"Standard_DS3_v2": 0.27, "gpu": 2.0})
    assert book.prices.cost("standard_ds3_V2", 3, 10) == pytest.approx(8.1)
    assert book.prices.cost("unknown", 3, 10) is None


def test_prices_are_optional(folder: Path) -> None:
    """They are for estimates only."""
    (folder / "churn.yaml").write_text(POLICY)
    assert read_policies(folder).valid().prices is None


def test_prices_alone_are_not_a_policy(folder: Path, find_problems: Callable[[Path], list[str]]) -> None:
    """A folder with only prices would never roll anything out."""
    (folder / "prices.yaml").write_text(PRICES)
    [line] = find_problems(folder)
    assert line.startswith("policies: contains no policy (*.yaml or *.yml)")


def test_problems_of_prices_are_reported_with_the_others(
    folder: Path, find_problems: Callable[[Path], list[str]]
) -> None:
    """One run lists the problems of prices and policies."""
    (folder / "churn.yaml").write_text(POLICY + "name: A\n")
    (folder / "prices.yaml").write_text("currency: €\nper_hour: {a: free, b: -1, c: 0.1}\n")
    assert find_problems(folder) == [
        (
            "policies/churn.yaml:4:1: name: 'A' is not a valid policy name (lowercase letters, digits, "
            "dashes; not skip); write it like careful"
        ),
        "policies/prices.yaml:1:1: currency: '€' is not a currency in three letters; write it like EUR",
        "policies/prices.yaml:2:12: per_hour.a: 'free' is not a number above 0 and below 100000; write it like 0.27",
        "policies/prices.yaml:2:21: per_hour.b: -1 is not a number above 0 and below 100000; write it like 0.27",
    ]
