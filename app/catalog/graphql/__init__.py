"""What every kind of content has, as the API shows it."""

from app.catalog.graphql.views import MOST_FILTERED as MOST_FILTERED
from app.catalog.graphql.views import CatalogRoots as CatalogRoots
from app.catalog.graphql.views import CollectionView as CollectionView
from app.catalog.graphql.views import ContentFilter as ContentFilter
from app.catalog.graphql.views import CreditView as CreditView
from app.catalog.graphql.views import Descending as Descending
from app.catalog.graphql.views import ExternalIdView as ExternalIdView
from app.catalog.graphql.views import GenreView as GenreView
from app.catalog.graphql.views import MediaItemView as MediaItemView
from app.catalog.graphql.views import NetworkView as NetworkView
from app.catalog.graphql.views import Seed as Seed
from app.catalog.graphql.views import asked_of_all as asked_of_all
from app.catalog.graphql.views import cast_by_item as cast_by_item
from app.catalog.graphql.views import collection_by_item as collection_by_item
from app.catalog.graphql.views import crew_by_item as crew_by_item
from app.catalog.graphql.views import external_ids_by_item as external_ids_by_item
from app.catalog.graphql.views import genres_by_item as genres_by_item
from app.catalog.graphql.views import guests_by_item as guests_by_item
from app.catalog.graphql.views import networks_by_item as networks_by_item
from app.catalog.graphql.views import refs as refs
