"""azd runs this after it has deployed the code, and so tells the layer of the events that the function exists.

Azure lists a new function only some time after its code is deployed, and Event Grid refuses one that is not listed.
"""

# ruff: noqa: INP001 -- a script, not a part of a package

from __future__ import annotations

import subprocess
import time

SECONDS = 60

if __name__ == "__main__":
    time.sleep(SECONDS)
    subprocess.run(["azd", "env", "set", "TEAL_CODE_DEPLOYED", "true"], check=True)  # noqa: S607 -- the azd that runs this
