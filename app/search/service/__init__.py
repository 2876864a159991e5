"""Use cases of search."""

from app.search.service.collections import COLLECTIONS as COLLECTIONS
from app.search.service.indexing import Indexing as Indexing
from app.search.service.searching import Searching as Searching
from app.search.service.server import SearchServer as SearchServer
