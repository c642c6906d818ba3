"""`--keep`: everything keeps running, and the terminal shows how to control it by hand."""

from __future__ import annotations

import asyncio
import shlex
import sys

from rich.markup import escape

from cli.demo.options import ENDPOINT, EXAMPLE, ROOT
from cli.demo.processes import STOP_SIGNALS
from cli.demo.stage import Stage


async def keep_serving(stage: Stage) -> None:
    """Print the instructions and return on a stop signal, the normal way to end."""
    stage.screen.console.print(escape(await instructions(stage)), soft_wrap=True, highlight=False)
    ended = asyncio.Event()
    for each in STOP_SIGNALS:  # replaces the handlers that cancel the demo
        asyncio.get_running_loop().add_signal_handler(each, ended.set)
    await ended.wait()
    stage.screen.console.print("Stopping everything ...")


async def instructions(stage: Stage) -> str:
    """Return the addresses, keys and commands, ready to paste into another shell."""
    uri, key = await stage.endpoint.scoring_uri(), await stage.endpoint.key()
    exports = dict(stage.azure.script_environment)
    if stage.app is not None:
        exports |= {"TEAL_URL": stage.app.url, "TEAL_KEY": stage.app.key}
    example = EXAMPLE.relative_to(ROOT)
    register = f"{shlex.quote(sys.executable)} {example}/register.py {stage.options.trained}/models/4"
    call = f'curl -s "$TEAL_URL/api/rollouts/{ENDPOINT}'
    ask = f"curl -s {uri} -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d @-"
    body = '{"by": "you@example.com", "reason": "trying it out"}'
    return "\n".join(
        [
            "",
            "Everything keeps serving until Ctrl-C. In another shell, in this directory:",
            "",
            *(f"export {name}={shlex.quote(value)}" for name, value in exports.items()),
            "",
            "# register another version, and watch Teal roll it out (folder 3 holds the one with the bug)",
            register,
            f'{call}" -H "x-functions-key: $TEAL_KEY"',
            "# control it: promote, pause, resume or rollback",
            f'{call}/pause" -H "x-functions-key: $TEAL_KEY" -d \'{body}\'',
            "# send a request to the model",
            f"head -1 {stage.options.trained}/requests.jsonl | {ask}",
            "",
        ]
    )
