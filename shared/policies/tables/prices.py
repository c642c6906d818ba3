"""The prices file: what an hour of each machine costs."""

from __future__ import annotations

from shared.policies.grammar import Field, Labels, Table
from shared.policies.kinds import Share, Text

PRICES = Table(
    fields=(
        Field("currency", Text(r"[A-Za-z]{3}", "a currency in three letters", "EUR"), "The currency of all prices."),
        Field(
            "per_hour",
            Labels(Share(0, 100_000, "0.27"), "{Standard_DS3_v2: 0.27}", expects="a mapping of prices"),
            "What one instance of each type costs an hour.",
        ),
    ),
    example="{currency: EUR, per_hour: {Standard_DS3_v2: 0.27}}",
)
