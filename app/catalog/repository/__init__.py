"""SQL of what all content has, and what upper slices compose with it: tables stay here."""

from app.catalog.repository.browsing import counted_of as counted_of
from app.catalog.repository.browsing import matching as matching
from app.catalog.repository.browsing import order_of as order_of
from app.catalog.repository.conditions import credited as credited
from app.catalog.repository.conditions import in_collection as in_collection
from app.catalog.repository.conditions import in_genres as in_genres
from app.catalog.repository.conditions import in_networks as in_networks
from app.catalog.repository.conditions import of_one_id as of_one_id
from app.catalog.repository.content import ContentWriting as ContentWriting
from app.catalog.repository.filmography import CreditRepository as CreditRepository
from app.catalog.repository.named import NamedWriting as NamedWriting
from app.catalog.repository.named import first_words as first_words
from app.catalog.repository.named import likely as likely
from app.catalog.repository.reading import CatalogRepository as CatalogRepository
from app.catalog.repository.searching import searched_by_ids as searched_by_ids
from app.catalog.repository.speaking import fetch_spoken as fetch_spoken
from app.catalog.repository.speaking import spoken_by_ids as spoken_by_ids
