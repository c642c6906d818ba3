"""`teal policy simulate` carried out: read everything, run, show.

Exit codes: 0 done; 1 the result could not be written; 2 the words are wrong; 130 Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass, field

from rich.console import Console

from cli.simulate.comparison import comparison_json, comparison_table, pairs
from cli.simulate.course import Course, course
from cli.simulate.document import Json, document
from cli.simulate.notes import notes, replay_notes
from cli.simulate.options import Options, WrongWordsError, options
from cli.simulate.parallel import courses as courses_of
from cli.simulate.picture import draw
from cli.simulate.progress import watched
from cli.simulate.recording import Recording
from cli.simulate.replay import Replay, set_out_again
from cli.simulate.summary import Summary, summary
from cli.simulate.tables import result_tables
from cli.simulate.trial import Scene

WIDTH = 100


def run(words: argparse.Namespace) -> int:
    """Do what the words say and return the exit code."""
    try:
        asked = options(words)
    except WrongWordsError as wrong:
        print(wrong, file=sys.stderr)
        return 2
    try:
        return _simulate(asked) if asked.recording is None else _replay(asked, asked.recording)
    except BrokenPipeError:
        raise  # whoever reads has enough: that is the caller's
    except OSError as error:
        print(f"the result could not be written: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _simulate(asked: Options) -> int:
    began = time.monotonic()
    scene = Scene(asked.choice.policy, asked.profile, asked.choice.smoke_requests)
    going = courses_of(scene, asked.rollouts, asked.seed, asked.jobs)
    courses = list(watched(going, asked.rollouts, Console(stderr=True)))
    total = summary(courses, faulty=bool(asked.profile.harms))
    said = list(notes(asked.choice.policy, asked.profile))
    _report(asked, _Result(f"{asked.rollouts:,} simulated rollouts", courses, total, {"notes": said}))
    if not asked.json:
        _say(said)
        print(f"{time.monotonic() - began:.1f} s")
    return 0


def _replay(asked: Options, recording: Recording) -> int:
    """Decide a recorded rollout again; where it departs from the record, many times."""
    first, ran = _replayed(asked, recording, 0)
    compared, departed = pairs(first), first.follower.departed
    again = (_replayed(asked, recording, number)[1] for number in range(1, asked.rollouts if departed else 1))
    courses = [ran, *watched(again, asked.rollouts, Console(stderr=True))]
    said = list(replay_notes(recording, asked.choice.policy, departed))
    if not asked.json:
        _screen().print(comparison_table(f"{recording.record.endpoint}: recorded and replayed", compared))
        _say(said)
    if asked.json or departed is not None or asked.picture is not None:
        more = {"notes": said, "replay": comparison_json(compared, departed)}
        _report(asked, _Result(f"{len(courses):,} replays", courses, summary(courses, faulty=None), more))
    return 0


def _say(notes: list[str]) -> None:
    for note in notes:
        print(f"- {note}")


def _replayed(asked: Options, recording: Recording, number: int) -> tuple[Replay, Course]:
    replay = set_out_again(recording, asked.choice.policy, asked.seed, number)
    ended = replay.journey.run()
    replay.follower.check(ended, again=True)
    return replay, course(replay.journey, asked.profile, ended)


@dataclass(frozen=True, slots=True)
class _Result:
    """What there is to show. more: what else the JSON says."""

    what: str
    courses: list[Course]
    total: Summary
    more: Json = field(default_factory=dict)


def _report(asked: Options, result: _Result) -> None:
    """Show the figures as they were asked for."""
    policy = asked.choice.policy
    title = f"{policy.endpoint}: {result.what}, seed {asked.seed}"
    if asked.picture is not None:
        draw(asked.picture, title, result.courses, result.total)
    if asked.json:
        heading = {"endpoint": policy.endpoint, "policy": policy.name, "file": asked.choice.file, "seed": asked.seed}
        print(json.dumps(document(heading | result.more, result.courses, result.total), indent=1))
        return
    console = _screen()
    for table in result_tables(title, result.total):
        console.print(table, "")


def _screen() -> Console:
    """Return standard output, wide enough for the tables where nobody says how wide it is."""
    return Console(width=None if sys.stdout.isatty() else WIDTH)
