"""The one error tree: everything a caller may see carries a code and a sentence that helps."""

from enum import StrEnum


class Code(StrEnum):
    """What kind of failure it is; clients branch on this, never on the sentence."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    REAUTHENTICATE = "REAUTHENTICATE"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    INVALID = "INVALID"
    CONFLICT = "CONFLICT"
    TOO_COMPLEX = "TOO_COMPLEX"
    RATE_LIMITED = "RATE_LIMITED"
    TIMEOUT = "TIMEOUT"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


class AppError(Exception):
    """An expected failure. `field` names the argument at fault, `retry_after` is in seconds."""

    code: Code = Code.INTERNAL

    def __init__(
        self, message: str, *, field: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.retry_after = retry_after


class Unauthenticated(AppError):
    """Nobody is signed in, or the token is no longer good."""

    code = Code.UNAUTHENTICATED


class Reauthenticate(AppError):
    """The viewer is signed in, but has not proved it lately: `reauthenticate` first."""

    code = Code.REAUTHENTICATE


class Forbidden(AppError):
    """The viewer is known and may not do this."""

    code = Code.FORBIDDEN


class NotFound(AppError):
    """It is not there, or the viewer may not know that it is: the two look alike."""

    code = Code.NOT_FOUND


class Invalid(AppError):
    """An argument is wrong; `field` says which."""

    code = Code.INVALID


class Conflict(AppError):
    """The state of things does not allow it now."""

    code = Code.CONFLICT


class TooComplex(AppError):
    """The operation is larger than this server lets one request be."""

    code = Code.TOO_COMPLEX


class RateLimited(AppError):
    """Too much at once; `retry_after` says when to come back."""

    code = Code.RATE_LIMITED


class TimedOut(AppError):
    """It took longer than it may."""

    code = Code.TIMEOUT


class Unavailable(AppError):
    """Something this server depends on does not answer just now."""

    code = Code.UNAVAILABLE
