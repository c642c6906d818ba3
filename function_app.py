"""The function app: its blueprints, and nothing else."""

import azure.functions as func

from functions.api import api
from functions.events import events
from functions.ticks import ticks

app = func.FunctionApp()
app.register_functions(events)
app.register_functions(ticks)
app.register_functions(api)
