"""Green copied from any live deployment that Azure's published type allows: nothing lost, nothing stale."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.resources import Json
from shared.adapters.resource_bodies import deployment_like, resized
from tests.emulator.deployment_bodies import (
    DEPLOYMENT,
    KUBERNETES,
    MANAGED,
    fitting,
    missing,
    shown_after_put,
)

MODEL = "azureml:m:1"  # the only model of the control plane in memory
IN_TIME = {"requestTimeout": st.integers(1, 180).map(lambda seconds: f"PT{seconds}S")}  # Azure's limits
LIVE = fitting(DEPLOYMENT, MANAGED | IN_TIME) | fitting(DEPLOYMENT, KUBERNETES | IN_TIME)
# Properties that Azure may add one day: arbitrary JSON under new names.
NAMES = st.text(alphabet="abcXYZ", min_size=1, max_size=8).map(lambda name: f"new{name}")
UNHEARD = st.dictionaries(
    NAMES,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    ),
    max_size=3,
)
# Set by Azure: the names and dates of this one deployment.
OF_THE_ONE = {"id", "name", "type", "systemData"}


@settings(max_examples=60, deadline=None)
@given(LIVE)
def test_any_legal_body_is_copied_to_green(live: Json) -> None:
    """After a live deployment is read, copied and written, green is shown exactly like blue."""
    blue = shown_after_put(live)
    green = shown_after_put(resized(deployment_like(blue, MODEL), None, None))
    assert missing(without_own_names(blue), green) == []
    assert set(green["properties"]) == set(blue["properties"])
    assert green["tags"] == (blue.get("tags") or {}) | {"managed-by": "teal"}


@settings(max_examples=60, deadline=None)
@given(LIVE, UNHEARD, UNHEARD)
def test_unknown_properties_are_copied(live: Json, above: Json, inside: Json) -> None:
    """Properties beyond the published type are copied unchanged, at both levels, for any instance type."""
    blue = live | above | {"properties": live["properties"] | inside}
    written = resized(deployment_like(blue, "another"), "Standard_F8s_v2", 7)
    assert written.items() >= above.items()
    assert written["properties"].items() >= inside.items()
    assert (written["properties"]["model"], written["properties"]["instanceType"]) == ("another", "Standard_F8s_v2")
    assert written["sku"] == {"name": "Default"} | (live.get("sku") or {}) | {"capacity": 7}


def without_own_names(shown: Json) -> Json:
    """Return a body without what differs between copies: names, and the tags, to which Teal adds its own."""
    return {key: value for key, value in shown.items() if key not in OF_THE_ONE | {"tags"}}
