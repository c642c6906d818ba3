"""Runs a model server in the serving environment: executed there, never imported.

It gives the server two things that its command line cannot: a listening socket that the parent opened on 127.0.0.1
(the server itself would bind every interface), passed on as descriptor 3 by systemd's protocol, which gunicorn speaks;
and a life that ends with the parent's. Usage: `python launcher.py <socket descriptor> <module> <its arguments>`.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading

_FIRST_PASSED_DESCRIPTOR = 3  # by systemd's protocol


def adopt_socket(descriptor: int) -> None:
    """Put the socket where gunicorn looks for one that was passed on."""
    if descriptor == _FIRST_PASSED_DESCRIPTOR:
        os.set_inheritable(descriptor, True)  # noqa: FBT003  (the parameter has no name in the standard library)
    else:
        os.dup2(descriptor, _FIRST_PASSED_DESCRIPTOR)
        os.close(descriptor)
    os.environ["LISTEN_FDS"] = "1"
    os.environ["LISTEN_PID"] = str(os.getpid())


def _end_with_parent() -> None:
    """Wait for the end of standard input, a pipe that only the parent holds, and leave at once when it comes."""
    while os.read(0, 1):
        continue
    os._exit(1)


def watch_parent() -> None:
    """Start the watch in this process; it survives no fork, so each forked worker starts its own."""
    threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()


if __name__ == "__main__":
    socket_descriptor, module, *arguments = sys.argv[1:]
    adopt_socket(int(socket_descriptor))
    watch_parent()
    os.register_at_fork(after_in_child=watch_parent)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
