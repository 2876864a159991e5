"""Providers for administrators."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from app.core.access import Permission
from app.core.errors import Invalid
from app.core.ids import decode_id
from app.core.page import Keyset, Listing
from app.gql.access import mutation, query
from app.gql.arguments import After, Doc, First, Ref
from app.gql.connection import Connection
from app.gql.info import Info
from app.oidc.domain import Endpoints, ProviderInput, ProviderKind, ProviderTest
from app.oidc.graphql.views import OidcProviderConfigView, OidcProviderTestView

ConfigRef = Annotated[UUID, Ref("oidc_provider_config"), Doc("Id of a provider's configuration.")]
MANAGE = Permission.OIDC_MANAGE


def _text(description: str) -> Any:
    return strawberry.field(default=None, description=description)


@strawberry.input(description="Addresses in place of discovered ones; an empty one goes back.")
class OidcEndpointsInput:
    """Part of the input of a provider."""

    authorization: str | None = _text("Where browsers are sent to sign in.")
    token: str | None = _text("Where codes are exchanged.")
    userinfo: str | None = _text("Where further claims are read.")
    jwks: str | None = _text("Where the provider's keys are.")
    end_session: str | None = _text("Where browsers are sent to sign out.")


@strawberry.input(description="Which claims hold what; dots lead into objects.")
class OidcClaimsInput:
    """Part of the input of a provider."""

    username: str | None = _text("User name of a new account.")
    email: str | None = _text("E-mail address of a new account.")
    name: str | None = _text("Display name of a new account.")
    roles: str | None = _text("Values that role mappings turn into roles.")


@strawberry.input(description="A value of the roles claim and the role it stands for.")
class OidcRoleMappingInput:
    """Part of the input of a provider."""

    value: str = strawberry.field(description="Value of the roles claim.")
    role_id: strawberry.ID = strawberry.field(description="Id of the role.")


@strawberry.input(description="Changes to a provider; omitted fields stay as they are.")
class UpdateOidcProviderInput:
    """Argument of `updateOidcProvider`."""

    display_name: str | None = _text("Name to show.")
    issuer: str | None = _text("The provider's issuer; fixed once people are linked.")
    client_id: str | None = _text("Id of this server at the provider.")
    client_secret: str | None = _text("Secret of this server there; empty for none.")
    endpoints: OidcEndpointsInput | None = _text("Addresses that replace discovered ones.")
    scopes: list[str] | None = _text("Scopes to ask for; `openid` is always one.")
    claims: OidcClaimsInput | None = _text("Which claims hold what.")
    role_mappings: list[OidcRoleMappingInput] | None = _text("All role mappings.")
    auto_create: bool | None = _text("Whether to make an account for who signs in first.")
    update_on_login: bool | None = _text("Whether roles, name and address follow at every sign-in.")
    allow_linking: bool | None = _text("Whether signed-in users may link their accounts.")
    trust_email: bool | None = _text("Whether `email_verified` of the provider counts here.")


@strawberry.input(description="A new OpenID provider; what is omitted comes from its kind.")
class CreateOidcProviderInput(UpdateOidcProviderInput):
    """Argument of `createOidcProvider`."""

    name: str = strawberry.field(
        default="", description="Name in addresses: small letters, digits, hyphens; it is kept."
    )
    kind: ProviderKind = strawberry.field(
        default=ProviderKind.GENERIC, description="Software of the provider."
    )


def _input(given: UpdateOidcProviderInput, name: str | None = None) -> ProviderInput:
    ends, claims = given.endpoints, given.claims
    return ProviderInput(
        name=name,
        display_name=given.display_name,
        issuer=given.issuer,
        client_id=given.client_id,
        client_secret=given.client_secret,
        endpoints=Endpoints() if ends is None else Endpoints(**vars(ends)),
        scopes=None if given.scopes is None else tuple(given.scopes),
        claims={} if claims is None else vars(claims),
        role_mappings=_mappings(given.role_mappings),
        auto_create=given.auto_create,
        update_on_login=given.update_on_login,
        allow_linking=given.allow_linking,
        trust_email=given.trust_email,
    )


def _mappings(given: list[OidcRoleMappingInput] | None) -> dict[str, UUID] | None:
    if given is None:
        return None
    found = {one.value: decode_id("role", one.role_id, "roleMappings") for one in given}
    if len(found) != len(given):
        raise Invalid("A value stands for one role.", field="roleMappings")
    return found


@strawberry.type
class ProviderRoots:
    """Configurations."""

    @query(Connection[OidcProviderConfigView], access=MANAGE)
    async def oidc_provider_configs(
        self, info: Info, first: First = 20, after: After = None
    ) -> Listing[UUID]:
        """Configurations of OpenID providers, by name."""
        repository = info.app.oidc_provider_repository
        page = await repository.page(Keyset(first, after), enabled=False)
        return Listing(page, lambda: repository.count(enabled=False))


@strawberry.type
class ProviderMutations:
    """Configuring providers."""

    @mutation(OidcProviderConfigView, access=MANAGE)
    async def create_oidc_provider(
        self,
        info: Info,
        input: Annotated[CreateOidcProviderInput, Doc("The provider.")],  # noqa: A002
    ) -> UUID:
        """Add an OpenID provider.

        Register `{server.public_url}/oidc/{name}/callback` there as the redirect address.
        """
        given = _input(input, input.name)
        return await info.app.oidc_providers.create(info.viewer, input.kind, given)

    @mutation(OidcProviderConfigView, access=MANAGE)
    async def update_oidc_provider(
        self,
        info: Info,
        id: ConfigRef,  # noqa: A002
        input: Annotated[UpdateOidcProviderInput, Doc("The changes.")],  # noqa: A002
    ) -> UUID:
        """Change the configuration of a provider."""
        return await info.app.oidc_providers.update(info.viewer, id, _input(input))

    @mutation(OidcProviderConfigView, access=MANAGE)
    async def enable_oidc_provider(self, info: Info, id: ConfigRef) -> UUID:  # noqa: A002
        """Offer a provider to sign in with."""
        return await info.app.oidc_providers.enable(info.viewer, id, enabled=True)

    @mutation(OidcProviderConfigView, access=MANAGE)
    async def disable_oidc_provider(self, info: Info, id: ConfigRef) -> UUID:  # noqa: A002
        """Offer a provider no longer. Its links stay, and sessions go on."""
        return await info.app.oidc_providers.enable(info.viewer, id, enabled=False)

    @mutation(OidcProviderConfigView, access=MANAGE)
    async def set_default_oidc_provider(self, info: Info, id: ConfigRef) -> UUID:  # noqa: A002
        """Offer this provider first."""
        return await info.app.oidc_providers.set_default(info.viewer, id)

    @mutation(bool, access=MANAGE)
    async def delete_oidc_provider(
        self,
        info: Info,
        id: ConfigRef,  # noqa: A002
        force: Annotated[bool, Doc("Also when people are linked with it.")] = False,  # noqa: FBT002
    ) -> bool:
        """Delete a provider and its links. Refused while somebody has no other way to sign in."""
        await info.app.oidc_providers.delete(info.viewer, id, force=force)
        return True

    @mutation(OidcProviderTestView, access=MANAGE)
    async def test_oidc_provider(self, info: Info, id: ConfigRef) -> ProviderTest:  # noqa: A002
        """Ask a provider for its discovery document and its keys, and report."""
        return await info.app.oidc_providers.test(id)
