"""Smoke files: what is rejected, and that nothing outside the policies folder is ever read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.core.steps import SmokeStep
from shared.policies.policy_set import read_policies
from shared.policies.request_files import MOST_FILES, read_requests

FindProblems = Callable[[Path], list[str]]
REMEDY = "a request file is one JSON document, or has one JSON document on each line"


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
        ("empty", "empty: a folder without a request file (*.json, *.jsonl or *.ndjson, and not in a subfolder)"),
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
    (folder / "empty").mkdir()
    (folder / "smoke" / "circle").symlink_to("circle")
    os.mkfifo(folder / "smoke" / "pipe")
    write_policy(folder, requests)
    assert find_problems(folder) == [f"policies/churn.yaml:3:17: steps[0].smoke.requests: {message}"]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", [f"1:1: contains no request; {REMEDY}"]),
        (b"\n \n", [f"1:1: contains no request; {REMEDY}"]),
        (b'{}\n{"a": }\n', [f"2:7: not valid JSON: Expecting value; {REMEDY}"]),
        (b'{"a": NaN}', ["1:1: not valid JSON: NaN is not a JSON number"]),
        (b"{}\n\xff\n", ["2:1: not valid UTF-8: byte 0xff; save the file as UTF-8"]),
        (b"\xff\xfe{\x00}\x00", ["1:1: not valid UTF-8: this looks like UTF-16; save the file as UTF-8"]),
        (
            b'{\n"a":\n[\n1\n,2\n]\n}\n]\n]\n',
            [f"8:1: not valid JSON: unexpected text after the document; {REMEDY}"],
        ),
        (
            b'{\n  "data": [\n    [1, 2],\n    [3, 4],\n  ]\n}\n',
            [f"5:3: not valid JSON: Expecting value; remove the comma before it; {REMEDY}"],
        ),
        (
            b"{}\n" * 8 + b"x\n" * 8,
            [f"{line}:1: not valid JSON: Expecting value; {REMEDY}" for line in range(9, 14)]
            + [f"14:1: not valid JSON: Expecting value; {REMEDY} (and 2 more lines)"],
        ),
    ],
)
def test_an_invalid_file_is_reported_at_its_place(
    folder: Path, find_problems: FindProblems, content: bytes, lines: list[str]
) -> None:
    """What is mostly JSON Lines has its first invalid lines reported; anything else, the one place where it fails."""
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


TABLE = b"""{
  "input_data": {
    "columns": ["age", "plan"],
    "index": [0, 1],
    "data": [[41, "basic"], [29, "plus"]]
  }
}
"""


@pytest.mark.parametrize(
    ("content", "bodies"),
    [
        pytest.param(TABLE, (TABLE.strip(),), id="one document over several lines"),
        pytest.param(b"\n\n[[5, 6],\n [7, 8]]\n", (b"[[5, 6],\n [7, 8]]",), id="a list is one request, as for az ml"),
        pytest.param(b'[{"a": 1}, {"a": 2}]', (b'[{"a": 1}, {"a": 2}]',), id="a list on one line too"),
        pytest.param(b'{"a": 1}', (b'{"a": 1}',), id="one document on one line"),
        pytest.param(b'{"a": 1}\n\n  {"a": 2}\r\n', (b'{"a": 1}', b'{"a": 2}'), id="JSON Lines"),
        pytest.param(b"7\n8\n9", (b"7", b"8", b"9"), id="lines of plain values"),
    ],
)
def test_request_files_as_they_are(folder: Path, content: bytes, bodies: tuple[bytes, ...]) -> None:
    """A file that is one JSON document is one request, sent as written; only otherwise is each line a request."""
    (folder / "smoke" / "sample-request.json").write_bytes(content)
    write_policy(folder, "smoke/sample-request.json")
    assert read_policies(folder).valid().requests("smoke/sample-request.json") == bodies


def test_a_folder_has_the_requests_of_its_files(folder: Path) -> None:
    """They are sorted by file name; schemas, hidden files, subfolders and other files are not requests."""
    requests = folder / "requests"
    (requests / "older").mkdir(parents=True)
    for name, text in {
        "b.JSON": '{\n"b": 1}',
        "a.jsonl": "1\n2",
        "c.ndjson": "4\n\n5",
        "answer.schema.json": '{"type": "object"}',
        "Schema.json": '{"type": "object"}',
        ".draft.json": "{",
        "README.md": "hello",
        "older/c.json": "3",
    }.items():
        (requests / name).write_text(text)
    write_policy(folder, "./requests/")
    book = read_policies(folder).valid()
    (step, _) = book.policies[0].steps
    assert step == SmokeStep("requests")
    assert book.requests("requests") == (b"1", b"2", b'{\n"b": 1}', b"4", b"5")


def test_a_step_may_list_its_files(folder: Path) -> None:
    """A list names several files and folders, also in the step's short form; the step keeps their order."""
    (folder / "smoke" / "west.json").write_text('{"region":\n"west"}')
    for number, written in enumerate(("{requests: [smoke/west.json, ./smoke]}", "[smoke/west.json, smoke]")):
        text = f"endpoint: churn-{number}\nmodels: [{{name: m}}]\nsteps: [smoke: {written}, weight: 10]\n"
        (folder / f"{number}.yaml").write_text(text)
    policies = read_policies(folder).valid().policies
    assert [policy.steps[0] for policy in policies] == [SmokeStep(("smoke/west.json", "smoke"))] * 2


def test_problems_in_a_folder_are_reported_at_their_files(folder: Path, find_problems: FindProblems) -> None:
    """Each invalid file is reported at its place; one that cannot be read at all, where the policy names the folder."""
    (folder / "smoke" / "a.json").write_text('{"a":\n}')
    (folder / "smoke" / "b.json").symlink_to(folder / "smoke" / "nowhere")
    (folder / "smoke" / "c.json").write_text("[1 2]")
    write_policy(folder, "[smoke, smoke/none.json]")
    assert find_problems(folder) == [
        "policies/churn.yaml:3:28: steps[0].smoke.requests[0]: smoke: smoke/nowhere: no such file",
        "policies/churn.yaml:3:35: steps[0].smoke.requests[1]: smoke/none.json: no such file",
        f"policies/smoke/a.json:2:1: not valid JSON: Expecting value; {REMEDY}",
        f"policies/smoke/c.json:1:4: not valid JSON: Expecting ',' delimiter; {REMEDY}",
    ]


MISTAKES = {
    "pretty-printed documents": (b'{\n "a": 3\n}\n{\n "a": 4\n}\n', "4:1: a second JSON document starts here"),
    "two documents on a line": (b'{"a": 3}\n{"a": 4} {"a": 5}\n[6]\n', "2:10: a second JSON document starts here"),
    "a comma after each line": (
        b'{"a": 3},\n{"a": 4},\n{"a": 5}\n',
        "1:9: not valid JSON: a comma follows the document; JSON Lines has no commas between lines",
    ),
    "a comment": (b'// v2\n{"a": 3}', "1:1: not valid JSON: Expecting value; JSON has no comments"),
    "CSV": (b"age,plan\n41,basic\n", "1:1: not valid JSON: Expecting value"),
    "Python literals": (b'{"a": [False, 3]}', "1:8: not valid JSON: Expecting value; write false"),
    "single quotes": (
        b"{'a': 3}",
        (
            "1:2: not valid JSON: Expecting property name enclosed in double quotes; JSON strings need straight "
            'double quotes, like "this"'
        ),
    ),
    "a line break inside a string": (
        b'{"a": "b\nc"}',
        (
            r"1:9: not valid JSON: Invalid control character at; write a line break inside a string as \n, and a tab "
            r"as \t"
        ),
    ),
    "a Windows path": (b'{"a": "C:\\data"}', r"1:10: not valid JSON: Invalid \escape; write a backslash as \\"),
}


@pytest.mark.parametrize(("content", "problem"), MISTAKES.values(), ids=MISTAKES)
def test_a_common_mistake_is_explained(folder: Path, find_problems: FindProblems, content: bytes, problem: str) -> None:
    """The decoder's own message is followed by what would be right."""
    (folder / "smoke" / "sample.json").write_bytes(content)
    write_policy(folder, "smoke/sample.json")
    assert find_problems(folder) == [f"policies/smoke/sample.json:{problem}; {REMEDY}"]


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08\x00{}", b"\x89PNG\r\n\x1a\n\x00\x00"], ids=["gzip", "PNG"])
def test_a_binary_file_is_no_request(folder: Path, find_problems: FindProblems, content: bytes) -> None:
    """The message says that it is binary, not that it is text in the wrong encoding."""
    (folder / "smoke" / "sample").write_bytes(content)
    write_policy(folder, "smoke/sample")
    [problem] = find_problems(folder)
    assert problem.endswith("smoke.requests: smoke/sample: not a text file: it contains a zero byte")


def test_a_schema_among_the_requests_is_a_problem(folder: Path, find_problems: FindProblems) -> None:
    """It would be sent as a request, and a good version would fail; one named *.schema.json is not sent."""
    for name in ("answer.json", "answer.schema.json"):
        (folder / "smoke" / name).write_text('{"type": "object"}')
    write_policy(folder, "[smoke], schema: smoke/answer.json")
    assert find_problems(folder) == [
        (
            "policies/churn.yaml:3:36: steps[0].smoke.schema: smoke/answer.json is in the folder of requests, so "
            "it would be sent as one; rename it to answer.schema.json"
        )
    ]
    write_policy(folder, "[smoke], schema: smoke/answer.schema.json")
    (folder / "smoke" / "answer.json").unlink()
    assert read_policies(folder).valid().policies


def test_a_folder_never_leads_outside(folder: Path, find_problems: FindProblems) -> None:
    """A link in the folder to a file outside is refused, not read."""
    (folder.parent / "secret.json").write_text("{}")
    (folder / "smoke" / "link.json").symlink_to(folder.parent / "secret.json")
    write_policy(folder, "smoke")
    (line,) = find_problems(folder)
    assert "'smoke/link.json' is outside the policies folder" in line


def test_too_many_files_are_refused(folder: Path, find_problems: FindProblems) -> None:
    """A folder with a whole data set is a mistake."""
    for number in range(MOST_FILES):
        (folder / "smoke" / f"{number}.json").write_text("1")
    write_policy(folder, "smoke")
    assert find_problems(folder) == [
        "policies/churn.yaml:3:17: steps[0].smoke.requests: smoke: 201 request files; at most 200 are allowed"
    ]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["Linux", "Windows", "old Mac"])
def test_lines_end_as_on_any_system(tmp_path: Path, end: bytes) -> None:
    """Other Unicode separators may occur inside a string, and do not end a line."""
    lines = [b'{"rows": [3]}', '"one\u2028 line"'.encode(), b"7"]
    (tmp_path / "requests.jsonl").write_bytes(end.join([*lines, b""]))
    assert list(read_requests(tmp_path, "requests.jsonl")) == lines


@pytest.mark.parametrize(
    "schema",
    [
        r'{"pattern": "^(\\w+\\s?)*$"}',
        r'{"properties": {"name": {"anyOf": [{"pattern": "^(\\w+\\s?)*$"}]}}}',
        r'{"$defs": {"name": {"patternProperties": {"^(\\w+\\s?)*$": {}}}}}',
    ],
)
def test_a_schema_whose_pattern_can_take_forever_is_a_problem(
    folder: Path, find_problems: FindProblems, schema: str
) -> None:
    """Green writes the answer, and nothing else in the app runs while Python tries every way to divide it."""
    (folder / "smoke" / "answer.schema.json").write_text(schema)
    write_policy(folder, "smoke/churn.jsonl, schema: smoke/answer.schema.json")
    [problem] = find_problems(folder)
    assert problem.startswith(r"policies/smoke/answer.schema.json:1:1: '^(\\w+\\s?)*$' can take forever on text")


@pytest.mark.parametrize("dialect", ["5", "[]", "{}", "true"])
def test_a_dialect_has_a_name(folder: Path, find_problems: FindProblems, dialect: str) -> None:
    """Anything else would raise a Python error in the library."""
    (folder / "smoke" / "answer.schema.json").write_text(f'{{"$schema": {dialect}}}')
    write_policy(folder, "smoke/churn.jsonl, schema: smoke/answer.schema.json")
    assert find_problems(folder) == [
        (
            f"policies/smoke/answer.schema.json:1:1: $.$schema: {dialect} is not the name of a dialect; leave it out, "
            'or write "https://json-schema.org/draft/2020-12/schema"'
        )
    ]


def test_a_schema_is_plain_json(folder: Path, find_problems: FindProblems) -> None:
    """Python's decoder reads NaN, with which no number compares: the limit would never apply."""
    (folder / "smoke" / "answer.schema.json").write_text('{"maximum": NaN}')
    write_policy(folder, "smoke/churn.jsonl, schema: smoke/answer.schema.json")
    assert find_problems(folder) == ["policies/smoke/answer.schema.json:1:1: not valid JSON: NaN is not a JSON number"]


BAD_REFERENCES = {
    "a misspelt name": (
        '{"properties": {"label": {"$ref": "#/$defs/lable"}}, "$defs": {"label": {}}}',
        '$.properties.label.$ref: "#/$defs/lable" is not in this file',
    ),
    "an anchor that is not there": ('{"$ref": "#label"}', '$.$ref: "#label" is not in this file'),
    "another file": ('{"items": {"$ref": "label.json"}}', '$.items.$ref: "label.json" is not in this file'),
    "a file by its address": ('{"$ref": "file:///etc/hosts"}', '$.$ref: "file:///etc/hosts" is not in this file'),
    "the network": (
        '{"allOf": [{"$ref": "https://example.com/a.json"}]}',
        '$.allOf[0].$ref: "https://example.com/a.json" is not in this file',
    ),
    "no address at all": ('{"$ref": "http://[/"}', '$.$ref: "http://[/" is not in this file'),
    "within a list": ('{"required": ["a"], "$ref": "#/required/a"}', '$.$ref: "#/required/a" is not in this file'),
    "a number": (
        '{"$schema": "http://json-schema.org/draft-07/schema#", "$recursiveRef": 5}',
        "$.$recursiveRef: 5 is not text",
    ),
    "a list, in an old dialect": (
        '{"$schema": "http://json-schema.org/draft-04/schema#", "items": {"$ref": []}}',
        "$.items.$ref: [] is not text",
    ),
    "no schema": (
        '{"title": "a", "$ref": "#/title"}',
        """$.$ref: "#/title" is not a valid JSON Schema: 'a' is not of type 'object', 'boolean' (at $)""",
    ),
    "a circle": (
        '{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}',
        '$.$defs.b.$ref: "#/$defs/a" leads only back to itself',
    ),
    "found by another reference": (
        '{"$ref": "#/parts/a", "parts": {"a": {"$ref": "#/parts/b"}}}',
        '$.parts.a.$ref: "#/parts/b" is not in this file',
    ),
}


@pytest.mark.parametrize(("schema", "problem"), BAD_REFERENCES.values(), ids=BAD_REFERENCES)
def test_a_reference_that_leads_nowhere_is_a_problem(
    folder: Path, find_problems: FindProblems, schema: str, problem: str
) -> None:
    """Otherwise it would show only when a good version's answer is tested, and fail that version."""
    (folder / "smoke" / "answer.schema.json").write_text(schema)
    write_policy(folder, "smoke/churn.jsonl, schema: smoke/answer.schema.json")
    remedy = 'write the place of a schema in this file, like "#/$defs/label"'
    assert find_problems(folder) == [f"policies/smoke/answer.schema.json:1:1: {problem}; {remedy}"]


@pytest.mark.parametrize(
    "schema",
    [
        '{"properties": {"next": {"$ref": "#"}}}',
        '{"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/a", "definitions": {"a": {}}}',
        '{"$id": "https://a.test/b", "items": {"$ref": "c"}, "$defs": {"c": {"$id": "c", "$schema": "x"}}}',
        '{"$dynamicAnchor": "node", "items": {"$dynamicRef": "#node"}}',
        '{"properties": {"$ref": {"$ref": "#/parts/a"}}, "const": {"$ref": "x"}, "parts": {"a": true}}',
    ],
)
def test_a_reference_within_the_file_is_none(folder: Path, schema: str) -> None:
    """It may lead to the whole schema, a part of it, an id or an anchor; a property may have the keyword's name."""
    (folder / "smoke" / "answer.schema.json").write_text(schema)
    write_policy(folder, "smoke/churn.jsonl, schema: smoke/answer.schema.json")
    assert read_policies(folder).valid().policies
