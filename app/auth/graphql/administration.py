"""Accounts, for those who look after them; and leaving, for everybody."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry

from app.auth.domain import UserQuery, UserSort
from app.auth.graphql.views import UserView
from app.core.access import Permission, Viewer
from app.core.errors import Invalid
from app.core.ids import decode_id, encode_id
from app.core.page import Keyset, Listing
from app.gql.access import mutation, query
from app.gql.arguments import After, Doc, First, Ref
from app.gql.connection import Connection
from app.gql.enums import expose
from app.gql.info import Info
from app.gql.view import field, view
from app.users.domain import DeletedUser

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from app.container import Container

MOST_SEARCH: Final = 100
AccountRef = Annotated[UUID, Ref("user"), Doc("Id of the account.")]
expose(
    UserSort,
    "Order of accounts.",
    {
        UserSort.USERNAME: "By user name.",
        UserSort.NEWEST: "The newest account first.",
        UserSort.LAST_LOGIN: "Who signed in last first; who never did last.",
    },
)


async def deleted_by_id(
    app: "Container",
    viewer: Viewer,  # noqa: ARG001 - the root field asks for the permission
    ids: "Collection[UUID]",
) -> "Mapping[UUID, DeletedUser]":
    """Batch of deleted accounts by their ids."""
    return await app.user_repository.deleted(ids)


@view(DeletedUser, load=deleted_by_id)
class DeletedUserView:
    """A deleted account that can still be restored."""

    user_id: strawberry.ID = field(
        "Id of the account, for `restoreUser`.", of=lambda user: encode_id("user", user.id)
    )
    username: str = field("Its user name, which is not free before it is purged.")
    display_name: str | None = field("Its name.")
    created_at: datetime = field("When it was created.")
    deleted_at: datetime = field("When it was deleted.")
    purged_after: datetime = field("When nothing is left of it.")


@strawberry.input(description="Changes to an account; omitted fields stay as they are.")
class UpdateUserInput:
    """Argument of `updateUser`."""

    display_name: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Name to show, at most 100 characters; null for the user name.",
    )
    max_age: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="Highest age rating the account may see, 0 to 21 years; null for no limit.",
    )
    timezone: str | None = strawberry.field(
        default=strawberry.UNSET, description="Time zone of the IANA, such as `Europe/Berlin`."
    )
    locale: str | None = strawberry.field(
        default=strawberry.UNSET, description="Language and region (BCP 47), such as `de-CH`."
    )
    email: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="E-mail address; the present one stays until the user confirms this one by the "
        "mail that is sent to it. Null takes the address away. Not with an API key.",
    )


@strawberry.input(description="Which accounts; all conditions have to hold.")
class UserFilter:
    """Argument of `users`."""

    search: str | None = strawberry.field(
        default=None,
        description="Beginning of a user name or a name, or, for those who may edit accounts, of "
        "an e-mail address; at most 100 characters.",
    )
    active: bool | None = strawberry.field(
        default=None, description="Whether the account can sign in."
    )
    role_id: strawberry.ID | None = strawberry.field(
        default=None, description="Id of a role that the account has."
    )


def _wanted(given: UserFilter, sort: UserSort, viewer: Viewer) -> UserQuery:
    if given.search is not None and len(given.search) > MOST_SEARCH:
        raise Invalid(f"A search has at most {MOST_SEARCH} characters.", field="search")
    return UserQuery(
        text=given.search,
        active=given.active,
        role_id=None if given.role_id is None else decode_id("role", given.role_id, "roleId"),
        sort=sort,
        addresses=viewer.may(Permission.USERS_UPDATE),
    )


@strawberry.type
class AdministrationRoots:
    """`users` and `deletedUsers`."""

    @query(Connection[UserView], access=Permission.USERS_LIST)
    async def users(
        self,
        info: Info,
        filter: Annotated[UserFilter | None, Doc("Which accounts.")] = None,  # noqa: A002
        sort: Annotated[UserSort, Doc("Order.")] = UserSort.USERNAME,
        first: First = 20,
        after: After = None,
    ) -> Listing[UUID]:
        """All accounts."""
        wanted = _wanted(filter or UserFilter(), sort, info.viewer)
        directory = info.app.directory
        page = await directory.page(wanted, Keyset(first, after))
        return Listing(page, lambda: directory.count(wanted))

    @query(UserView | None, access=Permission.USERS_GET)
    async def user(self, info: Info, id: AccountRef) -> UUID:  # noqa: A002, ARG002
        """An account; null if it does not exist."""
        return id

    @query(Connection[DeletedUserView], access=Permission.USERS_DELETE)
    async def deleted_users(
        self, info: Info, first: First = 20, after: After = None
    ) -> Listing[UUID]:
        """Deleted accounts that can still be restored, the latest first."""
        users = info.app.user_repository
        return Listing(await users.page_of_deleted(Keyset(first, after)), users.count_deleted)


@strawberry.type
class AdministrationMutations:
    """What is done to accounts."""

    @mutation(UserView, access=Permission.USERS_UPDATE)
    async def update_user(
        self,
        info: Info,
        id: AccountRef,  # noqa: A002
        input: Annotated[UpdateUserInput, Doc("The changes.")],  # noqa: A002
    ) -> UUID:
        """Edit an account that may do no more than yours."""
        given = {k: v for k, v in vars(input).items() if v is not strawberry.UNSET}
        await info.app.administration.update(info.viewer, id, given)
        return id

    @mutation(UserView, access=Permission.USERS_UPDATE)
    async def activate_user(self, info: Info, id: AccountRef) -> UUID:  # noqa: A002
        """Let the user sign in again."""
        await info.app.administration.activate(info.viewer, id)
        return id

    @mutation(UserView, access=Permission.USERS_UPDATE)
    async def deactivate_user(self, info: Info, id: AccountRef) -> UUID:  # noqa: A002
        """Switch the account off: all its sessions end at once."""
        await info.app.administration.deactivate(info.viewer, id)
        return id

    @mutation(strawberry.ID, access=Permission.USERS_DELETE)
    async def delete_user(self, info: Info, id: AccountRef) -> Any:  # noqa: A002
        """Delete the account; it can be restored for 30 days. Answers its id."""
        await info.app.administration.delete(info.viewer, id)
        return encode_id("user", id)

    @mutation(UserView, access=Permission.USERS_DELETE)
    async def restore_user(self, info: Info, id: AccountRef) -> UUID:  # noqa: A002
        """Undo the deletion of an account. Its user has to sign in anew."""
        await info.app.administration.restore(info.viewer, id)
        return id

    @mutation(bool, access=Permission.PROFILE_SECURE)
    async def deactivate_account(self, info: Info) -> bool:
        """Switch your own account off; only an administrator can switch it on again. Asks for a
        recent login or `reauthenticate`.
        """
        await info.app.administration.deactivate_own(info.viewer)
        return True

    @mutation(bool, access=Permission.PROFILE_SECURE)
    async def delete_account(self, info: Info) -> bool:
        """Delete your own account; administrators can restore it for 30 days. Asks for a recent
        login or `reauthenticate`.
        """
        await info.app.administration.delete_own(info.viewer)
        return True
