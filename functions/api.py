"""The HTTP trigger: a function for each row of the route table, and one for all other paths."""

from __future__ import annotations

import azure.functions as func

from functions.requests import answered, unmatched
from functions.routes import ROUTES, Route

# The Functions host tries routes in alphabetical order of the functions' names, whatever their templates, so this one
# must come last (https://github.com/Azure/azure-functions-host/issues/9876).
LAST = "unmatched"

api = func.Blueprint()


def _bind(route: Route) -> None:
    @api.function_name(route.name)
    @api.route(route=route.path, methods=[route.method], auth_level=func.AuthLevel.FUNCTION)
    def handler(req: func.HttpRequest) -> func.HttpResponse:
        return answered(route, req)


for _route in ROUTES:
    _bind(_route)


@api.function_name(LAST)
@api.route(route="{*path}", auth_level=func.AuthLevel.FUNCTION)  # every method
def no_such_operation(req: func.HttpRequest) -> func.HttpResponse:
    """Return 404, or 405 if the path exists with another method, in the API's usual error format."""
    return unmatched(req)
