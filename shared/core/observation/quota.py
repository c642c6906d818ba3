"""What the subscription's quota has left for a new deployment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """The quota of one instance type in the workspace's region.

    family: Azure's name of the quota that has the least left. cores: of one instance. left: cores that are not in use
    (None: unlimited).
    """

    instance_type: str
    family: str
    cores: int
    left: int | None


@dataclass(frozen=True, slots=True)
class QuotaSeen:
    """Whether a new deployment fits into the quota. instances: how many it has. quota: None if that is not known.

    problem: why it is not known, in the source's words.
    """

    instances: int = 0
    quota: Quota | None = None
    problem: str = ""
