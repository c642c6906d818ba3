"""The weight step in a policy file."""

from __future__ import annotations

from shared.core.schema.findings import Part
from shared.core.schema.grammar import Field, Sequence, Table
from shared.core.schema.kinds import choice, whole
from shared.core.schema.texts import GATE_NAME, waiting
from shared.core.steps import WeightStep
from shared.policies.patience import check_patience

AS_JUDGE = "as `judge` says"


def _check(weight: Part) -> None:
    share, highest = weight["to"], max(weight.earlier("weight.to"), default=0)
    if share is not None and share <= highest:
        weight.add("", f"{share} comes after {highest}; weights must increase")
    keys = tuple(weight.at(key) for key in ("patience", "settled_minutes") if weight.writes(key))
    if keys:
        patience = weight["patience"] or weight.find("judge.patience")
        check_patience(weight, patience, weight["settled_minutes"] or weight.find("judge.settled_minutes"), keys)


SCHEMA = Field(
    "weight",
    Table(
        fields=(
            Field(
                "to",
                whole(1, 100, "per cent of live traffic, without a sign", "10"),
                "Per cent of live traffic to green, until the judge certifies the next step. Weights must increase.",
                attribute="weight",
            ),
            Field(
                "settled_minutes",
                whole(1, 1440, "minutes", "3"),
                "The minimum number of complete minutes with traffic at this weight.",
                otherwise=AS_JUDGE,
            ),
            Field("patience", waiting("1h"), "How long this weight may stay inconclusive.", otherwise=AS_JUDGE),
            Field(
                "inconclusive",
                choice("pause", "advance"),
                "What happens here when patience runs out.",
                otherwise=AS_JUDGE,
            ),
            Field(
                "gates",
                Sequence(GATE_NAME, "[errors, latency]", least=0),
                "The gates of this policy whose certificates this step needs. `[]`: none; the step passes after its "
                "settled minutes. Green is rolled back for harm all the same.",
                otherwise="the critical ones",
            ),
        ),
        example="10 or {to: 10, patience: 2h}",
        makes=WeightStep,
        check=_check,
        short="to",
        expects="a whole number from 1 to 100 (per cent) or a mapping",
        hints={"percent": "unknown key; write to", "weight": "unknown key; write to"},
    ),
    "Part of the live traffic to green, until the judge certifies the next step.",
)
