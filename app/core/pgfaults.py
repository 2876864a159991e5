"""What PostgreSQL's and its drivers' errors mean to a caller."""

import contextlib
from collections.abc import Iterator
from typing import Final

import asyncpg
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core.errors import Invalid, TimedOut, Unavailable

GONE: Final = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InternalClientError,
)
# A read that meets one of these has lost its connection, and may be tried on another.
LOST: Final = (
    ConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InternalClientError,
)
# All that a statement of one's own may meet, for loops that try again. InternalClientError is
# what it gets that begins while the last words of a dying server are being read.
FAULTS: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Raises Unavailable or TimedOut for what the caller cannot help; the rest as it is."""
    try:
        yield
    except (asyncpg.DataError, asyncpg.InterfaceError) as error:
        # asyncpg's own refusal of an argument is an InterfaceError, and a ValueError too.
        if isinstance(error, asyncpg.DataError | ValueError):
            raise _out_of_range() from error
        raise _away() from error
    except (*GONE, InterfaceError, OperationalError, PoolTimeout) as error:
        raise _away() from error
    except DBAPIError as error:
        if isinstance(error, DataError):
            raise _out_of_range() from error
        cause = getattr(error.orig, "__cause__", None)  # SQLAlchemy's own error is around asyncpg's
        if error.connection_invalidated or isinstance(cause, GONE):
            raise _away() from error
        if isinstance(cause, asyncpg.DeadlockDetectedError | asyncpg.SerializationError):
            raise Unavailable(
                "Somebody changed the same just now; try again.", retry_after=1
            ) from error
        if isinstance(cause, asyncpg.QueryCanceledError):
            raise TimedOut("The database took too long for this.") from error
        raise
    except asyncpg.QueryCanceledError as error:
        raise TimedOut("The database took too long for this.") from error


def _away() -> Unavailable:
    return Unavailable("The database does not answer just now; try again.", retry_after=2)


def _out_of_range() -> Invalid:
    return Invalid("A value is out of range.")
