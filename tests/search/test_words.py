"""The words of this process."""

import gc
import weakref

import pytest

from app.container import Container
from app.core.access import EVERYTHING
from app.search.domain import Search, SearchKind
from app.search.repository import PostgresBackend, VocabularyRepository, words
from app.search.service.collections import COLLECTIONS
from tests.search.typesense import document, store


async def test_words_of_before_are_let_go_of(
    app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Questions that were read by them do not keep them."""
    monkeypatch.setattr(words, "OLD", 0)  # all words are read anew each time
    known = VocabularyRepository(app.db, app.cache)
    backend = PostgresBackend(app.db, known, COLLECTIONS)
    asked = Search(text="zardoz", kinds=(SearchKind.MOVIE,))
    await store(app, document(title="Zardoz"))
    assert (await backend.search(EVERYTHING, asked, 5)).total == 1
    before = weakref.ref(await known.latest())
    await store(app, document(title="Zardoz"))
    assert (await backend.search(EVERYTHING, asked, 5)).total == 2
    gc.collect()
    assert before() is None
