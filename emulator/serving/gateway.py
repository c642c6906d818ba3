"""The gateway of the online endpoints: `https://<endpoint>.<region>.inference.ml.azure.com/score`.

The Host header names the endpoint. The gateway checks the credential, picks the deployment (by `traffic`, or by the
header `azureml-model-deployment`, which also bypasses mirroring), sends mirrored copies by `mirrorTraffic`, enforces
the limits of `requestSettings`, answers with Azure's statuses (`outcome.py`), and reports each request and each copy
to monitoring and the data collector. It does not retry and does not change endpoints. Not emulated: the rate limits of
an endpoint.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import aiohttp
from aiohttp import web

from emulator.clock import VirtualClock
from emulator.resources import Deployment, Endpoint
from emulator.serving.admission import NoInstanceError, Queue, RequestLimits, TooManyRequestsError
from emulator.serving.authorization import TokenChecker, auth_mode, authorized
from emulator.serving.call import CLIENT_REQUEST_ID, REQUEST_ID, Call, send
from emulator.serving.data_collection import DataCollection
from emulator.serving.fleet import ProcessFleet
from emulator.serving.outcome import Outcome, refused
from emulator.serving.routing import by_traffic, mirrored
from emulator.traffic import TrafficEntry

DEPLOYMENT_HEADER = "azureml-model-deployment"
LARGEST_REQUEST = 10 * 1024 * 1024
MOST_COPIES = 200
PROMPT_SECONDS = 1.5  # wall time within which a response does not slow the clock
SERVED_PATHS = ("/", "/score", "/swagger.json")


@dataclass(slots=True)
class Gateway:
    """The gateway of all `endpoints`, by lower-case name; the mapping may change at any time.

    `report` is called for every request. Request timeouts are in wall-clock time, independent of the virtual
    `clock`, which slows down while requests are late. Seed `randomness` to repeat the traffic split.
    """

    endpoints: Mapping[str, Endpoint]
    fleet: ProcessFleet
    report: Callable[[TrafficEntry], None]
    tokens: TokenChecker
    clock: VirtualClock
    randomness: random.Random = field(default_factory=random.Random)
    collection: DataCollection | None = None
    _queues: defaultdict[tuple[str, str], Queue] = field(default_factory=lambda: defaultdict(Queue))
    _copies: set[asyncio.Task[Outcome]] = field(default_factory=set)
    _session: aiohttp.ClientSession | None = None

    def application(self) -> web.Application:
        """Return the application; it opens and closes the connections to the processes."""
        application = web.Application(client_max_size=LARGEST_REQUEST)
        application.cleanup_ctx.append(self._connections)
        application.router.add_route("*", "/{path:.*}", self.handle)
        return application

    async def _connections(self, _application: web.Application) -> AsyncIterator[None]:
        """Keep one client session while the application runs."""
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
            skip_auto_headers=("Accept-Encoding", "Content-Type", "User-Agent"),
        ) as self._session:
            yield
            for copy in self._copies:
                copy.cancel()
            await asyncio.gather(*self._copies, return_exceptions=True)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request to the endpoint that its Host header names."""
        name = request.host.split(".")[0].lower()
        endpoint = self.endpoints.get(name)
        if endpoint is None:
            return _response(refused(404, "NotFound", f"There is no endpoint {name}."), None, "")
        call = await Call.read(request)
        if not authorized(endpoint, request.headers.get("Authorization"), self.tokens):
            message = "The key or token is missing, invalid or expired."
            return _response(self._refused(endpoint, call, 401, "Unauthorized", message), call, "")
        outcome, deployment = await self._serve(endpoint, call, request.headers.get(DEPLOYMENT_HEADER))
        return _response(outcome, call, deployment)

    async def _serve(self, endpoint: Endpoint, call: Call, named: str | None) -> tuple[Outcome, str]:
        """Pick the deployment and send it the call. Return the outcome and the deployment's name."""
        if call.path not in SERVED_PATHS:
            return self._refused(endpoint, call, 404, "NotFound", f"There is no route {call.path}."), ""
        chosen = named.lower() if named else by_traffic(endpoint, self.randomness)
        deployment = endpoint.deployments.get(chosen) if chosen else None
        if deployment is None:
            problem = f"no deployment {named}" if named else "no deployment with a positive traffic weight"
            message = f"The endpoint {endpoint.name} has {problem}."
            return self._refused(endpoint, call, 404, "NotFound", message), ""
        if not named and call.path == "/score":
            self._mirror(endpoint, call)
        return await self._send(endpoint, deployment, call), deployment.name

    def _mirror(self, endpoint: Endpoint, call: Call) -> None:
        """Send a copy in the background if this request is to be mirrored, unless too many copies are in flight."""
        name = mirrored(endpoint, self.randomness)
        if name is None or len(self._copies) >= MOST_COPIES:
            return
        copy = asyncio.create_task(self._send(endpoint, endpoint.deployments[name], replace(call, mirrored=True)))
        self._copies.add(copy)
        copy.add_done_callback(self._copies.discard)

    async def _send(self, endpoint: Endpoint, deployment: Deployment, call: Call) -> Outcome:
        """Let the deployment answer within its limits, and report the request."""
        started = time.perf_counter()
        limits = RequestLimits.of(deployment)
        try:
            due = self.clock.now() + timedelta(seconds=self.clock.virtual_seconds(PROMPT_SECONDS))
            with self.clock.work_due(due):
                async with asyncio.timeout(limits.timeout):
                    outcome = await self._through_queue(deployment, call, limits)
        except TimeoutError:
            outcome = refused(408, "RequestTimeout", f"The model did not answer within {limits.timeout:g} seconds.")
        except TooManyRequestsError:
            outcome = refused(429, "TooManyRequests", "Too many requests are pending for this deployment.")
        except NoInstanceError:
            outcome = refused(503, "ServiceUnavailable", "No instance of the deployment is healthy.")
        self._report(endpoint, deployment.name, call, outcome, int((time.perf_counter() - started) * 1000))
        if self.collection and call.path == "/score" and outcome.from_container:
            self.collection.record(deployment, call, outcome)
        return outcome

    async def _through_queue(self, deployment: Deployment, call: Call, limits: RequestLimits) -> Outcome:
        """Wait for an instance and send the call to it."""
        if self._session is None:
            raise RuntimeError("the gateway's application has not been started")
        key = (deployment.endpoint, deployment.name)
        queue = self._queues[key]
        instance = await queue.enter(lambda: self.fleet.instances(*key), limits.concurrent)
        try:
            return await send(self._session, instance, call)
        finally:
            queue.leave(instance)

    def _refused(self, endpoint: Endpoint, call: Call, code: int, name: str, message: str) -> Outcome:
        """Refuse a call before it reaches a deployment, and report it."""
        outcome = refused(code, name, message)
        self._report(endpoint, "", call, outcome, 0)
        return outcome

    def _report(self, endpoint: Endpoint, deployment: str, call: Call, outcome: Outcome, total_ms: int) -> None:
        self.report(
            TrafficEntry(
                endpoint=endpoint.name,
                deployment=deployment,
                method=call.method,
                path=call.path,
                code=outcome.code,
                reason=outcome.reason,
                model_code=outcome.model_code,
                model_reason=outcome.model_reason,
                request_size=len(call.body),
                response_size=len(outcome.body),
                total_ms=total_ms,
                response_ms=outcome.response_ms,
                user_agent=call.user_agent,
                request_id=call.request_id,
                client_request_id=call.client_request_id,
                auth_type=auth_mode(endpoint),
                mirrored=call.mirrored,
            )
        )


def _response(outcome: Outcome, call: Call | None, deployment: str) -> web.Response:
    """Return the HTTP response, with the headers that every answer of the gateway has."""
    answer = web.Response(status=outcome.code, body=outcome.body, headers=outcome.headers)
    if deployment:
        answer.headers[DEPLOYMENT_HEADER] = deployment
    if call:
        answer.headers[REQUEST_ID] = call.request_id
        if call.client_request_id:
            answer.headers[CLIENT_REQUEST_ID] = call.client_request_id
    return answer
