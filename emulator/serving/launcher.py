"""Runs a model server in the serving environment. It is executed there, not imported.

It does two things that the server's command line cannot. It passes on a listening socket that the parent opened on
127.0.0.1 (the server itself would bind every interface), as descriptor 3 by systemd's protocol, which gunicorn
supports. And it exits when the parent does. Usage: `python launcher.py <socket descriptor> <module> <its arguments>`.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading

_FIRST_PASSED_DESCRIPTOR = 3  # by systemd's protocol


def adopt_socket(descriptor: int) -> None:
    """Put the socket where gunicorn expects an inherited one."""
    if descriptor == _FIRST_PASSED_DESCRIPTOR:
        os.set_inheritable(descriptor, True)  # noqa: FBT003  # positional in the standard library
    else:
        os.dup2(descriptor, _FIRST_PASSED_DESCRIPTOR)
        os.close(descriptor)
    os.environ["LISTEN_FDS"] = "1"
    os.environ["LISTEN_PID"] = str(os.getpid())


def _end_with_parent() -> None:
    """Exit as soon as standard input, a pipe that only the parent holds, is closed."""
    while os.read(0, 1):
        continue
    os._exit(1)


def watch_parent() -> None:
    """Start watching the parent. Threads do not survive a fork, so each forked worker calls this again."""
    threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()


if __name__ == "__main__":
    socket_descriptor, module, *arguments = sys.argv[1:]
    adopt_socket(int(socket_descriptor))
    watch_parent()
    os.register_at_fork(after_in_child=watch_parent)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
