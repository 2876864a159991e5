"""How failures leave the server: a code, a sentence, and nothing of the inside."""

from collections.abc import Iterable
from typing import Any

import strawberry
from graphql import GraphQLError

from app.core.errors import AppError, Code
from app.core.logging import get_logger
from app.core.metrics import Metrics
from app.core.ratelimit import TooOften, Verdict
from app.gql.enums import expose

log = get_logger(__name__)
expose(
    Code,
    "What kind of failure it is, as in `extensions.code` of an error.",
    {
        Code.UNAUTHENTICATED: "Nobody is signed in, or the credential is no longer good.",
        Code.REAUTHENTICATE: "Prove first that it is you: `reauthenticate`.",
        Code.FORBIDDEN: "You may not do this.",
        Code.NOT_FOUND: "It does not exist, or you may not see it.",
        Code.INVALID: "An argument is wrong.",
        Code.CONFLICT: "The state of things does not allow it now.",
        Code.TOO_COMPLEX: "The operation is larger than this server allows.",
        Code.RATE_LIMITED: "Too much at once.",
        Code.TIMEOUT: "It took longer than it may.",
        Code.UNAVAILABLE: "Something this server depends on does not answer just now.",
        Code.INTERNAL: "Something went wrong on the server.",
    },
    name="ErrorCode",
)
MOST_MESSAGE = 500
MASKED = "Something went wrong on the server; the request id helps its administrator to find it."


@strawberry.type(description="Why one of several things was not done.")
class ItemError:
    """A failure that keeps nothing else from being done."""

    code: Code = strawberry.field(description="What kind of failure it is.")
    message: str = strawberry.field(description="What is wrong, in a sentence.")

    @staticmethod
    def of(error: AppError) -> "ItemError":
        """The failure as a client gets it."""
        return ItemError(code=error.code, message=error.message)


def cause(error: BaseException) -> BaseException:
    """What was really raised, under GraphQL's wrappings."""
    while isinstance(error, GraphQLError) and error.original_error is not None:
        error = error.original_error
    return error


def presented(
    errors: Iterable[GraphQLError], request_id: str, metrics: Metrics
) -> list[dict[str, Any]]:
    """The errors of an answer. What is the error of many fields, as that of a batch is, is logged
    once.
    """
    causes: set[int] = set()
    shown = []
    for error in errors:
        original = cause(error)
        shown.append(present(error, request_id, metrics, known=id(original) in causes))
        causes.add(id(original))
    return shown


def present(
    error: GraphQLError, request_id: str, metrics: Metrics, *, known: bool = False
) -> dict[str, Any]:
    """An error as the client gets it. What nobody expected is logged here, if it is not known."""
    original = cause(error)
    shown: dict[str, Any] = {"message": _sentence(error)}
    if error.locations:
        shown["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        shown["path"] = error.path
    shown["extensions"] = extensions = _extensions(original)
    if extensions["code"] == Code.INTERNAL:
        if not known:
            log.error(
                "gql.internal_error", request_id=request_id, path=error.path, exc_info=original
            )
        shown["message"] = MASKED
        extensions["requestId"] = request_id
    elif isinstance(original, AppError):
        shown["message"] = original.message
    elif isinstance(original, TimeoutError):
        shown["message"] = "This took too long; try again."
    metrics.gql_errors.labels(extensions["code"]).inc()
    return shown


def _sentence(error: GraphQLError) -> str:
    """The message without names the caller did not know, and without echoing all that was sent."""
    told = error.message.partition(" Did you mean ")[0]
    return told if len(told) <= MOST_MESSAGE else f"{told[:MOST_MESSAGE]}…"


def _extensions(original: BaseException) -> dict[str, Any]:
    if isinstance(original, AppError):
        found: dict[str, Any] = {"code": original.code.value}
        if original.field is not None:
            found["field"] = original.field
        if original.retry_after is not None:
            found["retryAfter"] = round(original.retry_after, 1)
        if isinstance(original, TooOften):
            found["rateLimit"] = rate_limit(original.verdict)
        return found
    if isinstance(original, GraphQLError):  # raised by graphql-core: the document or a value
        return {"code": Code.INVALID.value}
    if isinstance(original, TimeoutError):
        return {"code": Code.TIMEOUT.value}
    return {"code": Code.INTERNAL.value}


def rate_limit(verdict: Verdict) -> dict[str, Any]:
    """What is left of a limit, as `extensions` tell it; seconds until all of it is free again."""
    return {
        "tier": verdict.tier.name,
        "limit": verdict.limit,
        "remaining": verdict.remaining,
        "resetAfter": round(verdict.reset_after, 1),
    }


def plain(error: AppError) -> dict[str, Any]:
    """An error outside any operation."""
    return {"message": error.message, "extensions": _extensions(error)}
