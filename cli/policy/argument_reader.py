"""Reads arguments and files one by one and collects every problem, so that all are reported together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from shared.core.schema.kinds import Scalar, whole
from shared.core.schema.words import Unfit, Word
from shared.policies.problems import PolicyError

T = TypeVar("T")
SEED = whole(0, 999_999_999, "any", "1")
PICTURES = ("pdf", "png", "svg")


class InvalidArgumentsError(Exception):
    """The arguments are not usable. `problems` lists them all, one line each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class ArgumentReader:
    """Reads values and collects what was invalid."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def option(self, name: str, text: str | None, read: Callable[[str], T]) -> T | None:
        """Return an option's value, or None if it was not given or is invalid."""
        if text is None:
            return None
        try:
            return read(text)
        except Unfit as problem:
            self.problems.append(f"{name}: {problem}")
            return None

    def whole(self, name: str, text: str | None, kind: Scalar[int]) -> int | None:
        """Return an option's whole number, or None if it was not given or is invalid."""
        return self.option(name, text, lambda number: kind.read(Word(number, "a number")))

    def file(self, read: Callable[[], T]) -> T | None:
        """Return a file's content, or None if it is invalid."""
        try:
            return read()
        except PolicyError as error:
            self.problems += [str(problem) for problem in error.problems]
            return None

    def picture(self, text: str | None) -> Path | None:
        """Return the path of the picture to draw, or None if none was requested or the path is invalid."""
        return self.option("--picture", text, _picture)

    def finish(self) -> None:
        """Raise InvalidArgumentsError if anything was invalid."""
        if self.problems:
            raise InvalidArgumentsError(self.problems)


def _picture(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower().lstrip(".") not in PICTURES:
        raise Unfit(f"{path.suffix or 'no ending'!r} is not a supported format; use {', '.join(PICTURES)}")
    if not path.absolute().parent.is_dir():
        raise Unfit(f"there is no folder {path.absolute().parent}")
    return path
