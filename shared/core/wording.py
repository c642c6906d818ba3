"""Formats numbers for people: odds, percentages, times. Never with exponents."""

from __future__ import annotations

import math

SURE = 1e9
ROUNDED = 999.5
SIGNS = 3
MOST_DECIMALS = 8
NOTHING = 1e-12


def odds(log_odds: float) -> str:
    """Format odds, given their natural logarithm: `340 : 1`, or `1 : 12` if they favour the null."""
    words = _times(math.exp(min(abs(log_odds), math.log(2.0 * SURE))))
    return f"{words} : 1" if log_odds >= 0 else f"1 : {words}"


def percentage(share: float) -> str:
    """Format a share (0 to 1) as a percentage without the sign: three significant digits, no exponent."""
    return _plain(100.0 * share) if share > NOTHING else "0"


def time(milliseconds: float) -> str:
    """Format a time with its unit: `131 ms`, `2.47 s`."""
    return f"{milliseconds:.3g} ms" if milliseconds < ROUNDED else f"{_plain(milliseconds / 1000.0)} s"


def _times(ratio: float) -> str:
    if ratio >= SURE:
        return "over a billion"
    return f"{ratio:.3g}" if ratio < ROUNDED else f"{ratio:.0f}"


def _plain(number: float) -> str:
    """Format a number above 0 with three significant digits, but at most eight decimals."""
    if number >= ROUNDED:
        return f"{number:.0f}"
    decimals = min(MOST_DECIMALS, max(0, SIGNS - 1 - math.floor(math.log10(number))))
    text = f"{number:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
