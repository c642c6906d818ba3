"""A scoring request as it arrived, and how it is sent to an instance. The gateway handles limits and logs."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from emulator.serving.instance import Instance
from emulator.serving.outcome import Outcome, answered, broken

REQUEST_ID = "x-request-id"
CLIENT_REQUEST_ID = "x-ms-client-request-id"
_LONGEST_ID = 100  # the inference server rejects longer ones
# Headers of the connection rather than the message; the key, which stays at the gateway; and the host.
_NOT_FORWARDED = {
    *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding"),
    *("upgrade", "host", "content-length", "authorization", "accept-encoding", "expect"),
}
_NOT_RETURNED = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an endpoint, entirely in memory (10 MiB at most), with what the log records of its sender.

    `mirrored` marks a copy of a request that another deployment answers.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    user_agent: str
    request_id: str
    client_request_id: str
    mirrored: bool = False

    @staticmethod
    async def read(request: web.Request) -> Call:
        """Read the request. It gets a new id unless it has a usable one."""
        given = request.headers.get(REQUEST_ID, "")
        request_id = given if 0 < len(given) <= _LONGEST_ID else str(uuid.uuid4())
        kept = {name: value for name, value in request.headers.items() if name.lower() not in _NOT_FORWARDED}
        return Call(
            method=request.method,
            path=request.path,
            query=request.query_string,
            headers={name: value for name, value in kept.items() if name.lower() != REQUEST_ID},
            body=await request.read(),
            user_agent=request.headers.get("User-Agent", ""),
            request_id=request_id,
            client_request_id=request.headers.get(CLIENT_REQUEST_ID, ""),
        )


async def send(session: aiohttp.ClientSession, instance: Instance, call: Call) -> Outcome:
    """Send the request to the instance and return its outcome. The caller applies the timeout."""
    started = time.perf_counter()
    url = f"{instance.url}{call.path}" + (f"?{call.query}" if call.query else "")
    headers = call.headers | {REQUEST_ID: call.request_id}
    try:
        async with session.request(call.method, url, data=call.body or None, headers=headers) as answer:
            first_byte = int((time.perf_counter() - started) * 1000)
            body = await answer.read()
            back = {name: value for name, value in answer.headers.items() if name.lower() not in _NOT_RETURNED}
            return answered(answer.status, back, body, first_byte)
    except aiohttp.ClientError as error:
        return broken(type(error).__name__)
