"""Instance prices, from the prices file next to the policies. For estimates only, never for a decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from shared.core.schema.grammar import Field, Labels, Table
from shared.core.schema.kinds import between, text


class Prices(NamedTuple):
    """The hourly price of one instance by instance type, in this currency (ISO 4217)."""

    currency: str
    per_hour: Mapping[str, float]

    def cost(self, instance_type: str, instances: float, hours: float) -> float | None:
        """Return the cost of `instances` of a type for `hours`, in the currency; None if the type has no price."""
        known = {name.lower(): price for name, price in self.per_hour.items()}
        price = known.get(instance_type.lower())
        return None if price is None else price * instances * hours


PRICES = Table(
    fields=(
        Field("currency", text(r"[A-Za-z]{3}", "a currency in three letters", "EUR"), "The currency of all prices."),
        Field(
            "per_hour",
            Labels(between(0, 100_000, "0.27"), "{Standard_DS3_v2: 0.27}", expects="a mapping of prices"),
            "What one instance of each type costs per hour.",
        ),
    ),
    example="{currency: EUR, per_hour: {Standard_DS3_v2: 0.27}}",
    make=lambda values: Prices(values["currency"].upper(), values["per_hour"]),
)
