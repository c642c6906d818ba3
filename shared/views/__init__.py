"""The API's responses, as explicit types with a description for each field. Private data is never shown implicitly.

Field names, types and codes here are the public API: OpenAPI and docs/api.md are generated from them.
"""

from __future__ import annotations

from shared.views.errors import ErrorDetailView, ErrorView
from shared.views.halt import HaltView, halt_view
from shared.views.lists import EndpointView, PageView
from shared.views.plain import plain
from shared.views.rollouts import RolloutDetailView, RolloutView, rollout_detail_view, rollout_view
from shared.views.steps import step_words

__all__ = [
    "EndpointView",
    "ErrorDetailView",
    "ErrorView",
    "HaltView",
    "PageView",
    "RolloutDetailView",
    "RolloutView",
    "halt_view",
    "plain",
    "rollout_detail_view",
    "rollout_view",
    "step_words",
]
