"""From words to values: the profile, the counts, the files. Every problem is found before anything runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any, TypeVar

from cli.simulate.choice import Chosen, chosen
from cli.simulate.curves import Constant
from cli.simulate.parallel import cores
from cli.simulate.picture import formats
from cli.simulate.profile import Fault, Latency, Profile
from cli.simulate.profile_reading import read_profile
from cli.simulate.quantities import CHANGE, DEVIATION, DURATION, ERRORS, LATENCY, REQUESTS, SLOWING, WAIT
from cli.simulate.recording import Recording, read_recording
from shared.core.schema.kinds import choice, whole
from shared.core.schema.times import moment
from shared.core.schema.words import Unfit, Word
from shared.policies.problems import PolicyError

T = TypeVar("T")
ROLLOUTS = whole(1, 1_000_000, "rollouts", "1000")
JOBS = whole(1, 1000, "cores", "1")
START, SPREAD = moment("2026-03-02T09:00Z"), choice("hour", "week")
SEED = whole(0, 999_999_999, "any", "1")
WORLD = (
    *("profile", "requests_per_minute", "error_rate", "client_error_rate", "latency", "latency_spread"),
    *("latency_noise", "green", "green_client_errors", "green_latency", "begins", "ends"),
    *("start", "spread", "provisioning", "approve", "resume"),
)
SPELT = {"begins": "from", "ends": "until"}


class WrongWordsError(Exception):
    """The words cannot be used. `problems` are all of them, one line each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class Options:
    """What is to be done."""

    choice: Chosen
    profile: Profile
    rollouts: int
    seed: int
    jobs: int
    recording: Recording | None
    json: bool
    picture: Path | None


class _Reader:
    """Reads one thing after another and remembers what was wrong."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def option(self, name: str, text: str | None, read: Callable[[str], T]) -> T | None:
        """Return what an option says; None if it was not given, or is wrong."""
        if text is None:
            return None
        try:
            return read(text)
        except Unfit as wrong:
            self.problems.append(f"{name}: {wrong}")
            return None

    def file(self, read: Callable[[], T]) -> T | None:
        """Return what a file says; None if it is wrong."""
        try:
            return read()
        except PolicyError as error:
            self.problems += [str(problem) for problem in error.problems]
            return None


def options(words: argparse.Namespace) -> Options:
    """Return what the words mean; raises WrongWordsError with every problem."""
    reader = _Reader()
    choice = reader.file(lambda: chosen(words.policy, words.endpoint, words.name))
    rollouts = reader.option("--rollouts", words.rollouts, lambda text: ROLLOUTS.read(Word(text, "a number")))
    seed = reader.option("--seed", words.seed, lambda text: SEED.read(Word(text, "a number")))
    jobs = reader.option("--jobs", words.jobs or str(cores()), lambda text: JOBS.read(Word(text, "a number")))
    profile = _profile(words, reader)
    recording = reader.file(lambda: read_recording(words.replay)) if words.replay else None
    if words.replay and (said := [word for word in WORLD if getattr(words, word) is not None]):
        given = ", ".join(f"--{SPELT.get(word, word).replace('_', '-')}" for word in said)
        reader.problems.append(f"{given}: a replay has its world from the record; leave it out")
    if words.picture is not None:
        reader.option("--picture", str(words.picture), _drawable)
    if choice is None or rollouts is None or seed is None or jobs is None or reader.problems:
        raise WrongWordsError(reader.problems)
    return Options(choice, profile, rollouts, seed, jobs, recording, words.json, words.picture)


def _profile(words: argparse.Namespace, reader: _Reader) -> Profile:
    """Return the file's profile with what the command line says laid over it."""
    changes: dict[str, Any] = {
        "requests": reader.option("--requests-per-minute", words.requests_per_minute, REQUESTS.read),
        "errors": reader.option("--error-rate", words.error_rate, ERRORS.read),
        "client_errors": reader.option("--client-error-rate", words.client_error_rate, ERRORS.read),
    }
    changes = {key: Constant(value) for key, value in changes.items() if value is not None}
    for key in ("provisioning", "approve", "resume"):
        said = getattr(words, key)
        if said is not None:
            changes[key] = reader.option(f"--{key}", said, WAIT.read)
    start = reader.option("--start", words.start, lambda text: START.read(Word(text)))
    if start is not None:
        changes["start"] = start if start.tzinfo else start.replace(tzinfo=UTC)
    if words.spread is not None:
        changes["spread"] = reader.option("--spread", words.spread, lambda text: SPREAD.read(Word(text)))
    faults = _faults(words, reader)
    if faults:
        changes["faults"] = faults
    known = (reader.file(lambda: read_profile(words.profile)) if words.profile else None) or Profile()
    return replace(known, latency=_latency(words, reader, known.latency), **changes)


def _latency(words: argparse.Namespace, reader: _Reader, known: Latency) -> Latency:
    said = {
        "median": reader.option("--latency", words.latency, LATENCY.read),
        "spread": reader.option("--latency-spread", words.latency_spread, DEVIATION.read),
        "noise": reader.option("--latency-noise", words.latency_noise, DEVIATION.read),
    }
    return replace(known, **{key: value for key, value in said.items() if value is not None})


def _faults(words: argparse.Namespace, reader: _Reader) -> tuple[Fault, ...]:
    changes = {
        "errors": reader.option("--green", words.green, CHANGE.read),
        "client_errors": reader.option("--green-client-errors", words.green_client_errors, CHANGE.read),
        "latency": reader.option("--green-latency", words.green_latency, SLOWING.read),
    }
    silent = words.green is None and words.green_client_errors is None and words.green_latency is None
    begins = reader.option("--from", words.begins, lambda text: DURATION.read(Word(text)))
    ends = reader.option("--until", words.ends, lambda text: DURATION.read(Word(text)))
    if silent and (words.begins is not None or words.ends is not None):
        reader.problems.append("--from and --until say when: say with --green what, for example --green +5%")
    if begins is not None and ends is not None and ends <= begins:
        reader.problems.append("--until must be later than --from")
    return () if silent else (Fault(**changes, begins=begins or timedelta(), ends=ends),)


def _drawable(file: str) -> Path:
    path = Path(file)
    if path.suffix.lower().lstrip(".") not in formats():
        raise Unfit(f"{path.suffix or 'no ending'!r} is no format; write it like out.png or out.svg")
    if not path.absolute().parent.is_dir():
        raise Unfit(f"there is no folder {path.absolute().parent}")
    return path
