"""The port to the policy files and the files that they name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from shared.core.endpoint_id import EndpointId
from shared.core.policy import Policy
from shared.core.schema.findings import Problem
from shared.errors import Misconfigured

JsonSchema = Mapping[str, Any] | bool


class Policies(Protocol):
    """The policies, read once at first use. Invalid ones block new rollouts on their endpoints."""

    def for_model(self, workspace: str, model: str, version: str, tags: dict[str, str]) -> tuple[Policy, ...]:
        """Return the policies that a workspace's model version triggers, at most one per endpoint.

        Its tag `teal` may be `skip` (no policy) or the name of a policy to use instead of an endpoint's unnamed one.
        """

    def why_none(self, workspace: str, model: str, version: str, tags: dict[str, str]) -> str:
        """Return why this model version triggers no policy, as text; empty if it triggers one."""

    def refusal(self, workspace: str, model: str, tags: dict[str, str]) -> Misconfigured | None:
        """Return the problems of invalid policies that may be for a model; None if there are none."""

    def for_endpoint(self, endpoint: EndpointId) -> Policy | None:
        """Return the valid policy of an endpoint, or None."""

    def of_endpoint(self, endpoint: EndpointId) -> tuple[Policy, ...]:
        """Return every valid policy of an endpoint."""

    def for_start(self, endpoint: EndpointId) -> Policy | None:
        """Return the policy for a new rollout, or None; raises Misconfigured if the policy is invalid."""

    def problems(self) -> Sequence[Problem]:
        """Return every problem of the policy files: each refuses new rollouts, and stops nothing else."""

    def endpoints(self) -> tuple[EndpointId, ...]:
        """Return every endpoint that has a valid policy."""

    def query(self, path: str) -> str:
        """Return the text of a query file named in a policy."""

    def requests(self, path: str) -> tuple[bytes, ...]:
        """Return the request bodies of a smoke file named in a policy."""

    def schema(self, path: str) -> JsonSchema:
        """Return the JSON Schema of a file named in a policy."""

    def filled_template(self, path: str, values: Mapping[str, str]) -> str:
        """Return a deployment template named in a policy, as YAML with its variables filled in."""
