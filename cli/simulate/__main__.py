"""`python -m cli.simulate`: the same as `teal policy simulate`."""

from __future__ import annotations

import argparse
import sys

from cli.simulate.arguments import ABOUT, add_arguments
from cli.simulate.command import run


def main() -> int:
    """Run what the command line says."""
    parser = argparse.ArgumentParser("teal policy simulate", description=ABOUT)
    add_arguments(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
