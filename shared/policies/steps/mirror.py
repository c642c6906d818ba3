"""The mirror step in a policy file."""

from __future__ import annotations

from shared.core.schema.findings import Part
from shared.core.schema.grammar import Field, Table
from shared.core.schema.kinds import whole
from shared.core.schema.texts import waiting
from shared.core.schema.times import MINUTE, spell
from shared.core.steps import MirrorStep

# The most that Azure mirrors, in per cent.
MOST = 50


def _check(mirror: Part) -> None:
    share, mirrored = mirror["percent"], max(mirror.earlier("mirror.percent"), default=0)
    if mirror.earlier("weight.to"):
        words = "comes after a weight; Azure ML cannot mirror while green has live traffic, so mirror before any weight"
        mirror.add("", words)
    elif share is not None and share <= mirrored:
        mirror.add("", f"{share} comes after {mirrored}; mirror again only with more, or use one longer step")
    _check_times(mirror)


def _check_times(mirror: Part) -> None:
    """Compare the duration with the lag of the logs and, together with patience, with the step's deadline."""
    span, lag, deadline = mirror["for"], mirror.find("telemetry.lag"), mirror.find("deadlines.step")
    if span is None:
        return
    if lag is not None and span < lag + 2 * MINUTE:
        words = f"{spell(span)} ends before the first mirrored minute is in the logs"
        mirror.add("for", f"{words}; with a lag of {spell(lag)} that takes {spell(lag + 2 * MINUTE)}")
    patience = mirror.find("judge.patience")
    if deadline is not None and patience is not None and span + patience >= deadline:
        words = f"{spell(span)} plus patience of {spell(patience)} must be shorter than deadlines.step"
        mirror.add("for", f"{words}, {spell(deadline)}; otherwise a quiet endpoint is rolled back")


SCHEMA = Field(
    "mirror",
    Table(
        fields=(
            Field(
                "percent",
                whole(1, MOST, "per cent of live traffic; Azure ML mirrors no more", "20"),
                "Per cent of live traffic that is copied to green; its responses are discarded.",
            ),
            Field(
                "for",
                waiting("30m"),
                "How long to mirror. Without `for` and `requests`: until the judge certifies the first weight.",
                attribute="duration",
            ),
            Field(
                "requests",
                whole(1, 100_000_000, "requests", "2000"),
                "How many copied requests green must answer. With `for` too, whichever comes first ends the step.",
            ),
        ),
        example="20 or {percent: 20, for: 1h}",
        makes=MirrorStep,
        check=_check,
        short="percent",
        expects=f"a whole number from 1 to {MOST} (per cent) or a mapping",
        hints={"duration": "unknown key; the duration is `for`", "weight": "unknown key; write percent"},
    ),
    "A copy of part of the live traffic to green; its responses are discarded but judged. Comes before any weight, and "
    "is confirmed to have ended before the next step. Not on Kubernetes.",
)
