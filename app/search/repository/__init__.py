"""SQL of search."""

from app.search.models import documents as documents
