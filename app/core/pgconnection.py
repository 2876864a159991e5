"""A connection of the pool of reads."""

import contextlib

import asyncpg

from app.core.pgfaults import FAULTS


class Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """One that ends, whatever it meets on the way.

    The pool closes connections that are older than the last loss of PostgreSQL in tasks that
    nobody awaits. What such a close fails of is that the other end has gone, and asyncpg has let
    go of the connection by then.
    """

    __slots__ = ()

    async def close(self, *, timeout: float | None = None) -> None:
        """Say goodbye, or do without."""
        with contextlib.suppress(*FAULTS):
            await super().close(timeout=timeout)
