"""Several policies: which one a model version gets, and which combinations are rejected as ambiguous."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.core.endpoint_id import EndpointId
from shared.policies.policy_set import PolicySet, read_policies

FILES = {
    "churn": "endpoint: churn\nmodels: [{name: m}]\nsteps: [weight: 10]\n",
    "careful": "endpoint: churn\nname: careful\nmodels: [{name: m}]\nsteps: [weight: 1]\n",
    "west": "endpoint: west\nmodels: [{name: m, version: '2.*', tags: {region: west}}]\nsteps: [weight: 10]\n",
    "quick": "endpoint: west\nname: quick\nmodels: [{name: m}]\nsteps: [smoke: {}]\n",
    "opt-in": "endpoint: labs\nname: labs\nmodels: [{name: only-by-tag}]\nsteps: [smoke: {}]\n",
}

CHOSEN = [
    ("m", "1.0", {}, ["churn"]),
    ("m", "2.1", {"region": "west"}, ["churn", "west"]),
    ("m", "1.0", {"region": "west"}, ["churn"]),
    ("m", "1.0", {"teal": "careful"}, ["churn:careful"]),
    ("m", "2.1", {"region": "west", "teal": "careful"}, ["churn:careful", "west"]),
    ("m", "1.0", {"teal": "quick"}, ["churn", "west:quick"]),
    ("only-by-tag", "1", {"teal": "labs"}, ["labs:labs"]),
]

NONE = [
    ("m", "1.0", {"teal": "skip"}, "its tag teal is skip"),
    (
        "m",
        "1.0",
        {"teal": "carefull"},
        "its tag teal is 'carefull', but no policy for it has that name (only careful, quick)",
    ),
    ("only-by-tag", "1", {}, "every policy for it has a name (labs) and its tag teal is none of them"),
    ("other", "1", {}, "no policy is for this model"),
]


@pytest.fixture
def book(folder: Path) -> PolicySet:
    """Return a set of several policies, some for the same endpoint."""
    for stem, text in FILES.items():
        (folder / f"{stem}.yaml").write_text(text)
    return read_policies(folder).valid()


@pytest.mark.parametrize(("model", "version", "tags", "expected"), CHOSEN)
def test_tags_and_version_choose_one_policy_per_endpoint(
    book: PolicySet, model: str, version: str, tags: dict[str, str], expected: list[str]
) -> None:
    """The tag `teal` selects the policy of that name where there is one, otherwise the unnamed policy."""
    found = [f"{policy.endpoint}:{policy.name}".rstrip(":") for policy in book.for_model("", model, version, tags)]
    assert sorted(found) == expected
    assert book.why_none("", model, version, tags) == ""


@pytest.mark.parametrize(("model", "version", "tags", "why"), NONE)
def test_no_policy_has_a_reason(book: PolicySet, model: str, version: str, tags: dict[str, str], why: str) -> None:
    """The reason is given: skipped by tag, a mistake in the tag, or no matching policy."""
    assert book.for_model("", model, version, tags) == ()
    assert book.why_none("", model, version, tags) == why


def test_a_version_without_a_policy_has_a_reason(folder: Path) -> None:
    """A known model in an unmatched version is distinguished from an unknown model."""
    (folder / "west.yaml").write_text(FILES["west"])
    words = "no policy for this model matches its version and tags"
    assert read_policies(folder).valid().why_none("", "m", "1", {"region": "west"}) == words


def test_a_registry_s_model_has_no_events(folder: Path) -> None:
    """A version of the workspace is not the registry's, though it has the same name."""
    (folder / "west.yaml").write_text("endpoint: west\nmodels: [{name: m, registry: shared}]\nsteps: [weight: 10]\n")
    book = read_policies(folder).valid()
    assert book.for_model("", "m", "1", {}) == ()
    words = "the policy for this model takes it from a registry, and an operator starts its rollouts"
    assert book.why_none("", "m", "1", {}) == words


def test_policy_is_found_by_endpoint_and_name(book: PolicySet) -> None:
    """Without a name, it is the unnamed policy, or else the endpoint's first."""
    found = [
        book.for_endpoint(EndpointId("", "CHURN")),
        book.for_endpoint(EndpointId("", "churn"), "careful"),
        book.for_endpoint(EndpointId("", "labs")),
        book.for_endpoint(EndpointId("", "churn"), "quick"),
    ]
    assert [policy and (policy.endpoint, policy.name) for policy in found] == [
        ("churn", ""),
        ("churn", "careful"),
        ("labs", "labs"),
        None,
    ]


def test_a_duplicate_name_on_one_endpoint_is_rejected(folder: Path, find_problems: Callable[[Path], list[str]]) -> None:
    """Two policies of one endpoint cannot have the same name; on another endpoint the name may be used again."""
    (folder / "a.yaml").write_text(FILES["careful"])
    (folder / "b.yaml").write_text("# again\n" + FILES["careful"])
    (folder / "c.yaml").write_text(FILES["careful"].replace("churn", "west"))
    assert find_problems(folder) == [
        ("policies/b.yaml:3:1: name: churn already has a policy named careful, in policies/a.yaml:2; use another name")
    ]
