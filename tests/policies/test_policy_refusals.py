"""A folder with some invalid policies: what is blocked with which problems, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.core.endpoint_id import EndpointId
from shared.policies.policy_set import PolicySet, read_policies
from shared.policies.problems import PolicyError

CHURN = "endpoint: churn\nmodels: [{name: m}]\nsteps: [weight: 10]\n"
CAREFUL = CHURN + "name: careful\n"
WEST = "endpoint: West\nmodels: [{name: m}, {name: n}]\nsteps: [weight: 10]\n"
UNNAMED = WEST.replace("{name: n}", "{nmae: n}")


@pytest.fixture
def read(folder: Path) -> Callable[..., PolicySet]:
    """Return a function that writes policies by the stem of their file names and reads the folder."""

    def read(**texts: str) -> PolicySet:
        for stem, text in texts.items():
            (folder / f"{stem}.yaml").write_text(text)
        return read_policies(folder)

    return read


def lines(error: PolicyError | None, folder: Path) -> list[str]:
    """Return the places of an error's problems."""
    return [] if error is None else [line.removeprefix(f"{folder}/").split(": ")[0] for line in str(error).splitlines()]


WRONG = {
    "a wrong value": (WEST + "keep_blue: 1\n", ("west", {"m", "n"})),
    "a model without a name": (UNNAMED, ("west", None)),
    "no models": (WEST.replace("models", "modles"), ("west", None)),
    "an invalid endpoint name": (WEST.replace("West", "7up"), (None, {"m", "n"})),
    "not YAML": ("[", (None, None)),
    "an invalid file that the policy names": (
        WEST.replace("weight: 10", "smoke: smoke/bad.jsonl"),
        ("west", {"m", "n"}),
    ),
    "a missing file": (WEST.replace("weight: 10", "smoke: smoke/none.jsonl"), ("west", {"m", "n"})),
}


@pytest.mark.parametrize(("text", "known"), WRONG.values(), ids=WRONG)
def test_an_invalid_file_is_read_as_far_as_possible(
    read: Callable[..., PolicySet], folder: Path, text: str, known: tuple[str | None, set[str] | None]
) -> None:
    """Its endpoint and models determine what it blocks; the other policies are available."""
    (folder / "smoke" / "bad.jsonl").write_text("{")
    found = read(churn=CHURN, west=text)
    [refused] = found.refused
    assert (refused.file, (refused.endpoint, refused.models)) == (str(folder / "west.yaml"), known)
    assert refused.problems
    assert [policy.endpoint for policy in found.policies] == ["churn"]
    assert found.files == (str(folder / "churn.yaml"),)


def test_an_invalid_file_named_by_two_policies_is_a_problem_of_both(
    read: Callable[..., PolicySet], folder: Path
) -> None:
    """Both are invalid because of it, but the list of all problems has it once."""
    (folder / "smoke" / "churn.jsonl").write_text("{")
    smoke = "steps: [smoke: smoke/churn.jsonl]"
    found = read(churn=CHURN.replace("steps: [weight: 10]", smoke), west=WEST.replace("steps: [weight: 10]", smoke))
    assert [lines(PolicyError(file.problems), folder) for file in found.refused] == 2 * [["smoke/churn.jsonl:1:2"]]
    with pytest.raises(PolicyError) as raised:
        found.valid()
    assert lines(raised.value, folder) == ["smoke/churn.jsonl:1:2"]


def test_an_endpoint_with_an_invalid_file_has_no_new_rollouts(read: Callable[..., PolicySet], folder: Path) -> None:
    """It is unknown which of its policies applies; the endpoint is still known, and others are not affected."""
    found = read(churn=CHURN, careful=CAREFUL + "x: 1\n", west=WEST)
    assert [policy.endpoint for policy in found.for_model("", "m", "1", {})] == ["west"]
    assert lines(found.refusal("", "m", {}), folder) == ["careful.yaml:5:1"]
    assert lines(found.refusal("", "n", {}), folder) == []
    assert found.for_endpoint(EndpointId("", "churn")) is found.policies[0]
    with pytest.raises(PolicyError, match="x: unknown key; known keys: endpoint") as raised:
        found.for_start(EndpointId("", "Churn"))
    assert lines(raised.value, folder) == ["careful.yaml:5:1"]
    assert found.for_start(EndpointId("", "WEST")) is found.policies[1]
    assert found.for_start(EndpointId("", "other")) is None


def test_two_indistinguishable_policies_are_both_blocked(read: Callable[..., PolicySet], folder: Path) -> None:
    """The problem is reported in the second, but nothing says that the first is the intended one."""
    found = read(a=CHURN, b=CHURN)
    assert found.for_model("", "m", "1", {}) == ()
    assert lines(found.refusal("", "m", {}), folder) == ["b.yaml:1:1"]


def test_an_endpoint_belongs_to_its_workspace(read: Callable[..., PolicySet]) -> None:
    """Endpoints of the same name in several workspaces are separate, each with its own policies."""
    found = read(a=CHURN, b=CHURN + "workspace: ml-west\n", c=CHURN + "workspace: ML-WEST\nname: x\n")
    assert [policy.workspace for policy in found.for_model("", "m", "1", {})] == [""]
    assert [policy.name for policy in found.for_model("ml-west", "m", "1", {})] == [""]
    assert [policy.name for policy in found.for_model("ml-west", "m", "1", {"teal": "x"})] == ["x"]
    assert found.for_model("ml-east", "m", "1", {}) == ()


def test_policies_of_one_workspace_conflict_over_an_endpoint(read: Callable[..., PolicySet], folder: Path) -> None:
    """The case of the workspace does not matter; another workspace's endpoint is not affected."""
    found = read(a=CHURN, b=CHURN + "workspace: ml-west\n", c=CHURN + "workspace: ML-WEST\n")
    assert lines(found.refusal("ml-west", "m", {}), folder) == ["c.yaml:1:1"]
    assert found.refusal("", "m", {}) is None
    assert [policy.workspace for policy in found.for_model("", "m", "1", {})] == [""]
    assert found.for_model("ml-west", "m", "1", {}) == ()


@pytest.mark.parametrize("name", ["ml", "ml west", "-west", "x" * 34])
def test_an_invalid_workspace_name_is_a_problem(read: Callable[..., PolicySet], name: str) -> None:
    """It is reported when the policy is read, before anything is looked up."""
    [refused] = read(a=f"{CHURN}workspace: {name}\n").refused
    assert refused.problems[0].message.endswith(
        "is not a valid workspace name (3 to 33 letters, digits, dashes and underscores); write it like ml-production"
    )
