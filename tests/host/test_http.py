"""HTTP triggers: routes, keys, values and errors, on every worker."""

from __future__ import annotations

import pytest

from tests.function_host import HostProcess


def test_a_request_reaches_the_function_as_in_azure(http_host: HostProcess) -> None:
    """Route parameters are decoded, header names lower-cased, empty parameters dropped; paths ignore case."""
    headers = {"X-First": "1", "X-Empty": ""}
    answer = http_host.call("PUT", "/API/Echo/a%20b%2Fc/7?x=1&x=2&empty=", "hällo".encode(), headers)
    assert answer.status == 201
    assert answer.headers["x-answer"] == "yes"
    assert answer.json() == {
        "method": "PUT",
        "route": {"name": "a b%2Fc", "number": "7"},
        "query": {"x": "1,2"},
        "headers": {"x-first": "1", "x-empty": ""},
        "body": "hällo",
        "function": "echo",
    }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/echo/a", 201),
        ("GET", "/api/echo/a/", 201),
        ("GET", "/api/echo/a/x", 404),
        ("GET", "/else/../api/./echo/a", 201),
        ("GET", "/api/echo/%00", 400),
        ("GET", "/api/echo/%ff", 201),
        ("GET", "/admin/host/ping", 200),
        ("GET", "/api/echo/../../admin/host/status", 401),
        ("GET", "/api/echo", 404),
        ("GET", "/echo/a", 404),
        ("POST", "/api/seen", 404),
        ("HEAD", "/api/seen", 404),
        ("HEAD", "/api/echo/a", 201),
        ("OPTIONS", "/api/echo/a", 201),
        ("GET", "/api/rest/a/b/c", 200),
        ("GET", "/api/switched_off", 404),
        ("GET", "/api/broken", 500),
        ("GET", "/api/nothing", 500),
        ("GET", "/api/unset", 204),
        ("GET", "/", 200),
        ("GET", "/runtime/webhooks/durabletask", 501),
    ],
)
def test_status(http_host: HostProcess, method: str, path: str, status: int) -> None:
    """Wrong routes, wrong methods and disabled functions give 404; failures 500; an unset response 204."""
    assert http_host.call(method, path).status == status


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/api/keyed", "none", 401),
        ("/api/keyed", "wrong", 401),
        ("/api/keyed", "host", 200),
        ("/api/keyed", "master", 200),
        ("/api/keyed", "its own", 200),
        ("/api/keyed", "another's", 401),
        ("/api/keyed", "event grid", 401),
        ("/api/guarded", "none", 401),
        ("/api/guarded", "host", 401),
        ("/api/guarded", "its own", 401),
        ("/api/guarded", "master", 418),
        ("/admin/host/status", "none", 401),
        ("/admin/host/status", "wrong", 401),
        ("/admin/host/status", "host", 403),
        ("/admin/host/status", "event grid", 403),
        ("/admin/host/status", "master", 200),
    ],
)
def test_each_key_grants_the_right_functions(http_host: HostProcess, path: str, key: str, status: int) -> None:
    """The host key grants functions, the master key everything, a system key no function; in the header or `code`."""
    value = {
        "none": "",
        "wrong": "wrong",
        "host": http_host.host_key,
        "master": http_host.master_key,
        "its own": http_host.function_key(path.rpartition("/")[2]) if path.startswith("/api") else "",
        "another's": http_host.function_key("seen"),
        "event grid": http_host.event_grid_key,
    }[key]
    assert http_host.call("GET", path, headers={"x-functions-key": value}).status == status
    assert http_host.call("GET", f"{path}?Code={value}").status == status


def test_the_header_key_takes_precedence_over_code(http_host: HostProcess) -> None:
    """A valid key in the URL does not make up for a wrong or empty one in the header."""
    path = f"/api/keyed?code={http_host.host_key}"
    for key in ("wrong", ""):
        assert http_host.call("GET", path, headers={"x-functions-key": key}).status == 401


def test_text_in_the_form_of_a_response_is_one(http_host: HostProcess) -> None:
    """A returned JSON object with a body sets status, headers and body."""
    answer = http_host.call("GET", "/api/guarded", headers={"x-functions-key": http_host.master_key})
    assert (answer.status, answer.headers["x-kind"], answer.json()) == (418, "object", {"tea": True})


def test_failure_is_logged_with_its_traceback(http_host: HostProcess) -> None:
    """The log has the function, the outcome and the traceback."""
    http_host.call("GET", "/api/broken")
    assert "broken failed in" in http_host.log()
    assert "in broken" in http_host.log()


def test_body_beyond_the_limit_fails(http_host: HostProcess) -> None:
    """Beyond 100 MB the status is 500, and the function does not run."""
    headers = {"Content-Length": str(100 * 1024 * 1024 + 1)}
    answer = http_host.call("POST", "/api/echo/big", b"", headers)
    assert answer.status == 500
