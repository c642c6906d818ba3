"""ModelRegistered events: every known spelling is read; anything else is explained and never raises."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.admission.events import MODEL_REGISTERED, Ignored, ModelRegistered, read_event
from shared.core.rollout import ModelVersion

WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
SUBJECT = "models/churn-model:3"
CHURN = ModelVersion("churn-model", "3")
TAGS = {"stage": "production"}


def read(data: object, subject: object = SUBJECT, event_type: object = MODEL_REGISTERED) -> ModelRegistered | Ignored:
    """Return what is read from an event with this content."""
    return read_event(event_type, subject, WORKSPACE, "e1", data)


DOCUMENTED = {"ModelName": "churn-model", "ModelVersion": 3, "ModelTags": TAGS, "ModelProperties": {"type": "test"}}
FROM_THE_SDK = {"modelName": "churn-model", "modelVersion": "3", "modelTags": TAGS, "modelProperties": {}}

SPELLINGS: list[tuple[str, object, str, ModelVersion, dict[str, str] | None]] = [
    ("the documentation's", DOCUMENTED, SUBJECT, CHURN, TAGS),
    ("the service team's", FROM_THE_SDK, SUBJECT, CHURN, TAGS),
    ("lower case", {"modelname": "churn-model", "modelversion": "3", "modeltags": TAGS}, SUBJECT, CHURN, TAGS),
    ("upper case", {"MODELNAME": "churn-model", "MODELVERSION": 3, "MODELTAGS": TAGS}, SUBJECT, CHURN, TAGS),
    ("version as a float", DOCUMENTED | {"ModelVersion": 3.0}, SUBJECT, CHURN, TAGS),
    ("version with spaces", DOCUMENTED | {"ModelVersion": " 3 "}, SUBJECT, CHURN, TAGS),
    ("null tags", FROM_THE_SDK | {"modelTags": None}, SUBJECT, CHURN, None),
    ("no tags", {"modelName": "churn-model", "modelVersion": "3"}, SUBJECT, CHURN, None),
    ("tags of another type", FROM_THE_SDK | {"modelTags": ["stage"]}, SUBJECT, CHURN, None),
    ("tags of odd values", FROM_THE_SDK | {"modelTags": {"a": 1, "b": None}}, SUBJECT, CHURN, {"a": "1", "b": ""}),
    ("no data at all", None, SUBJECT, CHURN, None),
    ("empty data", {}, SUBJECT, CHURN, None),
    ("null fields", {"modelName": None, "modelVersion": None}, SUBJECT, CHURN, None),
    ("name only in the subject", {"modelVersion": "3"}, SUBJECT, CHURN, None),
    ("version only in the subject", {"modelName": "churn-model"}, SUBJECT, CHURN, None),
    ("version of a wrong type", DOCUMENTED | {"ModelVersion": [3]}, SUBJECT, CHURN, TAGS),
    ("version of a truth value", DOCUMENTED | {"ModelVersion": True}, SUBJECT, CHURN, TAGS),
    ("the data goes before the subject", DOCUMENTED, "models/other:9", CHURN, TAGS),
    ("subject of another case", {}, "Models/churn-model:3", CHURN, None),
    ("subject with slashes", {}, "/models/churn-model:3/", CHURN, None),
    ("useless subject, good data", DOCUMENTED, "", CHURN, TAGS),
    ("a version that is a name", {"modelName": "m", "modelVersion": "11-20.b"}, "", ModelVersion("m", "11-20.b"), None),
    ("a long number", {"modelName": "m", "modelVersion": 1763622000}, "", ModelVersion("m", "1763622000"), None),
    ("a broken number", {"modelName": "m", "modelVersion": 1.5}, "", ModelVersion("m", "1.5"), None),
    ("a name with a colon", {}, "models/team:churn:3", ModelVersion("team:churn", "3"), None),
    ("a name in another script", {"modelName": "模型", "modelVersion": 1}, "", ModelVersion("模型", "1"), None),
    ("unknown fields", DOCUMENTED | {"new": {"deep": [1, {}]}}, SUBJECT, CHURN, TAGS),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "subject", "model", "tags"), [s[1:] for s in SPELLINGS], ids=[s[0] for s in SPELLINGS]
)
def test_every_spelling_is_read(data: object, subject: str, model: ModelVersion, tags: dict[str, str] | None) -> None:
    """Name, version and tags are found wherever and however they are spelled."""
    assert read(data, subject) == ModelRegistered(model, tags, WORKSPACE, "e1")


LONG = "x" * 5000
USELESS: list[tuple[str, object, object, object, str]] = [
    ("another event", DOCUMENTED, SUBJECT, "Microsoft.MachineLearningServices.RunCompleted", "RunCompleted"),
    ("no type", DOCUMENTED, SUBJECT, "", "type ''"),
    ("type null", DOCUMENTED, SUBJECT, None, "type None"),
    ("a list", [DOCUMENTED], SUBJECT, MODEL_REGISTERED, "data is list"),
    ("a text", "churn-model:3", SUBJECT, MODEL_REGISTERED, "data is str"),
    ("a number", 3, SUBJECT, MODEL_REGISTERED, "data is int"),
    ("nothing anywhere", {}, "", MODEL_REGISTERED, "no usable model name and version"),
    ("subject null", {}, None, MODEL_REGISTERED, "no usable model name and version"),
    ("subject of a run", {}, "experiments/e/runs/r", MODEL_REGISTERED, "no usable model name and version"),
    ("subject without version", {}, "models/churn-model", MODEL_REGISTERED, "no usable model name and version"),
    ("subject with an empty version", {}, "models/churn-model:", MODEL_REGISTERED, "no usable model version"),
    ("no version", {"modelName": "churn-model"}, "", MODEL_REGISTERED, "no usable model version"),
    ("no name", {"modelVersion": 3}, "", MODEL_REGISTERED, "no usable model name"),
    ("blank name", {"modelName": "  ", "modelVersion": 3}, "", MODEL_REGISTERED, "no usable model name"),
    ("a huge name", {"modelName": LONG, "modelVersion": 3}, "", MODEL_REGISTERED, "no usable model name"),
    ("a huge version", {"modelName": "m", "modelVersion": LONG}, "", MODEL_REGISTERED, "no usable model version"),
    ("a huge number", {"modelName": "m", "modelVersion": 10**5000}, "", MODEL_REGISTERED, "no usable model version"),
    ("infinity", {"modelName": "m", "modelVersion": math.inf}, "", MODEL_REGISTERED, "no usable model version"),
    ("not a number", {"modelName": "m", "modelVersion": math.nan}, "", MODEL_REGISTERED, "no usable model version"),
    ("line feed", {"modelName": "m\nINFO ok", "modelVersion": 3}, "", MODEL_REGISTERED, "no usable model name"),
    ("control character", {"modelName": "m", "modelVersion": "3\x00"}, "", MODEL_REGISTERED, "no usable model version"),
    ("a path", {"modelName": "m", "modelVersion": "../../x"}, "", MODEL_REGISTERED, "no usable model version"),
    ("a query", {"modelName": "m", "modelVersion": "1?a=b#"}, "", MODEL_REGISTERED, "no usable model version"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "subject", "event_type", "why"), [u[1:] for u in USELESS], ids=[u[0] for u in USELESS]
)
def test_what_cannot_be_used_is_explained(data: object, subject: object, event_type: object, why: str) -> None:
    """An event that starts nothing is ignored, with a reason of limited length."""
    found = read(data, subject, event_type)
    assert isinstance(found, Ignored)
    assert why in found.reason.facts["message"]
    assert len(found.reason.facts["message"]) < 1000


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(["ModelName", "modelName", "MODELVERSION", "modelVersion", "modelTags", "ModelTags", "x"])


@given(
    event_type=st.just(MODEL_REGISTERED) | ANY_JSON,
    subject=st.text() | ANY_JSON,
    data=ANY_JSON | st.dictionaries(FIELDS, ANY_JSON),
)
def test_no_event_raises(event_type: object, subject: object, data: object) -> None:
    """Any JSON in any place is read or ignored, and the model, if one is read, is text."""
    found = read_event(event_type, subject, subject, "e1", data)
    if isinstance(found, ModelRegistered):
        assert found.model.name.strip()
        assert found.model.version.strip()
        assert found.model.version.isprintable()
        assert all(isinstance(text, str) for pair in (found.tags or {}).items() for text in pair)
