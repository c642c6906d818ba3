"""`python -m cli.policy`: the policy commands by themselves."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cli.policy.arguments import parser, run


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that the words name, and return the exit code."""
    return run(parser().parse_args(sys.argv[1:] if words is None else words))


if __name__ == "__main__":
    sys.exit(main())
