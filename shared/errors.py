"""Our errors, of two kinds: retry, or tell an operator. Nothing else is raised across a port.

TealError
├── Temporary        the same call may work later: the next tick tries again
│   └── Conflict     someone else wrote first: what was decided is stale
└── Permanent        the same call will never work: an operator must know
    └── Misconfigured   the app's own settings or policies are wrong
"""

from __future__ import annotations


class TealError(Exception):
    """Anything that Teal raises on purpose. The message says what, where, and what would be right."""


class Temporary(TealError):  # noqa: N818 -- `except Temporary` reads as what it means
    """Try again."""


class Conflict(Temporary):
    """Another writer was first."""


class NotPossible(TealError):  # noqa: N818 -- reads as what it says to the caller
    """A request that does not apply now. The message is for whoever asked."""


class Permanent(TealError):  # noqa: N818 -- as Temporary
    """Tell an operator."""


class Unregistered(Permanent):
    """A model version that the workspace does not have."""


class Misconfigured(Permanent):
    """Settings or policies are wrong; the message names every problem."""
