"""Smoke files: what is rejected, and that nothing outside the policies folder is ever read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.policies.policy_set import read_policies

FindProblems = Callable[[Path], list[str]]


def write_policy(folder: Path, requests: str, name: str = "churn") -> None:
    """Write a policy whose smoke test names this file."""
    text = f"endpoint: {name}\nmodels: [{{name: m}}]\nsteps: [smoke: {{requests: {requests}}}, weight: 10]\n"
    (folder / f"{name}.yaml").write_text(text)


@pytest.mark.parametrize(
    "requests",
    ["../secret.jsonl", "smoke/../../secret.jsonl", "/etc/hostname", "smoke/link.jsonl", "linked/secret.jsonl", "."],
)
def test_files_outside_the_folder_are_never_read(folder: Path, find_problems: FindProblems, requests: str) -> None:
    """Neither `..` nor absolute paths nor links lead out of the policies folder."""
    (folder.parent / "secret.jsonl").write_text("{}\n")
    (folder / "smoke" / "link.jsonl").symlink_to(folder.parent / "secret.jsonl")
    (folder / "linked").symlink_to(folder.parent)
    write_policy(folder, requests)
    assert find_problems(folder) == [
        (
            f"policies/churn.yaml:3:17: steps[0].smoke.requests: '{requests}' is outside the policies folder; "
            "write it like smoke/churn.jsonl"
        )
    ]


@pytest.mark.parametrize(
    ("requests", "message"),
    [
        ("smoke/none.jsonl", "smoke/none.jsonl: no such file"),
        ("smoke", "smoke: not a file"),
        ("smoke/pipe", "smoke/pipe: not a file"),
        ("smoke/circle", "'smoke/circle' cannot be resolved"),
        (
            '"smoke\\0"',
            (
                r"'smoke\x00' (in quotes) is not a valid path (with / between its parts); write it like "
                "smoke/churn.jsonl"
            ),
        ),
        (
            "smoke\\churn.jsonl",
            (
                r"'smoke\\churn.jsonl' is not a valid path (with / between its parts); write it like "
                "smoke/churn.jsonl"
            ),
        ),
        ("smoke/" + "x" * 300, "smoke/" + "x" * 300 + ": cannot be read: File name too long"),
    ],
)
def test_an_unreadable_file_is_reported_in_the_policy(
    folder: Path, find_problems: FindProblems, requests: str, message: str
) -> None:
    """A missing file is the policy's problem, reported where the policy names it."""
    (folder / "smoke" / "circle").symlink_to("circle")
    os.mkfifo(folder / "smoke" / "pipe")
    write_policy(folder, requests)
    assert find_problems(folder) == [f"policies/churn.yaml:3:17: steps[0].smoke.requests: {message}"]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", ["1:1: contains no request; write one JSON body per line"]),
        (b"\n \n", ["1:1: contains no request; write one JSON body per line"]),
        (b'{}\n{"a": }\n', ["2:7: not valid JSON: Expecting value; write each request on one line"]),
        (b'{"a": NaN}', ["1:1: not valid JSON: NaN is not a JSON number"]),
        (b"{}\n\xff\n", ["2:1: not valid UTF-8: byte 0xff"]),
        (b"\xff\xfe{\x00}\x00", ["1:1: not valid UTF-8: byte 0xff"]),
        (
            b'{\n"a":\n[\n1\n,2\n]\n}\n]\n]\n',
            [
                (
                    "1:2: not valid JSON: Expecting property name enclosed in double quotes; write each request on "
                    "one line"
                ),
                "2:4: not valid JSON: Extra data; write each request on one line",
                "3:2: not valid JSON: Expecting value; write each request on one line",
                "5:1: not valid JSON: Expecting value; write each request on one line",
                "6:1: not valid JSON: Expecting value; write each request on one line",
                "7:1: not valid JSON: Expecting value; write each request on one line (and 2 more lines)",
            ],
        ),
    ],
)
def test_invalid_lines_are_reported(
    folder: Path, find_problems: FindProblems, content: bytes, lines: list[str]
) -> None:
    """Each line must be JSON; the first invalid ones are reported with their place in the smoke file."""
    (folder / "smoke" / "bad.jsonl").write_bytes(content)
    write_policy(folder, "smoke/bad.jsonl")
    assert find_problems(folder) == [f"policies/smoke/bad.jsonl:{line}" for line in lines]


def test_hostile_requests_are_rejected(folder: Path, find_problems: FindProblems) -> None:
    """Deeply nested requests and files over a mebibyte do not crash the reader."""
    (folder / "smoke" / "deep.jsonl").write_text("[" * 100_000)
    (folder / "smoke" / "huge.jsonl").write_text("{}\n" * 400_000)
    write_policy(folder, "smoke/deep.jsonl", "deep")
    write_policy(folder, "smoke/huge.jsonl", "huge")
    deep, huge = find_problems(folder)[::-1]
    assert deep.startswith("policies/smoke/deep.jsonl:1:1: not valid JSON: ")
    assert huge == "policies/huge.yaml:3:17: steps[0].smoke.requests: smoke/huge.jsonl: larger than 1024 KiB"


def test_a_shared_smoke_file_is_reported_once(folder: Path, find_problems: FindProblems) -> None:
    """Two policies may use one file; its problems are listed once."""
    (folder / "smoke" / "churn.jsonl").write_text("x\n")
    write_policy(folder, "smoke/churn.jsonl", "east")
    write_policy(folder, "./smoke/churn.jsonl", "west")
    assert len(find_problems(folder)) == 1


def test_a_missing_file_is_reported_for_every_policy_that_names_it(folder: Path, find_problems: FindProblems) -> None:
    """Each of these policies is invalid."""
    write_policy(folder, "smoke/none.jsonl", "east")
    write_policy(folder, "./smoke/none.jsonl", "west")
    assert find_problems(folder) == [
        f"policies/{name}.yaml:3:17: steps[0].smoke.requests: smoke/none.jsonl: no such file"
        for name in ("east", "west")
    ]


def test_any_json_value_is_a_request(folder: Path) -> None:
    """Lists and plain values in any script are valid; Windows line ends and a byte order mark are ignored."""
    (folder / "smoke" / "churn.jsonl").write_bytes(b'\xef\xbb\xbf[1]\r\n"\xc3\xa9\xe2\x80\xa8"\r\n7')
    write_policy(folder, "smoke/churn.jsonl")
    assert read_policies(folder).valid().requests("smoke/churn.jsonl") == (b"[1]", b'"\xc3\xa9\xe2\x80\xa8"', b"7")
