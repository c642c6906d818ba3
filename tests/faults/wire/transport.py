"""The HTTP transport of every Azure client: real requests over a socket, with a point before and after each.

Faults at a point are what can go wrong with HTTP: refused or reset connections, timeouts, error responses, lost
answers. What the SDKs and the adapters make of them is not known here.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import requests
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import ReadTimeout
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError

from shared.errors import Permanent
from tests.faults.processes import Fault, Process
from tests.faults.wire.stale_reads import StaleReads

LONGEST_SLEEP = 5.0  # seconds: no function waits longer for a service
ARM, LOGS, SCORING, TABLES, QUEUES = "arm", "logs", "scoring", "tables", "queues"
# What each service answers instead of carrying out the request.
REFUSALS: dict[Fault, tuple[int, str, dict[str, str]]] = {
    Fault.SERVER_ERROR: (500, "InternalServerError", {}),
    Fault.BUSY: (409, "Conflict", {"Retry-After": "20"}),
    Fault.THROTTLED: (429, "TooManyRequests", {"Retry-After": "120"}),
    Fault.REFUSED: (403, "AuthorizationFailed", {}),
}
# Storage that is busy answers 503, and its 409 means something else.
STORAGE_IS_BUSY: tuple[int, str, dict[str, str]] = (503, "ServerBusy", {})


@dataclass
class Call:
    """A port call that a process is making.

    ordered, written: whether its order was sent, or its commit done. struck: the fault of its last request.
    """

    process: Process
    port: str
    name: str
    values: tuple[object, ...] = ()
    ordered: bool = False
    written: bool = False
    struck: Fault | None = None

    def before(self) -> Fault | None:
        """Pass the point before a request."""
        self.struck = self.process.strikes(f"before {self.port}.{self.name}")
        return self.struck

    def after(self) -> Fault | None:
        """Pass the point after a request. Requests before the order's own belong to the time before the order."""
        done = self.ordered or self.name != "order"
        fault = self.process.strikes(f"{'after' if done else 'before'} {self.port}.{self.name}")
        self.struck = fault or self.struck
        return fault

    def check(self, error: Exception) -> None:
        """Report an error that treats a transient fault as permanent."""
        final = isinstance(error, Permanent) and self.struck not in {None, Fault.REFUSED}
        assert not final, f"{self.struck} at {self.port}.{self.name} is taken for final: {error}"


@dataclass
class Line:
    """The real address of each host, and the path of all processes' requests to it.

    places: the service and its address by host. down: ports without a connection. rival: has another writer write the
    records first. answered: records a request that a service has carried out. session: of all connections.
    """

    places: dict[str, tuple[str, str]] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    stale: StaleReads = field(default_factory=StaleReads)
    rival: Callable[[], None] = lambda: None
    answered: Callable[[str, requests.PreparedRequest, requests.Response], None] = lambda *_: None
    session: requests.Session = field(default_factory=requests.Session)
    _local: threading.local = field(default_factory=threading.local)

    @property
    def call(self) -> Call | None:
        """The call that this thread is making, or None outside of Teal's processes."""
        return getattr(self._local, "call", None)

    @contextmanager
    def calling(self, call: Call | None) -> Iterator[None]:
        """Have all requests of this thread belong to a call, or to none of Teal's."""
        before, self._local.call = self.call, call
        try:
            yield
        finally:
            self._local.call = before


class Disturbing(HTTPAdapter):
    """Sends requests to the real addresses of their hosts, with faults if they belong to a process."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    def send(self, request: requests.PreparedRequest, *values: Any, **named: Any) -> requests.Response:  # noqa: ANN401  # as requests has it
        """Send one request."""
        call, line = self._line.call, self._line
        service, url = self._located(request)
        if call is None:
            return super().send(request, *values, **named)
        if call.port in line.down:
            raise NoConnection(f"{call.port} is away")
        fault = call.before()
        if fault is not None and (refusal := self._refused(request, service, fault)) is not None:
            return refusal
        with line.calling(None):
            self._about_to_write(call, service, request)
        answer = super().send(request, *values, **named)
        body = answer.content  # read completely, so that the connection can be reused even if the answer is lost
        with line.calling(None):
            self._done(call, service, request, answer)
        fault = call.after()
        if fault is not None:
            return self._lost(request, service, fault, answer)
        shown = line.stale.shown(url, body) if _endpoints(request, service, answer) else body
        return answer if shown == body else self._reply(request, 200, shown, answer.headers)

    def _located(self, request: requests.PreparedRequest) -> tuple[str, str]:
        """Point a request at the real address of its host; return the service and the original address."""
        url = str(request.url)
        start, slashes, rest = url.partition("://")
        host = rest.partition("/")[0]
        service, place = self._line.places[host]
        request.url = place + rest.removeprefix(host)
        request.headers["Host"] = host
        return service, start + slashes + rest

    def _refused(self, request: requests.PreparedRequest, service: str, fault: Fault) -> requests.Response | None:
        """Fail a request without any effect; None if only another writer comes first."""
        if fault is Fault.TIMEOUT:
            raise requests.exceptions.ConnectTimeout("the connection timed out")
        if fault is Fault.STALE_ETAG:
            if service == TABLES and request.method != "GET":
                with self._line.calling(None):
                    self._line.rival()
                return None
            raise NoConnection("connection refused")
        return self._refusal(request, service, fault)

    def _lost(
        self, request: requests.PreparedRequest, service: str, fault: Fault, answer: requests.Response
    ) -> requests.Response:
        """Lose the answer to a request that was carried out, or half of it if the service can do that."""
        if fault is Fault.BUSY and service == LOGS and answer.status_code == 200:
            return self._reply(request, 200, halved(answer.content), answer.headers)
        if fault is Fault.SERVER_ERROR:
            return self._refusal(request, service, fault)
        if fault is Fault.TIMEOUT:
            raise ReadTimeout("no answer within 30 s")
        raise NoConnection(ProtocolError("Connection aborted.", ConnectionResetError("reset by peer")))

    def _refusal(self, request: requests.PreparedRequest, service: str, fault: Fault) -> requests.Response:
        storage = service in {TABLES, QUEUES}
        busy = storage and fault in {Fault.BUSY, Fault.THROTTLED}
        status, code, headers = STORAGE_IS_BUSY if busy else REFUSALS[fault]
        message: object = {"value": "no"} if storage else "no"
        kind = "odata.error" if storage else "error"
        body = json.dumps({kind: {"code": code, "message": message}}).encode()
        headers = headers | {"Content-Type": "application/json", "x-ms-error-code": code}
        return self._reply(request, status, body if service != QUEUES else b"", headers)

    def _reply(
        self, request: requests.PreparedRequest, status: int, body: bytes, headers: Mapping[str, str]
    ) -> requests.Response:
        kept = {name: value for name, value in headers.items() if name.lower() != "content-length"}
        raw = HTTPResponse(BytesIO(body), kept, status, preload_content=False, request_method=request.method)
        return self.build_response(request, raw)

    @staticmethod
    def _about_to_write(call: Call, service: str, request: requests.PreparedRequest) -> None:
        """Have the order checked when the request that carries it out is about to be sent."""
        if call.name == "order" and service == ARM and request.method != "GET" and not call.ordered:
            call.ordered = True
            call.process.witness.before(call.process, call.port, call.name, call.values)

    def _done(self, call: Call, service: str, request: requests.PreparedRequest, answer: requests.Response) -> None:
        """Record what was carried out, even if the process gets no response."""
        self._line.answered(service, request, answer)
        whole = answer.status_code == 202 and b"HTTP/1.1 4" not in answer.content
        if call.name == "commit" and str(request.url).endswith("$batch") and whole and not call.written:
            call.written = True
            call.process.witness.after(call.process, call.port, call.name, call.values, None)


def halved(body: bytes) -> bytes:
    """Return Log Analytics' answer with half of its rows, and the error that reports that."""
    answer = json.loads(body)
    answer["tables"][0]["rows"] = answer["tables"][0]["rows"][::2]
    return json.dumps(answer | {"error": {"code": "PartialError", "message": "There were some errors."}}).encode()


def _endpoints(request: requests.PreparedRequest, service: str, answer: requests.Response) -> bool:
    """Return whether this is a read of endpoints or deployments, which may show an old state."""
    read = service == ARM and request.method == "GET" and answer.status_code == 200
    return read and "/onlineEndpoints/" in str(request.url) and "providers/Microsoft.Insights" not in str(request.url)


class Transport(RequestsTransport):  # type: ignore[misc]  # azure-core imports it lazily
    """The transport that the clients are given. It does not sleep, but a long sleep is reported as a defect."""

    def __init__(self, line: Line) -> None:
        line.session.trust_env = False
        for scheme in ("http://", "https://"):
            line.session.mount(scheme, Disturbing(line))
        super().__init__(session=line.session, session_owner=False, use_env_settings=False)

    def sleep(self, duration: float) -> None:
        """Pass the time that an SDK would sleep before a retry."""
        assert duration <= LONGEST_SLEEP, f"a client wants to sleep for {duration} s"
