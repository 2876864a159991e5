"""Both backends, filled with documents: PostgreSQL always, Typesense where it can be started."""

from collections.abc import Collection
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import pytest

from app.container import Container
from app.core.access import SYSTEM
from app.search import jobs
from app.search.domain import Document, SearchBackend
from app.search.repository import PostgresBackend, VocabularyRepository
from app.search.service.collections import COLLECTIONS
from tests.conftest import empty
from tests.support.jobs import carry_out

BACKENDS: Final = ("postgresql", "typesense")
TYPESENSE: Final = "tests.search.typesense"


async def filled(
    request: pytest.FixtureRequest,
    app: Container,
    housekeeping: Any,
    documents: Collection[Document],
) -> SearchBackend:
    """The backend of the fixture's parameter, with these documents and no others."""
    server = request.param == "typesense"
    if server and find_spec(TYPESENSE) is None:
        pytest.skip("There is no Typesense backend here.")
    await empty(housekeeping)
    app.cache.gap()
    if server:
        await _serve(app, request.getfixturevalue("typesense_process"))
    async with app.db.write(SYSTEM) as tx:
        await app.documents.lock(tx)
        await app.documents.write(tx, list(documents))
    if not server:
        return PostgresBackend(app.db, VocabularyRepository(app.db, app.cache), COLLECTIONS)
    assert await carry_out(app, _named("TellSearchServer")()) == "completed"
    backend: SearchBackend = _named("search_server", app).backend
    return backend


async def _serve(app: Container, process: Any) -> None:
    """Let the application find the server, running and empty."""
    typesense = import_module(TYPESENSE)
    process.resume()
    await typesense.configure(app, process)
    await typesense.clear(app)


def _named(name: str, of: Any = jobs) -> Any:
    return getattr(of, name)
