"""Both backends, filled with documents: PostgreSQL always, Typesense where it can be started."""

from collections.abc import Collection
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import pytest

from app.container import Container
from app.core.access import SYSTEM
from app.search.domain import Document, SearchBackend
from app.search.repository import PostgresBackend, Words
from app.search.service.collections import COLLECTIONS
from tests.conftest import empty

BACKENDS: Final = ("postgresql", "typesense")
TYPESENSE: Final = "tests.search.typesense"


async def filled(
    name: str, app: Container, housekeeping: Any, documents: Collection[Document]
) -> SearchBackend:
    """The backend of this name with these documents and no others."""
    if name == "postgresql":
        await empty(housekeeping)
        app.cache.gap()
        async with app.db.write(SYSTEM) as tx:
            await app.documents.lock(tx)
            await app.documents.write(tx, list(documents))
        return PostgresBackend(app.db, Words(app.db, app.cache), COLLECTIONS)
    if find_spec(TYPESENSE) is None:
        pytest.skip("there is no Typesense backend here")
    made: SearchBackend = await import_module(TYPESENSE).filled(app, list(documents))
    return made
