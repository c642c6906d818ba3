"""Removes keys, tokens and passwords from every text that is stored, logged or shown, without knowing any secret.

A deployment's answers, its logs and a service's error messages may contain anything. Names and numbers that operators
need must stay, so each pattern matches text with the form of a secret, or the value after a secret's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "***"
# Characters of a line that a policy's patterns are applied to: more than is kept of any text, so that the cut leaves
# no part of a secret.
LONGEST_LINE = 1200
_NAMES = (
    "api[-_]?key|account[-_]?key|access[-_]?key|shared[-_]?access[-_]?key|primary[-_]?key|secondary[-_]?key|"
    "functions[-_]?key|subscription[-_]?key|secret|secret[-_]?key|client[-_]?secret|password|passwd|pwd|passphrase|"
    "access[-_]?token|refresh[-_]?token|id[-_]?token|sas[-_]?token|auth[-_]?token|"
    "connection[-_ ]?string|instrumentation[-_]?key|private[-_]?key"
)
# A quote, also one within quoted JSON, or as .NET and web pages escape it.
_QUOTE = r"""(?:\\?["']|\\u0022|&quot;)"""
# A quoted value, or what hides one, or else everything up to a separator.
_VALUE = (
    r"""(?:b?"(?:\\.|[^"\\])*"?|\\"[^"]*"?|b?'(?:\\.|[^'\\])*'?|\\'[^']*'?"""
    r"""|\\u0022(?:(?!\\u0022).)*(?:\\u0022)?|&quot;(?:(?!&quot;).)*(?:&quot;)?|\*{3}(?=[)`.:]{0,3}(?:[\s"',;&}\]]|\Z))|[^\s"',;&}\]]+)"""
)
# Between a name and its value: also the end of `environ["API_KEY"] =`, and `=>`.
_ENDS, _EQUALS = rf"(?:{_QUOTE}\]?)?\s*", r"={1,3}>?"
# What separates the parameters of an address, and a parameter's value; also escaped by JSON, HTML or another address.
_AND, _IS = r"(?:[?&]|&amp;|\\u0026|%26)", r"(?:=|%3D|\\u003d)"
_PARAMETER = r"(?:(?!\\u0026|%26)[^\s&\"'<>])+"
# What is not a secret after `pass`, which also counts tests and passes over data.
_COUNT = r"(?:[\d.,]{1,7}\s*(?:ms|s|%)?(?![^\s,;)\]}])|(?:true|false|none|null|ok|done|passed|failed)\b)"
_PATTERNS = (
    # A private key, complete or truncated.
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.*?-----END [A-Z ]*PRIVATE KEY-----|.*)", re.DOTALL),
    # `Authorization: Bearer abc`, `"authorization": "Basic YWJj"`, but not `Basic authentication`.
    re.compile(r"(?i)(?P<kept>\b(?:bearer|sharedaccesssignature|sharedkey)\s+)[^\s\"',;]{6,}"),
    re.compile(r"(?P<kept>\b(?i:basic)\s+)(?=[a-z]*[A-Z0-9=])[^\s\"',;]{6,}"),
    # `Authorization: ApiKey abc`, `{'Authorization': 'abc'}`, `Authorization: abc1`, but not `authorization: no role`.
    re.compile(
        rf"(?i)(?P<kept>authorization{_QUOTE}?\s*[=:]\s*b?{_QUOTE}?(?:api[-_]?key|token|key)\s+)[^\s\"',;]{{6,}}"
    ),
    re.compile(
        rf"(?i)(?P<kept>authorization{_QUOTE}\s*[=:,]\s*b?{_QUOTE}(?:[a-z][a-z0-9-]{{1,30}}\s+)?)(?:(?!{_QUOTE}).)+"
    ),
    re.compile(
        r"(?i)(?P<kept>(?<!\w)authorization\s*[=:]\s*)(?!(?:bearer|basic|sharedaccesssignature|sharedkey)\s)"
        r"(?:(?=[^\s\"',;]{0,40}[0-9])[^\s\"',;]{6,}|[\w=+-]{20,}(?![^\s\"',;]))"
    ),
    # `Cookie: a=abc; b=abc`, `Set-Cookie: a=abc; Path=/`.
    re.compile(
        rf"(?i)(?P<kept>cookie{_QUOTE}?\s*:\s*{_QUOTE}?)"
        r"[\w.-]{1,100}=[^\s;\"']*(?:;\s*[\w.-]{1,100}(?:=[^\s;\"']*)?)*"
    ),
    # `https://name:password@host`.
    re.compile(r"(?P<kept>\b[a-zA-Z][\w+.-]{1,40}://)[^\s/@\"']+@", re.ASCII),
    # `?code=abc&sig=abc`; a signature also where an address was cut off before it.
    re.compile(rf"(?i)(?P<kept>(?:{_AND}(?:sig|code|key|se?cret)|(?<![a-z0-9])sig){_IS}){_PARAMETER}"),
    # `password = abc`, `"primaryKey": "abc"`, `AccountKey=abc;`; a name may have a prefix, as in `DB_PASSWORD`.
    re.compile(rf"(?i)(?P<kept>(?:{_NAMES}){_ENDS}(?:{_EQUALS}|:=?)\s*){_VALUE}"),
    # `password%3Dabc`, in an address; `<password>abc</password>`.
    re.compile(rf"(?i)(?P<kept>(?:{_NAMES}|token)(?:%(?:25)?3D|\\u003d)){_PARAMETER}"),
    re.compile(rf"(?i)(?P<kept><(?:[\w.-]{{1,30}}:)?[\w.-]{{0,30}}?(?:{_NAMES}|token)>)[^<]+(?=</)"),
    # `--password abc`, but not `--password is`.
    re.compile(
        rf"(?i)(?P<kept>(?<![\w-])--(?:[a-z0-9]{{1,30}}[-_]){{0,4}}(?:{_NAMES}|token|pass|pat)\s+)"
        rf"(?!-|(?:is|was|and|or|must|may|option|flag|argument|cannot|needs|requires)\b){_VALUE}"
    ),
    # `'--password', 'abc'`; `('password', 'abc')`, but not a list of names.
    re.compile(
        rf"(?i)(?P<kept>{_QUOTE}--[\w-]{{0,30}}?(?:{_NAMES}|token|pass|pat){_QUOTE}\s*,\s*(?=b?{_QUOTE})){_VALUE}"
    ),
    re.compile(
        rf"(?i)(?P<kept>(?<!,)(?<!, )(?P<quote>{_QUOTE})[\w-]{{0,30}}?(?:{_NAMES}|token)(?P=quote)\s*,\s*)"
        r"b?(?P=quote)(?:(?!(?P=quote)).)*(?P=quote)(?!\s*(?:,\s*b?(?P=quote)|:))"
    ),
    # `DB_PASS=abc`, `"pass": "abc"`, but not `pass=3`; `azure_devops_pat=abc`, but not `pattern=abc`.
    re.compile(rf"(?i)(?P<kept>[a-z0-9][-_]pass{_ENDS}(?:{_EQUALS}|:)\s*)(?!{_COUNT}){_VALUE}"),
    re.compile(rf"(?i)(?P<kept>(?<![a-z0-9])pass{_QUOTE}\]?\s*[=:]\s*(?=b?{_QUOTE})){_VALUE}"),
    re.compile(rf"(?i)(?P<kept>[a-z0-9][-_]pat{_ENDS}(?:{_EQUALS}|:)\s*{_QUOTE}?)[\w-]{{8,}}"),
    # The same after words that ordinary messages contain too, as in `Invalid token: expired`.
    re.compile(rf"(?i)(?P<kept>(?:token|credential){_ENDS}(?:{_EQUALS}\s*|:\s*(?=b?{_QUOTE}))){_VALUE}"),
    # JSON Web Tokens. First check whether a dot ends the word at all: otherwise every `eyJ` in a long word looks for
    # one.
    re.compile(
        r"(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_-]+\.)(?P<kept>[A-Za-z0-9_-]*?)\beyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){1,2}"
    ),
    # Tokens with a prefix: of Hugging Face, GitHub, GitLab, Slack, OpenAI and others, AWS, Google, Databricks.
    re.compile(
        r"(?<![A-Za-z0-9])(?:hf_[A-Za-z0-9]{20,}|gh[opsur]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}"
        r"|xox[a-z]-[A-Za-z0-9-]{10,}|sk-(?:proj|svcacct|admin|ant)-[\w-]{20,}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{35}"
        r"|dapi[a-f0-9]{32})(?![A-Za-z0-9])"
    ),
    # Base64 with padding, and long mixtures of digits, upper and lower case: keys of Azure services.
    re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{40,}={1,2}"),
    re.compile(
        r"(?<![A-Za-z0-9])(?=[A-Za-z]*[0-9])(?=[A-Z0-9]*[a-z])(?=[a-z0-9]*[A-Z])[A-Za-z0-9]{32,}(?![A-Za-z0-9])"
    ),
)


def redacted(text: str, patterns: Iterable[str] = ()) -> str:
    """Return the text with `***` for everything that looks like a secret or matches these regular expressions.

    patterns: a policy's own, applied to each line by itself. The rest of a long line is left out, because they might
    not finish it in time.
    """
    for pattern in _PATTERNS:
        text = pattern.sub(_hidden, text)
    own = [re.compile(pattern) for pattern in patterns]
    return "\n".join(_without(line[:LONGEST_LINE], own) for line in text.split("\n")) if own else text


def _without(line: str, patterns: Iterable[re.Pattern[str]]) -> str:
    for pattern in patterns:
        line = pattern.sub(HIDDEN, line)
    return line


def _hidden(match: re.Match[str]) -> str:
    kept = match.groupdict().get("kept") or ""
    return f"{kept}{HIDDEN}@" if kept.endswith("://") else f"{kept}{HIDDEN}"
