"""Whatever is in the folder, the reader quickly returns policies or problems, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.names import ENDPOINT_NAME
from shared.policies.policy_set import PolicySet, read_policies
from shared.policies.problems import PolicyError

FindProblems = Callable[[Path], list[str]]
RIGHT = """\
endpoint: churn
models: [{name: m, tags: {a: "1"}}]
steps:
  - smoke: {contains: {a: [1, null]}, slowest: 9ms}
  - mirror: {percent: 5, for: 15m}
  - pause: {for: 5m}
  - weight: {to: 10, gates: [errors]}
freeze: [{why: x, days: [fri], from: 18:00, zone: Asia/Tokyo}, {why: "$${", since: 2026-01-01, until: 2026-01-02}]
judge:
  patience: 1h
  gates: {errors: {weight: 5}, latency: {at_most: {p95: 1s}}, predictions: {bins: [1]}, disagreement: {at: /a}}
deadlines: &d {step: 2h}
"""
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{chr(ord(name) - 1)}'] * 9)}]\n" for name in "bcdefghi"
)


UTF_16 = "not valid UTF-8: this looks like UTF-16; save the file as UTF-8"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param(b"x" * (256 * 1024 + 1), ": larger than 256 KiB", id="large"),
        pytest.param(b"endpoint: caf\xe9", ":1:14: not valid UTF-8: byte 0xe9; save the file as UTF-8", id="Latin-1"),
        pytest.param("endpoint: churn".encode("utf-16"), f":1:1: {UTF_16}", id="UTF-16"),
        pytest.param("endpoint: churn".encode("utf-16-be"), f":1:1: {UTF_16}", id="UTF-16 without a mark"),
        pytest.param(BOMB.encode(), ":1:1: more than 10000 values once aliases are expanded", id="bomb"),
        pytest.param(b"a: &a [*a]", ":1:1: more than 10000 values once aliases are expanded", id="circle"),
        pytest.param(b"[" * 200_000, ":1:21: nested more than 20 levels deep", id="brackets"),
        pytest.param(b"- " * 100_000, ":1:41: nested more than 20 levels deep", id="dashes"),
        pytest.param(b"- x\n" * 30_000, ":19999:3: more than 10000 values", id="many"),
        pytest.param(b"a: *nowhere", ":1:4: not valid YAML: found undefined alias", id="unknown alias"),
        pytest.param(b'a: "\\ud800"', None, id="half a character"),
    ],
)
def test_oversized_files_are_rejected(
    folder: Path, find_problems: FindProblems, content: bytes, line: str | None
) -> None:
    """Each file crafted to exhaust the reader gives one problem."""
    (folder / "churn.yaml").write_bytes(content)
    [found] = find_problems(folder)
    assert found == f"policies/churn.yaml{line}" if line else found.startswith("policies/churn.yaml:1:")


def test_a_dangling_link_is_a_problem(folder: Path, find_problems: FindProblems) -> None:
    """It is reported, not skipped: someone believes that this policy is active."""
    (folder / "churn.yaml").symlink_to("nowhere.yaml")
    assert find_problems(folder) == ["policies/churn.yaml: no such file"]


KEYS = st.sampled_from(
    [
        "endpoint",
        "models",
        "steps",
        "name",
        "tags",
        "smoke",
        "requests",
        "weight",
        "pause",
        "for",
        "judge",
        "<<",
        "mirror",
        "to",
        "gates",
        "deployment",
        "template",
        "freeze",
        "days",
        "since",
        "zone",
        "contains",
        "create",
        "errors",
        "latency",
        "predictions",
        "bins",
        "queries",
        "at_most",
        "role",
    ]
)
PIECES = st.sampled_from(
    ["10", "1h", "churn", "{}", "[]", "*d", "&d ", "!!int ", "\n", "  - ", ": ", "${", "${HOME}", '"', "~", "%", "? "]
)
NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=4),
    max_leaves=15,
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Draw a valid policy with a part replaced."""
    start = draw(st.integers(0, len(RIGHT)))
    stop = draw(st.integers(start, min(len(RIGHT), start + 20)))
    return RIGHT[:start] + draw(PIECES | KEYS | st.text(max_size=5)) + RIGHT[stop:]


@settings(deadline=None)
@given(
    st.binary(max_size=60)
    | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.lists(KEYS | PIECES, max_size=25).map(lambda parts: "".join(parts).encode())
    | NESTED.map(lambda value: yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "surrogatepass"))
    | damaged().map(lambda text: text.encode("utf-8", "surrogatepass"))
)
@example(RIGHT.encode())
@example(RIGHT.replace("churn", "endpointchurn", 1).encode())
@example(b'{endpoint: churn, models: [{name: m}], steps: [weight: 10, pause: {}, weight: "\\0"]}')
def test_any_file_gives_policies_or_problems(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """No content makes the reader fail otherwise, and every problem is one line with a place in the file."""
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    (folder / "churn.yaml").write_bytes(content)
    answer = policies_or_error(folder)
    if isinstance(answer, PolicySet):
        (policy,) = answer.policies  # a damaged name may still be valid
        assert ENDPOINT_NAME.fullmatch(policy.endpoint)
    else:
        last = content.decode("utf-8", "replace").count("\n") + content.count(b"\r") + 2
        assert len(str(answer).splitlines()) == len(answer.problems) > 0
        assert all(0 <= problem.line <= last for problem in answer.problems)


def policies_or_error(folder: Path) -> PolicySet | PolicyError:
    """Return the reader's result; any other exception fails the test."""
    try:
        return read_policies(folder).valid()
    except PolicyError as error:
        return error


READ = (
    "from pathlib import Path; from shared.policies.policy_set import read_policies; import sys; sys.path.append(''); "
)


def test_reader_needs_nothing_slow(folder: Path) -> None:
    """Reading policies loads neither Azure's packages nor modules that only problems need."""
    (folder / "churn.yaml").write_text(RIGHT)
    show = "print([m for m in ('azure', 'difflib', 'pydantic', 'jsonschema', 'shared.adapters') if m in sys.modules])"
    command = [sys.executable, "-c", f"{READ}read_policies(Path(sys.argv[1])).valid(); {show}", str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- our own code
    assert run.stdout == "[]\n"


@pytest.mark.parametrize("text", [RIGHT, RIGHT + 'keep_blue: "\\U00110000"\n', RIGHT + 'on_rollback: "\\ud800"\n'])
def test_reader_works_without_libyaml(folder: Path, text: str) -> None:
    """If PyYAML was built without libyaml, policies are read and problems reported in the same way."""
    (folder / "churn.yaml").write_text(text)
    without = "import sys; sys.modules['yaml._yaml'] = None; import yaml; assert not yaml.__with_libyaml__; "
    outcome = (
        "from shared.errors import Misconfigured\ntry: print(read_policies(Path(sys.argv[1])).valid().policies[0])\n"
    )
    command = [
        sys.executable,
        "-c",
        f"{without}{READ}\n{outcome}except Misconfigured as error: print(error)",
        str(folder),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- our own code
    expected = "Policy(endpoint='churn'" if text == RIGHT else f"{folder / 'churn.yaml'}:"
    assert run.stdout.startswith(expected)
