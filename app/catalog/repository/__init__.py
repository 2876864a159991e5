"""SQL of genres, credits, external ids and collections, and conditions upper slices compose."""

from app.catalog.repository.conditions import credited as credited
from app.catalog.repository.conditions import in_collection as in_collection
from app.catalog.repository.conditions import in_genres as in_genres
from app.catalog.repository.conditions import of_one_id as of_one_id
from app.catalog.repository.content import ContentWriting as ContentWriting
from app.catalog.repository.reading import CatalogRepository as CatalogRepository
from app.catalog.repository.reading import cast_and_crew as cast_and_crew
