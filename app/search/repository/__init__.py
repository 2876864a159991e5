"""SQL of search."""

from app.search.repository.documents import DocumentRepository as DocumentRepository
from app.search.repository.documents import Stored as Stored
from app.search.repository.documents import Written as Written
from app.search.repository.postgres import PostgresBackend as PostgresBackend
from app.search.repository.words import VocabularyRepository as VocabularyRepository
