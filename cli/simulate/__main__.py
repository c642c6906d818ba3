"""`python -m cli.simulate`: the same as `teal policy simulate`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from cli.simulate.arguments import ABOUT, add_arguments
from cli.simulate.command import run


def main(words: Sequence[str] | None = None) -> int:
    """Run what the words, or else the command line, say."""
    parser = argparse.ArgumentParser("teal policy simulate", description=ABOUT)
    add_arguments(parser)
    return run(parser.parse_args(words))


if __name__ == "__main__":
    sys.exit(main())
