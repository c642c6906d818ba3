"""`teal policy schema`: prints the JSON Schema that editors use."""

from __future__ import annotations

import argparse
import sys

from shared.policies.schema import policy_schema, text_of


def run(arguments: argparse.Namespace) -> int:
    """Print the schema, or write it to a file, and return the exit code."""
    text = text_of(policy_schema())
    if arguments.out is None:
        sys.stdout.write(text)
        return 0
    try:
        arguments.out.write_text(text, encoding="utf-8")
    except OSError as error:
        print(f"{arguments.out}: cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    return 0
