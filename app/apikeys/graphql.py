"""API keys in the API."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from app.apikeys.domain import ApiKey, Minted, NewApiKey
from app.auth.graphql import UserView, user_by_id
from app.core.access import Permission, Viewer
from app.core.ids import encode_id
from app.core.page import Keyset, Listing
from app.gql.access import mutation, query
from app.gql.arguments import After, Doc, First, Ref
from app.gql.connection import Connection
from app.gql.edge import edge
from app.gql.info import Info
from app.gql.view import Node, field, view

if TYPE_CHECKING:
    from app.container import Container

ApiKeyRef = Annotated[UUID, Ref("apikey"), Doc("Id of an API key.")]


async def api_key_by_id(
    app: "Container", viewer: Viewer, ids: Collection[UUID]
) -> Mapping[UUID, ApiKey]:
    """Batch of API keys by their ids."""
    return await app.api_keys.by_ids(viewer, ids)


@view(ApiKey, node="apikey", load=api_key_by_id, access=Permission.APIKEYS_LIST)
class ApiKeyView(Node):
    """A credential of a program. You can see your own; administrators see all."""

    name: str = field("What it is for.")
    description: str | None = field("More about it.")
    prefix: str = field("The first 8 characters of the key, to recognise it by.")
    scopes: list[str] = field(
        "Permissions it was given. It has those of them that its owner has at the time of use."
    )
    user: UserView | None = edge(user_by_id, "Its owner.", key="user_id")
    created_at: datetime = field("When it was created.")
    expires_at: datetime | None = field("When it expires; null for never.")
    last_used_at: datetime | None = field("When it was last used, to the minute; null for never.")
    last_address: str | None = field("IP address it was last used from.")
    revoked_at: datetime | None = field("When it was revoked.")


@view(Minted)
class CreatedApiKeyView:
    """A new API key with its secret."""

    key: str = field(
        "The key itself, shown only this once: send it as `X-API-Key` or as"
        " `Authorization: Bearer …`.",
        of=lambda minted: minted.token,
    )
    api_key: ApiKeyView = field("What can be looked up later.")


@strawberry.input(description="A new API key.")
class CreateApiKeyInput:
    """Argument of `createApiKey`."""

    name: str = strawberry.field(description="What it is for, 1 to 100 characters.")
    scopes: list[str] = strawberry.field(
        description="Permissions, such as `movies:list`: at least one, and only such as you have;"
        " none that manage accounts or credentials."
    )
    description: str | None = strawberry.field(
        default=None, description="More about it, at most 500 characters."
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="When it expires; null for never."
    )


@strawberry.input(description="Changes to an API key; fields that are left out stay as they are.")
class UpdateApiKeyInput:
    """Argument of `updateApiKey`."""

    name: str | None = strawberry.field(
        default=None, description="What it is for, 1 to 100 characters."
    )
    description: str | None = strawberry.field(
        default=None, description="More about it, at most 500 characters; empty for none."
    )


@strawberry.type
class ApiKeyRoots:
    """Listing API keys."""

    @query(Connection[ApiKeyView], access=Permission.APIKEYS_LIST)
    async def api_keys(self, info: Info, first: First = 20, after: After = None) -> Any:
        """Your API keys that were not revoked, newest first."""
        keys, owner = info.app.api_keys, info.viewer.account
        page = await keys.page(owner, Keyset(first, after))
        return Listing(page, lambda: keys.count(owner))

    @query(Connection[ApiKeyView], access=Permission.USERS_SECURE)
    async def user_api_keys(
        self,
        info: Info,
        user_id: Annotated[
            UUID | None, Ref("user"), Doc("Only keys of this user; of all users by default.")
        ] = None,
        first: First = 20,
        after: After = None,
    ) -> Any:
        """API keys of users that were not revoked, newest first."""
        keys = info.app.api_keys
        page = await keys.page(user_id, Keyset(first, after))
        return Listing(page, lambda: keys.count(user_id))


@strawberry.type
class ApiKeyMutations:
    """Making, renaming and revoking API keys."""

    @mutation(CreatedApiKeyView, access=Permission.APIKEYS_CREATE)
    async def create_api_key(
        self,
        info: Info,
        input: Annotated[CreateApiKeyInput, Doc("The new key.")],  # noqa: A002
    ) -> Minted:
        """Create an API key. Needs a recent sign-in; see `reauthenticate`."""
        new = NewApiKey(
            name=input.name,
            scopes=tuple(input.scopes),
            description=input.description,
            expires_at=input.expires_at,
        )
        return await info.app.api_keys.create(info.viewer, new)

    @mutation(ApiKeyView, access=Permission.APIKEYS_CREATE)
    async def update_api_key(
        self,
        info: Info,
        id: ApiKeyRef,  # noqa: A002
        input: Annotated[UpdateApiKeyInput, Doc("The changes.")],  # noqa: A002
    ) -> ApiKey:
        """Rename or describe one of your API keys."""
        return await info.app.api_keys.update(info.viewer, id, input.name, input.description)

    @mutation(strawberry.ID, access=Permission.APIKEYS_REVOKE)
    async def revoke_api_key(self, info: Info, id: ApiKeyRef) -> strawberry.ID:  # noqa: A002
        """Revoke an API key, at once and everywhere. Administrators can revoke anybody's.

        Returns its id.
        """
        await info.app.api_keys.revoke(info.viewer, id)
        return strawberry.ID(encode_id("apikey", id))
