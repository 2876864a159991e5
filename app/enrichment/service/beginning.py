"""How a refresh begins its transactions: those of a job are fenced."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

from app.core.tx import Tx
from app.libraries.domain import LibraryId
from app.scanning.service import import_lock

Begin: TypeAlias = Callable[[], AbstractAsyncContextManager[Tx]]


@asynccontextmanager
async def writing(begin: Begin, library_id: LibraryId) -> AsyncIterator[Tx]:
    """A transaction that writes what is said of items of a library: a scan, which locks rows in
    another order, has them before or after it.
    """
    async with begin() as tx:
        await tx.lock(import_lock(library_id), shared=True)
        yield tx
