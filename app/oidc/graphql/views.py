"""Providers and links as the API shows them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import strawberry

from app.core.access import PUBLIC, Permission, Viewer
from app.core.ids import encode_id
from app.gql.enums import expose
from app.gql.view import Node, field, view
from app.oidc.domain import (
    ClaimNames,
    Endpoints,
    Finding,
    Link,
    NamedRole,
    OfferedProvider,
    Provider,
    ProviderKind,
    ProviderTest,
    Start,
)

if TYPE_CHECKING:
    from app.container import Container

expose(
    ProviderKind,
    "The software of an OpenID provider; it decides what a new provider begins with.",
    {
        ProviderKind.GENERIC: "Any provider; roles from the claim `groups`.",
        ProviderKind.AUTHENTIK: "Authentik; roles from the claim `groups`.",
        ProviderKind.KEYCLOAK: "Keycloak; roles from the claim `realm_access.roles`.",
    },
    name="OidcProviderKind",
)


async def offered_by_id(
    app: "Container", _: Viewer, ids: Collection[UUID]
) -> Mapping[UUID, OfferedProvider]:
    """Batch of enabled providers by their ids."""
    return await app.oidc_flows.offered_by_ids(ids)


async def provider_by_id(
    app: "Container", viewer: Viewer, ids: Collection[UUID]
) -> Mapping[UUID, Provider]:
    """Batch of configurations by their ids."""
    if not viewer.may(Permission.OIDC_MANAGE):
        return {}
    return await app.oidc_provider_repository.by_ids(ids)


async def link_by_id(
    app: "Container", viewer: Viewer, ids: Collection[UUID]
) -> Mapping[UUID, Link]:
    """Batch of the viewer's own links by their ids."""
    return await app.oidc_sign_in.by_ids(viewer, ids)


@view(OfferedProvider, node="oidc_provider", load=offered_by_id, access=PUBLIC)
class OidcProviderView(Node):
    """An OpenID provider to sign in with."""

    name: str = field("Name for `startOidcSignIn` and in addresses.")
    display_name: str = field("Name to show.")
    is_default: bool = field("Whether to offer it first.")


@view(Endpoints)
class OidcEndpointsView:
    """Addresses that replace those of the provider's discovery document; usually all null."""

    authorization: str | None = field("Where browsers are sent to sign in.")
    token: str | None = field("Where codes are exchanged.")
    userinfo: str | None = field("Where further claims are read.")
    jwks: str | None = field("Where the provider's keys are.")
    end_session: str | None = field("Where browsers are sent to sign out.")


@view(ClaimNames)
class OidcClaimsView:
    """Which claims hold what; dots lead into objects."""

    username: str = field("User name of a new account.")
    email: str = field("E-mail address of a new account.")
    name: str = field("Display name of a new account.")
    roles: str = field("Values that `roleMappings` turn into roles.")


@view(NamedRole)
class OidcRoleMappingView:
    """A value of the roles claim and the role it stands for."""

    value: str = field("Value of the roles claim.")
    role_id: strawberry.ID = field(
        "Id of the role.", of=lambda mapping: encode_id("role", mapping.role_id)
    )


@view(Provider, node="oidc_provider_config", load=provider_by_id, access=Permission.OIDC_MANAGE)
class OidcProviderConfigView(Node):
    """The configuration of an OpenID provider. Its client secret is never shown."""

    name: str = field("Name in addresses; it never changes.")
    display_name: str = field("Name to show.")
    kind: ProviderKind = field("Software of the provider.")
    issuer: str = field("The provider's issuer, exactly as its discovery document names it.")
    client_id: str = field("Id of this server at the provider.")
    has_secret: bool = field("Whether a client secret is stored.")
    endpoints: OidcEndpointsView = field("Addresses that replace discovered ones.")
    scopes: list[str] = field("Scopes that are asked for.", of=lambda p: list(p.scopes))
    claims: OidcClaimsView = field("Which claims hold what.")
    role_mappings: list[OidcRoleMappingView] = field(
        "Roles by values of the roles claim.", of=lambda p: list(p.mappings)
    )
    auto_create: bool = field("Whether an account is made for who signs in first.")
    update_on_login: bool = field("Whether roles, name and address follow at every sign-in.")
    allow_linking: bool = field("Whether signed-in users may link their accounts.")
    trust_email: bool = field("Whether `email_verified` of the provider counts here.")
    enabled: bool = field("Whether one can sign in with it.")
    is_default: bool = field("Whether it is offered first.")
    created_at: datetime = field("When it was added.")
    updated_at: datetime = field("When it was last changed.")


@view(Link, node="oidc_link", load=link_by_id, access=Permission.PROFILE_READ)
class OidcLinkView(Node):
    """An account at a provider that you can sign in with."""

    provider: str = field("Name of the provider.")
    display_name: str = field("Name of the provider to show.")
    email: str | None = field("E-mail address there, as of the last sign-in.")
    name: str | None = field("Display name there, as of the last sign-in.")
    created_at: datetime = field("When the accounts were linked.")
    last_login_at: datetime | None = field("When you last signed in this way.")


@view(Start)
class OidcStartView:
    """A sign-in that has begun."""

    authorization_url: str = field("Send the browser here.")
    binding: str | None = field(
        "Keep it for the end of the sign-in; null with `cookies: true`, where a cookie holds it.",
        of=lambda start: None if start.cookie else start.binding,
    )
    expires_at: datetime = field("When it is too late to come back.")


@view(Finding)
class OidcFindingView:
    """One thing that was looked at."""

    what: str = field("`discovery`, `algorithms` or `keys`.")
    good: bool = field("Whether it is as it has to be.")
    detail: str = field("What was found.")


@view(ProviderTest)
class OidcProviderTestView:
    """The result of a test."""

    good: bool = field("Whether everything is as it has to be.", of=lambda test: test.good)
    findings: list[OidcFindingView] = field(
        "What was looked at.", of=lambda test: list(test.findings)
    )
