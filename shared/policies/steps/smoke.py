"""The smoke step in a policy file."""

from __future__ import annotations

from shared.core.schema.findings import Part
from shared.core.schema.grammar import Document, Field, Table
from shared.core.schema.kinds import file, whole
from shared.core.schema.texts import LONGEST_ANSWER
from shared.core.schema.times import MILLISECOND, SECOND, duration, spell
from shared.core.steps import SmokeStep


def _check(smoke: Part) -> None:
    if smoke.earlier("weight.to"):
        smoke.add("", "comes after a weight; green is tested before it gets live traffic")
    slowest, timeout = smoke["slowest"], smoke["timeout"]
    if slowest is not None and timeout is not None and slowest > timeout:
        smoke.add("slowest", f"{spell(slowest)} is longer than timeout, {spell(timeout)}, which applies first")


SCHEMA = Field(
    "smoke",
    Table(
        fields=(
            Field(
                "requests",
                file("requests", "smoke/churn.jsonl"),
                "A JSON Lines file (one request body per line) inside the policies folder. Without it, Teal sends the "
                "sample request from the endpoint's own API description.",
                otherwise="the endpoint's sample",
            ),
            Field("status", whole(100, 599, "HTTP status", "200"), "The status that every response must have."),
            Field(
                "timeout",
                duration(SECOND, LONGEST_ANSWER, "10s"),
                "How long to wait for each response before it counts as missing.",
            ),
            Field(
                "schema",
                file("schema", "smoke/answer.schema.json"),
                "A JSON Schema file inside the policies folder that every response must match.",
            ),
            Field(
                "contains",
                Document("{result: ok}"),
                "What every response must contain: for a mapping these keys with these values, otherwise exactly this.",
            ),
            Field(
                "slowest",
                duration(MILLISECOND, LONGEST_ANSWER, "500ms"),
                "How long the slowest response of the last round may take.",
            ),
            Field(
                "repeat",
                whole(1, 1000, "rounds", "3"),
                "How many times to send all requests. All rounds but the last are warm-up.",
            ),
        ),
        example="{requests: smoke/churn.jsonl}",
        makes=SmokeStep,
        check=_check,
        short="requests",
    ),
    "Requests that green must answer before it gets live traffic.",
)
