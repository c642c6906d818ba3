"""Commands in documents and pipelines: finds them, and checks them as the programs themselves would.

`teal` is checked by its own parser, and `make` against the Makefile's targets. `azd` is not installed: its commands and
options are listed here, as in its reference.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

from cli.__main__ import parser
from cli.host.__main__ import arguments as host_arguments

ROOT = Path(__file__).resolve().parents[1]
SHELLS = {"", "sh", "bash", "console"}  # the languages of code blocks that have commands
PROGRAMS = {"teal", "make", "azd"}
LEADING = re.compile(r"^(?:\$ |sudo |exec |if |time |! |\w+=\$?\(?|do |then |\{ |\()+")
ENDS = re.compile(r"\s(?:\||\|\||&&|;|>|>>|2>&1|<)(?:\s|$)|;\s|;$|\)$")
MISSING = re.compile(r"arguments are required: |words, not \[\]$")
PLACEHOLDER = "anything"  # for what a reader fills in, such as <name>
LAYERS = {layer["name"] for layer in yaml.safe_load((ROOT / "azure.yaml").read_text())["infra"]["layers"]}
ANY = {"--no-prompt", "--environment", "-e", "--output"}
# The commands of azd that are used here, each with its options and how many arguments follow.
AZD: dict[str, tuple[set[str], range]] = {
    "auth login": ({"--client-id=", "--tenant-id=", "--federated-credential-provider="}, range(1)),
    "config set": (set(), range(2, 3)),
    "deploy": ({"--all"}, range(2)),
    "down": ({"--force", "--purge"}, range(2)),
    "env get-value": (set(), range(1, 2)),
    "env get-values": (set(), range(1)),
    "env new": (set(), range(2)),
    "env refresh": ({"--layer="}, range(2)),
    "env set": (set(), range(1, 3)),
    "package": ({"--all"}, range(2)),
    "provision": ({"--preview"}, range(2)),
    "up": (set(), range(1)),
    "version": (set(), range(1)),
}


def in_script(script: str) -> Iterator[str]:
    """Yield the commands of a shell script that call one of the programs."""
    for line in re.sub(r"\\\n\s*", "", script).splitlines():
        for part in re.split(r"\s(?:&&|\|\||\|)\s|;\s|\$\(", line):
            command = LEADING.sub("", part.strip())
            if _program(command):
                yield _alone(command)


def in_document(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the commands of a Markdown document, and whether a sentence only names them."""
    fenced = re.findall(r"^ *```(\w*)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    blocks = [block for language, block in fenced if language in SHELLS]
    for block in [*blocks, *_indented(_unfenced(text))]:
        yield from ((command, False) for command in in_script(block))
    for code in re.findall(r"`([^`]+)`", _unfenced(text)):
        command = " ".join(code.split())
        if _program(command) and " " in command:
            yield _alone(command), True


def problem(command: str, *, named: bool = False) -> str | None:
    """Return what is wrong with a command, or None. named: it is only named, so its arguments may be missing."""
    words = shlex.split(re.sub(r"<[^<>]+>", PLACEHOLDER, command), comments=True)
    program = Path(words[0]).name
    if any("…" in word or "..." in word for word in words):
        words = [word for word in words if "…" not in word and "..." not in word]
    found = {"teal": _teal, "make": _make, "azd": _azd}[program](words[1:])
    return None if named and found and MISSING.search(found) else found


def _unfenced(text: str) -> str:
    """Return a document without its fenced blocks of code."""
    return re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)


def _indented(text: str) -> list[str]:
    """Return the code blocks that are indented by four spaces."""
    return re.findall(r"(?:^|\n)\n((?:    [^\n]*\n)+)", text)


def _program(command: str) -> str | None:
    first = Path(command.split(maxsplit=1)[0]).name if command.split() else ""
    return first if first in PROGRAMS else None


def _alone(command: str) -> str:
    """Return a command without the programs that its output is piped into, and without a comment."""
    return ENDS.split(re.split(r"\s#\s", command)[0])[0].strip()


def _teal(words: list[str]) -> str | None:
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            if words[:1] == ["host"]:
                host_arguments(words[1:], "teal host")
            else:
                parser().parse_args(words)
    except SystemExit as ended:
        return said.getvalue().strip().splitlines()[-1] if ended.code else None
    return None


@cache
def _makefile() -> str:
    return (ROOT / "Makefile").read_text(encoding="utf-8")


def _make(words: list[str]) -> str | None:
    targets = {name for line in re.findall(r"^([\w./ -]+):(?!=)", _makefile(), re.MULTILINE) for name in line.split()}
    for word in words:
        variable, sets, _ = word.partition("=")
        if sets and f"$({variable})" not in _makefile() and f"$(if $({variable})" not in _makefile():
            return f"the Makefile has no variable {variable}"
        if not sets and not word.startswith("-") and word not in targets:
            return f"the Makefile has no target {word}"
    return None


def _azd(words: list[str]) -> str | None:
    size = 2 if " ".join(words[:2]) in AZD else 1
    name, rest = " ".join(words[:size]), words[size:]
    if name not in AZD:
        return f"azd {name} is not among the known commands"
    options, wanted = AZD[name]
    plain: list[str] = []
    while rest:
        word = rest.pop(0)
        if f"{word}=" in options:
            rest[:1] = []
        elif word.startswith("-") and word not in options | ANY:
            return f"azd {name} has no option {word}"
        elif not word.startswith("-"):
            plain.append(word)
    if len(plain) not in wanted:
        return f"azd {name} takes {wanted.start} to {wanted.stop - 1} words, not {plain}"
    if name in {"provision", "down"} and not set(plain) <= LAYERS | {PLACEHOLDER}:
        return f"azure.yaml has no layer {plain[0]}"
    return None
