"""The function app: its blueprints, and nothing else. Wrong policies stop it here, before any function is found."""

import azure.functions as func

from functions.api import api
from functions.events import events
from functions.ticks import ticks
from shared.wiring import policies

policies()

app = func.FunctionApp()
app.register_functions(events)
app.register_functions(ticks)
app.register_functions(api)
