"""The search server that may be there, with all that is done with it."""

from collections.abc import Mapping
from typing import Protocol

from app.core.config import Config
from app.core.db import Database
from app.core.http import Outside
from app.libraries.repository import LibraryRepository
from app.search.domain import SearchCollection, SearchKind
from app.search.repository import DocumentRepository, VocabularyRepository
from app.search.repository.indexes import IndexRepository
from app.search.service.telling import Telling
from app.search.service.typesense import Filling, TypesenseBackend, TypesenseServer
from app.settings.service import Settings


class ServerDependencies(Protocol):
    """What it is found, told and asked with; the container has it all."""

    @property
    def config(self) -> Config: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def outside(self) -> Outside: ...
    @property
    def db(self) -> Database: ...
    @property
    def documents(self) -> DocumentRepository: ...
    @property
    def library_repository(self) -> LibraryRepository: ...
    @property
    def search_words(self) -> VocabularyRepository: ...


class SearchServer:
    """Its connection, the backend that it is, and who keeps it as the table of documents is."""

    def __init__(
        self, needs: ServerDependencies, collections: Mapping[SearchKind, SearchCollection]
    ) -> None:
        self.connection = TypesenseServer(needs.config, needs.settings, needs.outside)
        self.filling = Filling(self.connection)
        self.indexes = IndexRepository(needs.db)
        hidden = needs.library_repository.being_deleted
        self.backend = TypesenseBackend(self.connection, collections, needs.search_words, hidden)
        self.telling = Telling(self.filling, needs.documents, self.indexes, collections)

    @property
    def configured(self) -> bool:
        """Whether there is one; what is asked of it otherwise raises Unavailable."""
        return self.connection.place is not None
