"""The list of reason codes, as Markdown for docs/reasons.md."""

from __future__ import annotations

from shared.words.reasons import REASONS
from shared.words.template import marks


def reasons_table() -> str:
    """Return the table of codes: meaning, and the facts in the sentence (in italics: not always present)."""
    rows = ["| code | meaning | facts |", "|---|---|---|"]
    for code, row in REASONS.items():
        named = marks(row.template)
        facts = ", ".join(f"`{fact}`" if needed else f"*`{fact}`*" for fact, needed in named.items())
        rows.append(f"| `{code.value}` | {row.meaning} | {facts} |")
    return "\n".join(rows) + "\n"
