"""Errors, as the API shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from shared.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class ErrorDetailView:
    """What is wrong, where, and what would be right."""

    code: Annotated[ErrorCode, "What is wrong, for programs. Codes keep their meaning; new ones may be added."]
    message: Annotated[str, "What is wrong and what would be right, for people."]
    field: Annotated[str | None, "The field or parameter that it is about; null: it is about none."]


@dataclass(frozen=True, slots=True)
class ErrorView:
    """A refusal or failure."""

    error: Annotated[ErrorDetailView, "The only field."]
