"""Removes keys, tokens and passwords from every text that is stored, logged or shown, without knowing any secret.

A deployment's answers, its logs and a service's error messages may contain anything. Names and numbers that operators
need must stay, so each pattern matches text with the form of a secret, or the value after a secret's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "***"
_NAMES = (
    "api[-_]?key|account[-_]?key|access[-_]?key|shared[-_]?access[-_]?key|primary[-_]?key|secondary[-_]?key|"
    "functions[-_]?key|subscription[-_]?key|secret|client[-_]?secret|password|passwd|pwd|passphrase|"
    "access[-_]?token|refresh[-_]?token|id[-_]?token|sas[-_]?token|auth[-_]?token|"
    "connection[-_]?string|instrumentation[-_]?key|private[-_]?key"
)
# A quoted value, also one within quoted JSON, or else everything up to a separator.
_VALUE = r"""(?:b?"(?:\\.|[^"\\])*"?|\\"[^"]*"?|b?'(?:\\.|[^'\\])*'?|\\'[^']*'?|[^\s"',;&}\]]+)"""
_PATTERNS = (
    # A private key, complete or truncated.
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.*?-----END [A-Z ]*PRIVATE KEY-----|.*)", re.DOTALL),
    # `Authorization: Bearer abc`, `"authorization": "Basic YWJj"`, but not `Basic authentication`.
    re.compile(r"(?i)(?P<kept>\b(?:bearer|sharedaccesssignature|sharedkey)\s+)[^\s\"',;]{6,}"),
    re.compile(r"(?P<kept>\b(?i:basic)\s+)(?=[a-z]*[A-Z0-9=])[^\s\"',;]{6,}"),
    # `https://name:password@host`.
    re.compile(r"(?P<kept>\b[a-zA-Z][a-zA-Z+.-]{1,15}://)[^\s/@\"']+@"),
    # `?code=abc&sig=abc`.
    re.compile(r"(?i)(?P<kept>[?&](?:sig|code|key|se?cret)=)[^\s&\"'<>]+"),
    # `password = abc`, `"primaryKey": "abc"`, `AccountKey=abc;`; a name may have a prefix, as in `DB_PASSWORD`.
    re.compile(rf"(?i)(?P<kept>(?:{_NAMES})\\?[\"']?\s*(?:=|:)\s*){_VALUE}"),
    # The same after words that ordinary messages contain too, as in `Invalid token: expired`.
    re.compile(rf"(?i)(?P<kept>(?:token|credential)\\?[\"']?\s*(?:=\s*|:\s*(?=b?\\?[\"']))){_VALUE}"),
    # JSON Web Tokens.
    re.compile(r"\beyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){1,2}"),
    # Base64 with padding, and long mixtures of digits, upper and lower case: keys of Azure services.
    re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{40,}={1,2}"),
    re.compile(r"\b(?=[A-Za-z]*[0-9])(?=[A-Z0-9]*[a-z])(?=[a-z0-9]*[A-Z])[A-Za-z0-9]{32,}\b"),
)


def redacted(text: str, patterns: Iterable[str] = ()) -> str:
    """Return the text with `***` for everything that looks like a secret or matches these regular expressions."""
    for pattern in _PATTERNS:
        text = pattern.sub(_hidden, text)
    for own in patterns:
        text = re.sub(own, HIDDEN, text)
    return text


def _hidden(match: re.Match[str]) -> str:
    kept = match.groupdict().get("kept") or ""
    return f"{kept}{HIDDEN}@" if kept.endswith("://") else f"{kept}{HIDDEN}"
