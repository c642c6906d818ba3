"""The ports: narrow interfaces to everything outside Teal. They know no adapter and no Azure type.

The ports for Azure ML, telemetry and scoring belong to one workspace and take an endpoint's name; all others belong to
the app and take the full endpoint id.

Every method may raise `errors.Temporary` or `errors.Permanent` and nothing else; none waits for an Azure operation.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from shared.core.admission import EndpointRecord
from shared.core.endpoint_id import EndpointId
from shared.core.missed import RegisteredVersion
from shared.core.observation import DeploymentMinute, EndpointSeen, Quota, TelemetryPath
from shared.core.observation import Halt as Halt  # noqa: PLC0414 -- part of the port
from shared.core.observation import HaltEnd as HaltEnd  # noqa: PLC0414 -- part of the port
from shared.core.observation import HaltEntry as HaltEntry  # noqa: PLC0414 -- part of the port
from shared.core.policy import Policy
from shared.core.reconcile.actions import Action
from shared.core.reconcile.judging import Judgement
from shared.core.rollout import ModelVersion, Rollout
from shared.core.rollout.history import Entry
from shared.core.rollout.pointers import Pointer, Wanted
from shared.core.schema.findings import Problem
from shared.core.telemetry import Need, SourceKind, TelemetryQuery, Window
from shared.errors import Misconfigured

T = TypeVar("T")
JsonSchema = Mapping[str, Any] | bool
Clock = Callable[[], datetime]


class Endpoints(Protocol):
    """Azure ML's online endpoints: observed, and changed by operations whose outcome is observed later."""

    def see(self, endpoint: str) -> EndpointSeen | None:
        """Return the endpoint with its deployments as Azure shows it now, or None if it does not exist."""

    def order(self, action: Action) -> None:
        """Start an action, whose outcome is observed later. While another one runs, this raises Temporary.

        Creating what already exists or deleting what is already gone is not an error. Only the action's target changes.
        """

    def autoscaled(self, endpoint: str) -> dict[str, bool]:
        """Return the lower-case names of the deployments with autoscale settings, and whether these are enabled."""

    def quota(self, instance_type: str) -> Quota:
        """Return what the quota of an instance type has left. Raises Permanent if that is not known."""

    def logs(self, endpoint: str, name: str, lines: int) -> str:
        """Return the last lines of a deployment's container log."""


class Models(Protocol):
    """Azure ML's registered models."""

    def tags(self, model: ModelVersion) -> dict[str, str] | None:
        """Return the tags of a model version as they are now, or None if it is not registered."""

    def created(self, model: ModelVersion) -> datetime | None:
        """Return when a model version was created, or None if that is not known."""

    def archived(self, model: ModelVersion) -> bool:
        """Return whether a model version is archived; False if it is not registered."""

    def versions(self, name: str, since: datetime) -> tuple[RegisteredVersion, ...]:
        """Return the versions of a model that were created since then and are not archived, newest first."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The result of a telemetry query: minutes with requests, oldest first, and the gates without data, and why.

    no_table: why the source of requests does not exist yet, in its own words; there are then no minutes.
    """

    minutes: tuple[DeploymentMinute, ...]
    missing: Mapping[str, str] = field(default_factory=dict)
    no_table: str | None = None


class Telemetry(Protocol):
    """The requests that an endpoint's deployments answered, and how."""

    def minutes(self, endpoint: str, asked: TelemetryQuery) -> Seen:
        """Return a row for every requested deployment and minute with requests.

        Raises Temporary or Permanent if requests and errors are unavailable or incomplete: no evidence is not evidence
        of no errors. Other unavailable data is in the result's `missing`.
        """

    def path(self, endpoint: str, source: str) -> TelemetryPath:
        """Return how requests get from the endpoint into the source with this name, according to its settings."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """One read of an endpoint's telemetry, shared by all sources."""

    endpoint: str
    query: TelemetryQuery
    kept: dict[Hashable, Any] = field(default_factory=dict)

    def once(self, key: Hashable, read: Callable[[], T]) -> T:
        """Return the result of `read`, which is called once per key in this fetch."""
        if key not in self.kept:
            self.kept[key] = read()
        found: T = self.kept[key]
        return found


class TelemetrySource(Protocol):
    """One source of telemetry."""

    @property
    def kind(self) -> SourceKind:
        """Its name, and the needs that it serves."""

    def read(self, fetch: Fetch, needs: Sequence[Need]) -> Sequence[DeploymentMinute]:
        """Return its data for the fetch's minutes, by deployment and minute, in any order.

        needs: of the kinds that it serves, to be read together. Minutes count requests if `Requests` is among them.
        Raises Temporary or Permanent if the data is unavailable or incomplete, NotYet if the source does not exist yet.
        """


class TelemetryPaths(Protocol):
    """How requests get into one telemetry source, for sources that need set-up per endpoint."""

    def path(self, endpoint: str) -> TelemetryPath:
        """Return the path according to its settings. Raises Temporary, or Permanent if they may not be read."""


@dataclass(frozen=True, slots=True)
class AnswerSeen:
    """One collected answer of a deployment. body: JSON text."""

    deployment: str
    at: datetime
    request: str
    body: str


class Answers(Protocol):
    """The answers that deployments collect."""

    def collected(self, endpoint: str, deployment: str, window: Window) -> tuple[AnswerSeen, ...]:
        """Return the answers collected in the window. Raises Permanent if the deployment does not collect answers."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A deployment's response to one request.

    status: the HTTP status, or 0 if there was none (`text` says why). model_status: the container's own, where Azure
    turned it into another one.
    """

    status: int
    text: str
    seconds: float
    model_status: int | None = None


class Scoring(Protocol):
    """Sends requests directly to one deployment, for the smoke test."""

    def answers(
        self, endpoint: str, deployment: str, bodies: Sequence[bytes], timeout: timedelta
    ) -> tuple[Answer, ...]:
        """Send each body (JSON) to the deployment, regardless of its traffic, and return the answers in order."""

    def sample(self, endpoint: str, deployment: str) -> bytes:
        """Return the sample request of the deployment's own API description. Raises Permanent if it has none."""


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


@dataclass(frozen=True, slots=True)
class Stored(Generic[T]):
    """A stored value. etag: the version that was read, or None if it is not stored yet."""

    value: T
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Numbered:
    """A history entry with its position: the rollout's id and the entry's number, from 0."""

    rollout: str
    number: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Changes:
    """Values to write in one transaction, each only if its etag is still current."""

    rollouts: tuple[Stored[Rollout], ...] = ()
    record: Stored[EndpointRecord] | None = None
    entries: tuple[Numbered, ...] = ()


class Store(Protocol):
    """The records of rollouts, one partition per endpoint."""

    def halt(self) -> Halt | None:
        """Return the newest halt, which may have ended, or None if there never was one."""

    def set_halt(self, halt: Halt) -> None:
        """Set a halt or, with `ended`, end it, and add an entry to the history of halts in the same transaction.

        Raises Conflict if the halt to end is no longer the newest one.
        """

    def halt_history(self, limit: int) -> tuple[HaltEntry, ...]:
        """Return the newest entries of the history of halts, newest first."""

    def record(self, endpoint: EndpointId) -> Stored[EndpointRecord]:
        """Return the endpoint's lock; a new one without etag if there is none."""

    def rollout(self, endpoint: EndpointId, rollout_id: str) -> Stored[Rollout] | None:
        """Return one rollout, or None."""

    def enlist(self, pointer: Pointer) -> None:
        """Add a rollout to the list of all rollouts, before the rollout itself is written. Idempotent."""

    def pointers(self, wanted: Wanted, after: str, limit: int) -> tuple[Pointer, ...]:
        """Return the first pointers after a position that `wanted.lists`, newest first; some may be dangling."""

    def history(self, endpoint: EndpointId, rollout_id: str, first: int = 0) -> tuple[Entry, ...]:
        """Return a rollout's history from entry number `first` on, oldest first."""

    def commit(self, endpoint: EndpointId, changes: Changes) -> dict[str, str]:
        """Write all changes in one transaction; return the new etags of rollouts by id.

        Raises Conflict, with nothing written, if another writer changed any of the values since they were read.
        """

    def note_tick(self, at: datetime) -> None:
        """Record that the timer fired."""

    def last_tick(self) -> datetime | None:
        """Return when the timer last fired, or None if it never did."""

    def open_endpoints(self) -> tuple[EndpointId, ...]:
        """Return the endpoints that may have work to do."""

    def mark_open(self, endpoint: EndpointId) -> None:
        """Mark the endpoint as having work, before the work is written. Idempotent."""

    def open_mark(self, endpoint: EndpointId) -> str | None:
        """Return the ETag of the mark, which changes whenever `mark_open` is called; None if there is no mark."""

    def mark_closed(self, endpoint: EndpointId, mark: str) -> None:
        """Mark the endpoint as having no work, unless it was marked open again since this mark was read."""

    def known_endpoints(self) -> tuple[EndpointId, ...]:
        """Return every endpoint that ever had a rollout."""

    def keep_minutes(
        self, rollout_id: str, minutes: Sequence[DeploymentMinute], judgements: Sequence[Judgement] = ()
    ) -> None:
        """Store the telemetry that decisions were based on, and each gate's judgement of it. Idempotent."""

    def with_minutes(self, after: str, limit: int) -> tuple[Pointer, ...]:
        """Return the first pointers after a position, newest first, to rollouts whose minutes may be stored."""

    def forget_minutes(self, pointer: Pointer) -> bool:
        """Delete the telemetry and judgements stored for a rollout; return whether there were any."""

    def forget(self, pointer: Pointer) -> None:
        """Delete a finished rollout with its telemetry and history, and the pointer to it last."""

    def kept_minutes(
        self, rollout_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[DeploymentMinute, ...]:
        """Return the stored telemetry of a rollout from `since` (inclusive) to `until` (exclusive), oldest first."""

    def kept_judgements(
        self, rollout_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[Judgement, ...]:
        """Return the gates' judgements after each minute from `since` to `until`, oldest first."""


class Wakeups(Protocol):
    """Triggers a reconcile before the next tick."""

    def wake(self, endpoint: EndpointId) -> None:
        """Have the endpoint reconciled soon. Lost or duplicate wake-ups are harmless: the timer fires anyway."""


@dataclass(frozen=True, slots=True)
class BacklogCounts:
    """How many queue messages wait, how many were given up, and how many events could not be delivered."""

    waiting: int = 0
    poison: int = 0
    dead_letters: int = 0


class Backlog(Protocol):
    """What waits to be done, and what was given up."""

    def counts(self) -> BacklogCounts:
        """Return how many there are of each."""


class Channel(Protocol):
    """A notification channel, such as the log."""

    def notify(self, rollout: Rollout, entry: Entry) -> None:
        """Report a saved history entry. rollout: its state after the entry. Raises Temporary or Permanent."""
