"""Errors as Azure Resource Manager words them. Services raise them; each service turns them into responses once."""

from __future__ import annotations

from emulator.resources import Json


class ArmError(Exception):
    """A request or an operation failed: the HTTP `status`, Azure's `code`, and the `message` for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def body(self) -> Json:
        """Return the error document."""
        return {"error": {"code": self.code, "message": self.message, "details": [], "additionalInfo": []}}


def not_found(kind: str, name: str) -> ArmError:
    """Return the error for a resource that does not exist."""
    return ArmError(404, "ResourceNotFound", f"The resource '{kind}/{name}' was not found.")


def bad_request(message: str, code: str = "BadRequest") -> ArmError:
    """Return the error for a request that is not valid."""
    return ArmError(400, code, message)


def not_emulated(what: str) -> ArmError:
    """Return the error for something the emulator lacks; `what` names it."""
    return ArmError(501, "NotEmulated", f"{what} is not emulated.")
