"""The HTTP functions on a world in memory, for the development host: no storage, no Azure, no moving clock.

On `churn` version 6 serves, version 7 was rolled back, 8 is being rolled out with evidence, and 9 waits.
"""

from __future__ import annotations

from contextlib import ExitStack

import azure.functions as func

from functions.api import api
from shared.core.phases import Phase
from shared.core.verbs import Verb
from shared.wiring import use
from tests.functions.conftest import app_over
from tests.scenarios.world import World


def busy_world() -> World:
    """Return a world with a rollout in each state that matters."""
    world = World()
    world.register("7", "e1")
    world.until_weight(10)
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK)
    world.until_finished()
    world.register("8", "e2")
    world.until_weight(10, "8")
    world.minutes(2)
    world.register("9", "e3")
    return world


app = func.FunctionApp()
app.register_functions(api)
in_use = ExitStack()  # never closed: it is in use for as long as the host runs
in_use.enter_context(use(app_over(busy_world())))
