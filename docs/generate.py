"""Writes the generated parts of the documents: `python -m docs.generate`. Tests compare them with the code."""

from __future__ import annotations

import json
from pathlib import Path

from docs import api_reference
from docs.command_tables import commands_reference
from docs.cost_figures import calls_table, runs_table
from docs.judge_numbers import others_table, tuning_table
from docs.limit_tables import code_limits, host_limits
from docs.policy_reference import reference
from docs.reason_codes import reasons_table
from docs.runbook_actions import actions_table, quiet_list
from functions.openapi import document
from shared.core.phases import TRANSITIONS, diagram
from shared.policies.schema import policy_schema, text_of

ROOT = Path(__file__).resolve().parent.parent


def with_part(text: str, name: str, content: str) -> str:
    """Replace the text between the marks `<!-- name` and `<!-- /name -->`.

    Raises ValueError if the marks are missing: without them a document would silently go stale.
    """
    start = text.find(f"<!-- {name}:")
    end = text.find(f"<!-- /{name} -->")
    if start < 0 or end < start:
        raise ValueError(f"the marks of the part {name!r} are missing")
    head = text.index("-->", start) + len("-->\n")
    return text[:head] + content + text[end:]


def moves_table() -> str:
    """Return the table of transitions in Markdown."""
    rows = [f"| {before} | {after} | {when} |" for (before, after), when in TRANSITIONS.items()]
    return "\n".join(["| from | to | when |", "|---|---|---|", *rows]) + "\n"


def api_page(text: str) -> str:
    """Return docs/api.md with its tables."""
    for name, content in {
        "operations": api_reference.operations_table(),
        "details": api_reference.details_list(),
        "inputs": api_reference.inputs_table(),
        "errors": api_reference.errors_table(),
        "fields": api_reference.fields_tables(),
    }.items():
        text = with_part(text, name, content)
    return text


def documents() -> dict[Path, str]:
    """Return the expected content of each generated document, by path."""
    readme, architecture, judge = ROOT / "README.md", ROOT / "docs" / "architecture.md", ROOT / "docs" / "judge.md"
    reasons, runbook = ROOT / "docs" / "reasons.md", ROOT / "docs" / "runbook.md"
    commands = ROOT / "docs" / "commands.md"
    limits, cost = ROOT / "docs" / "limits.md", ROOT / "docs" / "cost.md"
    tuned = with_part(judge.read_text(), "tunings", tuning_table())
    api, openapi = ROOT / "docs" / "api.md", ROOT / "docs" / "openapi.json"
    policies, schema = ROOT / "docs" / "policies.md", ROOT / "policies" / "policy.schema.json"
    return {
        policies: with_part(policies.read_text(), "reference", f"\n{reference()}\n"),
        schema: text_of(policy_schema()),
        api: api_page(api.read_text()),
        openapi: json.dumps(document(), indent=1) + "\n",
        judge: with_part(tuned, "others", others_table()),
        readme: with_part(readme.read_text(), "phases", f"```mermaid\n{diagram()}```\n"),
        reasons: with_part(reasons.read_text(), "reasons", reasons_table()),
        runbook: with_part(with_part(runbook.read_text(), "actions", actions_table()), "quiet", quiet_list()),
        limits: with_part(with_part(limits.read_text(), "limits", code_limits()), "host", host_limits()),
        commands: with_part(commands.read_text(), "commands", commands_reference()),
        cost: with_part(with_part(cost.read_text(), "runs", runs_table()), "calls", calls_table()),
        architecture: with_part(architecture.read_text(), "moves", moves_table()),
    }


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text)
