"""Route templates: which paths they match, and the parameters they extract."""

from __future__ import annotations

import pytest

from cli.host import paths
from cli.host.routes import compile_route


@pytest.mark.parametrize(
    ("template", "path", "parameters"),
    [
        ("api/orders", "/api/orders", {}),
        ("api/orders", "/API/Orders/", {}),
        ("api/orders", "/api/orders/1", None),
        ("api/{name}", "/api/Churn", {"name": "Churn"}),
        ("api/{name}", "/api/", None),
        ("api/{name}", "/api/a%20b", {"name": "a b"}),
        ("api/{name}", "/api/a%2Fb", {"name": "a%2Fb"}),
        ("api/{name?}", "/api", {}),
        ("api/{name=all}", "/api", {"name": "all"}),
        ("api/{id:int}", "/api/12", {"id": "12"}),
        ("api/{id:int}", "/api/x", None),
        ("api/{id:int?}", "/api", {}),
        ("api/{id:guid}", "/api/7b1f5f0e-6d5c-4d0a-9f8e-0a1b2c3d4e5f", {"id": "7b1f5f0e-6d5c-4d0a-9f8e-0a1b2c3d4e5f"}),
        ("api/{id:range(1,5)}", "/api/5", {"id": "5"}),
        ("api/{id:range(1,5)}", "/api/6", None),
        ("api/{id:max(5)}", "/api/-6", {"id": "-6"}),
        ("api/{name:alpha:minlength(2)}", "/api/a", None),
        ("api/{name:length(2,3)}", "/api/abc", {"name": "abc"}),
        ("api/{*rest}", "/api/a/b/c", {"rest": "a/b/c"}),
        ("api/{*rest}", "/api", {}),
        ("api/v{version}-{name}", "/api/v2-x", {"version": "2", "name": "x"}),
        ("api/v{version}-{name}", "/api/v2-x-y", {"version": "2-x", "name": "y"}),
        ("api/{file}.{ext?}", "/api/report", {"file": "report"}),
        ("api/{file}.{ext?}", "/api/report.old.csv", {"file": "report.old", "ext": "csv"}),
        ("api/{name}", "/api/a%ffb%C3%A9", {"name": "a%ffbé"}),
        ("", "/", {}),
    ],
)
def test_match(template: str, path: str, parameters: dict[str, str] | None) -> None:
    """A path gives the same parameters as in ASP.NET Core, or does not match."""
    assert compile_route(template).match(path) == parameters


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("/a/./b/../c", "/a/c"),
        ("/a/%2E%2e/b", "/b"),
        ("/../../a", "/a"),
        ("/a/..", "/"),
        ("/a/..b/c.", "/a/..b/c."),
        ("/", "/"),
    ],
)
def test_dots_are_removed(raw: str, path: str) -> None:
    """The segments . and .. are resolved before a route is matched, even if encoded, and never above the root."""
    assert paths.normalised(raw) == path


@pytest.mark.parametrize("template", ["api/{x?}.{y}", "api/{x}-{y?}"])
def test_optional_parameters_come_last(template: str) -> None:
    """In a segment with several parts, only the last may be optional, and only after a dot."""
    with pytest.raises(ValueError, match="must come last, after a dot"):
        compile_route(template)


def test_more_specific_routes_take_precedence() -> None:
    """The order is literal, constrained, plain parameter, catch-all, whatever the order of the functions."""
    templates = ["a/{*rest}", "a/{x}", "a/{x:int}", "a/b"]
    ranked = sorted(templates, key=lambda template: compile_route(template).precedence)
    assert ranked == ["a/b", "a/{x:int}", "a/{x}", "a/{*rest}"]
