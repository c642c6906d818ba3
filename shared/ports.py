"""What Teal needs from outside, as narrow doors. No adapter is known here, and no Azure type.

The ports of Azure ML, its telemetry and its scoring are one workspace's, and take an endpoint's name; all others are
the app's, and take its whole id.

Every method may raise `errors.Temporary` or `errors.Permanent` and nothing else; none waits for an Azure operation.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from shared.core.admission import EndpointRecord
from shared.core.endpoint_id import EndpointId
from shared.core.observation import DeploymentMinute, EndpointSeen, TelemetryPath
from shared.core.observation import Halt as Halt  # noqa: PLC0414 -- part of the port
from shared.core.observation import HaltEnd as HaltEnd  # noqa: PLC0414 -- part of the port
from shared.core.observation import HaltEntry as HaltEntry  # noqa: PLC0414 -- part of the port
from shared.core.policy import Policy
from shared.core.reconcile.actions import Action
from shared.core.reconcile.judging import Judgement
from shared.core.rollout import ModelVersion, Rollout
from shared.core.rollout.history import Entry
from shared.core.rollout.pointers import Pointer, Wanted
from shared.core.telemetry import Need, SourceKind, TelemetryQuery, Window
from shared.errors import Misconfigured

T = TypeVar("T")
JsonSchema = Mapping[str, Any] | bool
Clock = Callable[[], datetime]


class Endpoints(Protocol):
    """Azure ML's online endpoints: seen, and changed by starting operations that are observed later."""

    def see(self, endpoint: str) -> EndpointSeen | None:
        """Return the endpoint with its deployments as Azure shows it now, or None if there is none."""

    def order(self, action: Action) -> None:
        """Start an action. It is observed later; ordered again while under way, it is refused as busy (Temporary).

        What is there already, or gone already, is no error; and no more is changed than the action says.
        """

    def autoscaled(self, endpoint: str) -> frozenset[str]:
        """Return the names of the deployments that have autoscale settings."""

    def logs(self, endpoint: str, name: str, lines: int) -> str:
        """Return the last lines of a deployment's container log."""


class Models(Protocol):
    """Azure ML's registered models."""

    def tags(self, model: ModelVersion) -> dict[str, str] | None:
        """Return the tags of a model version as they are now, or None if it is not registered."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What telemetry gave: minutes with requests, oldest first, and the gates that they say nothing of, with why.

    no_table: the source of requests does not exist yet, in its own words; there are no minutes then.
    """

    minutes: tuple[DeploymentMinute, ...]
    missing: Mapping[str, str] = field(default_factory=dict)
    no_table: str | None = None


class Telemetry(Protocol):
    """What requests an endpoint's deployments answered, and how."""

    def minutes(self, endpoint: str, asked: TelemetryQuery) -> Seen:
        """Return every deployment and minute that was asked for and has requests.

        Raises Temporary or Permanent when requests and errors cannot be told, or in part only: no evidence is not
        evidence of no errors. What else is asked and cannot be told is `missing` of the answer.
        """

    def path(self, endpoint: str, source: str) -> TelemetryPath:
        """Return how requests get from the endpoint into the source of this name, as far as its settings show."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """One reading of an endpoint's telemetry, which all sources take part in."""

    endpoint: str
    query: TelemetryQuery
    kept: dict[Hashable, Any] = field(default_factory=dict)

    def once(self, key: Hashable, read: Callable[[], T]) -> T:
        """Return what `read` returns, which is called once in this fetch for each key."""
        if key not in self.kept:
            self.kept[key] = read()
        found: T = self.kept[key]
        return found


class TelemetrySource(Protocol):
    """One place that telemetry is read from."""

    @property
    def kind(self) -> SourceKind:
        """Its name, and what it can answer."""

    def read(self, fetch: Fetch, needs: Sequence[Need]) -> Sequence[DeploymentMinute]:
        """Return what it knows of the fetch's minutes, by deployment and minute, in any order.

        needs: of the kinds that it answers, to be answered together. Minutes count requests if `Requests` is among
        them. Raises Temporary or Permanent if it cannot tell, or in part only; NotYet if it does not exist so far.
        """


class TelemetryPaths(Protocol):
    """How requests get into one telemetry source, for a source that needs to be set up for each endpoint."""

    def path(self, endpoint: str) -> TelemetryPath:
        """Return what the settings of the path show; UNKNOWN if they may not be read."""


@dataclass(frozen=True, slots=True)
class AnswerSeen:
    """One answer that a deployment gave, as it was collected. body: JSON text."""

    deployment: str
    at: datetime
    request: str
    body: str


class Answers(Protocol):
    """The bodies of answers, where a deployment collects them."""

    def collected(self, endpoint: str, deployment: str, window: Window) -> tuple[AnswerSeen, ...]:
        """Return the answers of the window that were collected. Raises Permanent if the deployment collects none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a deployment answered to one request. status: of HTTP, or 0 if there was no answer (`text` says why)."""

    status: int
    text: str
    seconds: float


class Scoring(Protocol):
    """Requests straight to one deployment, for the smoke test."""

    def answers(
        self, endpoint: str, deployment: str, bodies: Sequence[bytes], timeout: timedelta
    ) -> tuple[Answer, ...]:
        """Send each body (JSON) to the deployment, whatever its traffic, and return the answers in order."""

    def sample(self, endpoint: str, deployment: str) -> bytes:
        """Return the sample request of the deployment's own API description. Raises Permanent if it has none."""


class Policies(Protocol):
    """The policies, as they were when first read. Those that are not valid refuse new rollouts of their endpoints."""

    def for_model(self, workspace: str, model: str, version: str, tags: dict[str, str]) -> tuple[Policy, ...]:
        """Return the policies that this model version of a workspace sets off, at most one an endpoint.

        Its tag `teal` may say `skip` (none at all) or name another policy of an endpoint than the one without a name.
        """

    def why_none(self, workspace: str, model: str, version: str, tags: dict[str, str]) -> str:
        """Return why this model version sets off no policy, in words; empty if it does."""

    def refusal(self, workspace: str, model: str, tags: dict[str, str]) -> Misconfigured | None:
        """Return the problems of policies that are not valid and may be for a model; None if there are none."""

    def for_endpoint(self, endpoint: EndpointId) -> Policy | None:
        """Return the valid policy of an endpoint, or None."""

    def for_start(self, endpoint: EndpointId) -> Policy | None:
        """Return the policy for a new rollout, or None; raises Misconfigured if its policy is not valid."""

    def query(self, path: str) -> str:
        """Return the text of a query file named in a policy."""

    def requests(self, path: str) -> tuple[bytes, ...]:
        """Return the request bodies of a smoke file named in a policy."""

    def schema(self, path: str) -> JsonSchema:
        """Return the JSON Schema of a file named in a policy."""

    def filled_template(self, path: str, values: Mapping[str, str]) -> str:
        """Return a deployment template named in a policy, as YAML with its variables filled in."""


@dataclass(frozen=True, slots=True)
class Stored(Generic[T]):
    """Something as it is stored. etag: the version that was read, or None if it is not stored yet."""

    value: T
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Numbered:
    """A history entry with its place: the rollout's id and the entry's number, from 0."""

    rollout: str
    number: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Changes:
    """What is written at once or not at all: each stored value only if its etag is still the newest."""

    rollouts: tuple[Stored[Rollout], ...] = ()
    record: Stored[EndpointRecord] | None = None
    entries: tuple[Numbered, ...] = ()


class Store(Protocol):
    """The records of rollouts, one partition an endpoint."""

    def halt(self) -> Halt | None:
        """Return the newest halt, which may have ended, or None if there never was one."""

    def set_halt(self, halt: Halt) -> None:
        """Put a halt in force or, with `ended`, end it; and append that to the history in the same transaction.

        Raises Conflict if the halt that is to be ended is not the newest one any more.
        """

    def halt_history(self, limit: int) -> tuple[HaltEntry, ...]:
        """Return the newest entries of the history of halts, newest first."""

    def record(self, endpoint: EndpointId) -> Stored[EndpointRecord]:
        """Return the endpoint's lock; a fresh one without etag if there is none."""

    def rollout(self, endpoint: EndpointId, rollout_id: str) -> Stored[Rollout] | None:
        """Return one rollout, or None."""

    def enlist(self, pointer: Pointer) -> None:
        """Put a rollout on the list of all, before it is written. Twice is once."""

    def pointers(self, wanted: Wanted, after: str, limit: int) -> tuple[Pointer, ...]:
        """Return the first pointers after a position, newest first, that `wanted.lists`; some may lead nowhere."""

    def history(self, endpoint: EndpointId, rollout_id: str, first: int = 0) -> tuple[Entry, ...]:
        """Return a rollout's history from entry number `first` on, oldest first."""

    def commit(self, endpoint: EndpointId, changes: Changes) -> dict[str, str]:
        """Write all changes in one transaction; return the new etags of rollouts by id.

        Raises Conflict, with nothing written, if any value was written by another since it was read.
        """

    def open_endpoints(self) -> tuple[EndpointId, ...]:
        """Return the endpoints that may have work to do."""

    def mark_open(self, endpoint: EndpointId) -> None:
        """Note, before the work is written down, that this endpoint has work. Twice is once."""

    def mark_closed(self, endpoint: EndpointId) -> None:
        """Note, after the last work is done, that this endpoint has none. Not open is no error."""

    def keep_minutes(
        self, rollout_id: str, minutes: Sequence[DeploymentMinute], judgements: Sequence[Judgement] = ()
    ) -> None:
        """Keep the telemetry that decisions were made from, and what each gate said of it. Twice is once."""

    def kept_minutes(
        self, rollout_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[DeploymentMinute, ...]:
        """Return the telemetry that was kept for a rollout, from `since` up to, but without, `until`, oldest first."""

    def kept_judgements(
        self, rollout_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[Judgement, ...]:
        """Return what the gates of a rollout reported after each minute in this span, oldest first."""


class Wakeups(Protocol):
    """How a rollout is looked at before the next tick."""

    def wake(self, endpoint: EndpointId) -> None:
        """Have the endpoint reconciled soon. Lost or doubled wake-ups do no harm: the timer comes anyway."""


class Channel(Protocol):
    """A way to tell the outside world what happened, such as the log."""

    def notify(self, rollout: Rollout, entry: Entry) -> None:
        """Tell about a history entry that was saved. rollout: as it is after it. Raises Temporary or Permanent."""
