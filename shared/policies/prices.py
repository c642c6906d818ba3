"""What machines cost, from the prices file beside the policies: for estimates only, never for a decision."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from shared.policies.document import LARGEST_FILE, compose, place_of, read_text
from shared.policies.problems import Findings, PolicyError
from shared.policies.reading import read
from shared.policies.tables.prices import PRICES
from shared.policies.variables import Variables


class Prices(NamedTuple):
    """The price of one instance for one hour by instance type, in this currency (ISO 4217)."""

    currency: str
    per_hour: Mapping[str, float]

    def cost(self, instance_type: str, instances: float, hours: float) -> float | None:
        """Return what so many instances of a type cost for so long; None if the type has no price."""
        known = {name.lower(): price for name, price in self.per_hour.items()}
        price = known.get(instance_type.lower())
        return None if price is None else price * instances * hours


def read_prices(path: Path, variables: Variables) -> Prices:
    """Return the prices in a file; raises PolicyError with every problem."""
    findings = Findings(str(path), variables)
    root = compose(read_text(path, findings.file, LARGEST_FILE), findings.file, f"write it like {PRICES.example}")
    findings.places[""] = place_of(root)
    values = read(PRICES, root, "", findings)
    if findings.problems or values is None:
        raise PolicyError(findings.problems)
    return Prices(values["currency"].upper(), dict(values["per_hour"]))
