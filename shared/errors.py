"""Our errors, of two kinds: try again, or tell a person. Nothing else is raised across a port.

TealError
├── Temporary        the same call may work later: the next tick tries again
│   └── Conflict     someone else wrote first: what was decided is stale
└── Permanent        the same call will never work: a person must know
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
    """A request that makes no sense now. The message is for the person who asked."""


class Permanent(TealError):  # noqa: N818 -- as Temporary
    """Tell a person."""


class Unregistered(Permanent):
    """A model version that the workspace does not have."""


class Misconfigured(Permanent):
    """Settings or policies are wrong; the message names every problem."""
