"""Merges every slice's part of the schema; nothing else."""

from typing import Any

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from app.activity.graphql import ActivityRoots, ActivitySubscriptions, ActivityView
from app.apikeys.graphql import ApiKeyMutations, ApiKeyRoots, ApiKeyView
from app.auth.graphql import (
    AccountMutations,
    AccountRoots,
    AdministrationMutations,
    AdministrationRoots,
    LetterMutations,
    LetterRoots,
    ProfileMutations,
    SessionMutations,
    SessionRoots,
    SessionView,
    SignInMutations,
    UserRoleMutations,
    UserView,
)
from app.catalog.graphql import (
    CatalogRoots,
    CollectionView,
    GenreView,
    NetworkView,
    PersonMutations,
    PersonRoots,
    PersonView,
)
from app.enrichment.graphql import EnrichmentMutations, EnrichmentRoots
from app.gql.execution import Prepared, Schema
from app.gql.info import Info
from app.gql.node import NodeRegistry, NodeRoots
from app.gql.scalars import SCALARS
from app.home.graphql import HomeRoots, WatchMutations
from app.images.graphql import ArtworkMutations
from app.items.graphql import LibrarySubscriptions
from app.libraries.graphql import (
    FileView,
    GrantMutations,
    GrantRoots,
    GrantView,
    LibraryMutations,
    LibraryRoots,
    LibraryView,
    ScanView,
)
from app.mail.graphql import MailMutations
from app.matching.graphql import MatchingMutations, MatchingRoots
from app.metadata.graphql import MetadataMutations, MetadataRoots
from app.mfa.graphql import FactorMutations, FactorRoots, FactorSignInMutations
from app.movies.graphql import MovieRoots, MovieView
from app.oidc.graphql import (
    OidcLinkView,
    OidcMutations,
    OidcProviderConfigView,
    OidcProviderView,
    OidcRoots,
    ProviderMutations,
    ProviderRoots,
)
from app.rbac.graphql import RoleMutations, RoleRoots, RoleView
from app.scanning.graphql import ScanMutations, ScanSubscriptions
from app.search.graphql import SearchMutations, SearchRoots
from app.server.graphql import JobView, ServerMutations, ServerRoots, ServerSubscriptions
from app.settings.graphql import SETTING_SCALARS, SettingMutations, SettingRoots
from app.shows.graphql import EpisodeView, SeasonView, ShowRoots, ShowView

QUERIES = (
    FactorRoots,
    AccountRoots,
    LetterRoots,
    AdministrationRoots,
    SessionRoots,
    RoleRoots,
    ApiKeyRoots,
    OidcRoots,
    ProviderRoots,
    NodeRoots,
    LibraryRoots,
    GrantRoots,
    MovieRoots,
    ShowRoots,
    HomeRoots,
    MatchingRoots,
    MetadataRoots,
    EnrichmentRoots,
    CatalogRoots,
    PersonRoots,
    SearchRoots,
    ServerRoots,
    ActivityRoots,
    SettingRoots,
)
MUTATIONS = (
    FactorSignInMutations,
    FactorMutations,
    SignInMutations,
    LetterMutations,
    SessionMutations,
    AccountMutations,
    ProfileMutations,
    AdministrationMutations,
    OidcMutations,
    ProviderMutations,
    MailMutations,
    RoleMutations,
    ApiKeyMutations,
    UserRoleMutations,
    LibraryMutations,
    GrantMutations,
    ScanMutations,
    ArtworkMutations,
    MatchingMutations,
    MetadataMutations,
    EnrichmentMutations,
    PersonMutations,
    WatchMutations,
    SearchMutations,
    ServerMutations,
    SettingMutations,
)
SUBSCRIPTIONS = (
    ScanSubscriptions,
    LibrarySubscriptions,
    ServerSubscriptions,
    ActivitySubscriptions,
)
NODES = (
    UserView,
    SessionView,
    RoleView,
    ApiKeyView,
    OidcProviderView,
    OidcProviderConfigView,
    OidcLinkView,
    LibraryView,
    GrantView,
    ScanView,
    FileView,
    GenreView,
    NetworkView,
    CollectionView,
    PersonView,
    MovieView,
    ShowView,
    SeasonView,
    EpisodeView,
    JobView,
    ActivityView,
)


def build_schema() -> Schema:
    """The whole schema. Raises TypeError when two slices claim the same root field."""
    for roots in (QUERIES, MUTATIONS, SUBSCRIPTIONS):
        _check_names(roots)
    return Schema(
        query=_root("Query", "All queries.", QUERIES),
        mutation=_root(
            "Mutation", "All mutations; several in one request run in order.", MUTATIONS
        ),
        subscription=_root(
            "Subscription",
            "All subscriptions, over a websocket (`graphql-transport-ws`).",
            SUBSCRIPTIONS,
        ),
        types=[*NODES],
        extensions=[Prepared],
        config=StrawberryConfig(
            scalar_map=SCALARS | SETTING_SCALARS, info_class=Info, disable_field_suggestions=True
        ),
    )


def node_registry() -> NodeRegistry:
    """How every kind of node is loaded."""
    return NodeRegistry(NODES)


def _root(name: str, description: str, parts: tuple[type[Any], ...]) -> type[Any]:
    merged = merge_types(name, parts)
    definition = strawberry.types.base.get_object_definition(merged, strict=True)
    definition.description = description  # merge_types takes none
    return merged


def _check_names(roots: tuple[type[Any], ...]) -> None:
    seen: dict[str, str] = {}
    for root in roots:
        for field in strawberry.types.base.get_object_definition(root, strict=True).fields:
            if field.python_name in seen:
                raise TypeError(
                    f"{root.__name__} and {seen[field.python_name]} both have {field.python_name}."
                )
            seen[field.python_name] = root.__name__
