"""What every kind of content has, as the API shows it."""

from app.catalog.graphql.content import MOST_FILTERED as MOST_FILTERED
from app.catalog.graphql.content import CatalogRoots as CatalogRoots
from app.catalog.graphql.content import CollectionView as CollectionView
from app.catalog.graphql.content import ContentFilter as ContentFilter
from app.catalog.graphql.content import Descending as Descending
from app.catalog.graphql.content import ExternalIdView as ExternalIdView
from app.catalog.graphql.content import GenreView as GenreView
from app.catalog.graphql.content import MediaItemView as MediaItemView
from app.catalog.graphql.content import NetworkView as NetworkView
from app.catalog.graphql.content import RelatedTitleView as RelatedTitleView
from app.catalog.graphql.content import Seed as Seed
from app.catalog.graphql.content import asked_of_all as asked_of_all
from app.catalog.graphql.content import collection_by_item as collection_by_item
from app.catalog.graphql.content import external_ids_by_item as external_ids_by_item
from app.catalog.graphql.content import genres_by_item as genres_by_item
from app.catalog.graphql.content import networks_by_item as networks_by_item
from app.catalog.graphql.content import refs as refs
from app.catalog.graphql.people import CreditView as CreditView
from app.catalog.graphql.people import PersonMutations as PersonMutations
from app.catalog.graphql.people import PersonRoots as PersonRoots
from app.catalog.graphql.people import PersonView as PersonView
from app.catalog.graphql.people import cast_by_item as cast_by_item
from app.catalog.graphql.people import crew_by_item as crew_by_item
from app.catalog.graphql.people import guests_by_item as guests_by_item
from app.catalog.graphql.said import items_by_id as items_by_id
from app.catalog.graphql.said import related_by_item as related_by_item
