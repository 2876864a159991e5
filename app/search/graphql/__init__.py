"""Search in the API."""

from app.search.graphql.mutations import SearchMutations as SearchMutations
from app.search.graphql.roots import SearchRoots as SearchRoots
