"""Green made like any live deployment, whatever Azure's published type lets it have: nothing lost, nothing stale."""

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

MODEL = "azureml:m:1"  # the one that the control plane in memory has
IN_TIME = {"requestTimeout": st.integers(1, 180).map(lambda seconds: f"PT{seconds}S")}  # what Azure allows of a request
LIVE = fitting(DEPLOYMENT, MANAGED | IN_TIME) | fitting(DEPLOYMENT, KUBERNETES | IN_TIME)
# What Azure may come to have one day: free JSON under names that nobody has thought of.
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
# Azure's alone: what names or dates this one deployment.
OF_THE_ONE = {"id", "name", "type", "systemData"}


@settings(max_examples=60, deadline=None)
@given(LIVE)
def test_any_legal_body_is_seen_again_in_green(live: Json) -> None:
    """A live deployment is read, copied and written: what is shown of green is what was shown of blue."""
    blue = shown_after_put(live)
    green = shown_after_put(resized(deployment_like(blue, MODEL), None, None))
    assert missing(but_for_names(blue), green) == []
    assert set(green["properties"]) == set(blue["properties"])
    assert green["tags"] == (blue.get("tags") or {}) | {"managed-by": "teal"}


@settings(max_examples=60, deadline=None)
@given(LIVE, UNHEARD, UNHEARD)
def test_what_nobody_has_thought_of_is_copied(live: Json, above: Json, inside: Json) -> None:
    """Properties beyond the published type are written as they were read, at both levels, with any machine."""
    blue = live | above | {"properties": live["properties"] | inside}
    written = resized(deployment_like(blue, "another"), "Standard_F8s_v2", 7)
    assert written.items() >= above.items()
    assert written["properties"].items() >= inside.items()
    assert (written["properties"]["model"], written["properties"]["instanceType"]) == ("another", "Standard_F8s_v2")
    assert written["sku"] == {"name": "Default"} | (live.get("sku") or {}) | {"capacity": 7}


def but_for_names(shown: Json) -> Json:
    """Return a body without what is the one deployment's own: its names, and the tags, which get our mark."""
    return {key: value for key, value in shown.items() if key not in OF_THE_ONE | {"tags"}}
