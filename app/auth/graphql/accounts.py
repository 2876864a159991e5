"""Who you are, and accounts."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from app.auth.domain import NewAccount
from app.auth.graphql.views import UserView, ViewerView
from app.core.access import PUBLIC, Permission
from app.core.ids import decode_id
from app.gql.access import mutation, query
from app.gql.arguments import Doc
from app.gql.info import Info
from app.rbac.domain import BuiltIn
from app.users.domain import User


@strawberry.input(description="A new user account.")
class CreateUserInput:
    """Argument of `createUser`."""

    username: str = strawberry.field(
        description="3 to 30 characters: letters without accents, digits, `_` and `-`."
    )
    password: str | None = strawberry.field(
        default=None,
        description="Password, 8 to 1024 bytes; without one a mail to `email` brings a link to "
        "choose one, good for a week.",
    )
    email: str | None = strawberry.field(
        default=None,
        description="E-mail address; it belongs to the account once its user confirms it by the "
        "mail that is sent to it.",
    )
    display_name: str | None = strawberry.field(
        default=None, description="Name to show, at most 100 characters; default: the user name."
    )
    role_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="Ids of its roles, none that may do more than you; default: the built-in role "
        "for users.",
    )
    max_age: int | None = strawberry.field(
        default=None,
        description="Highest age rating the account may see, 0 to 21 years; null for no limit.",
    )


@strawberry.type
class AccountRoots:
    """`viewer`."""

    @query(ViewerView | None, access=PUBLIC)
    async def viewer(self, info: Info) -> Any:
        """Your own account and permissions; null if you are not signed in."""
        return await info.app.accounts.me(info.viewer)


@strawberry.type
class AccountMutations:
    """Accounts."""

    @mutation(UserView, access=Permission.USERS_CREATE)
    async def create_user(
        self,
        info: Info,
        input: Annotated[CreateUserInput, Doc("The new account.")],  # noqa: A002
    ) -> User:
        """Create a user account. Grant it libraries afterwards with `grantLibrary`.

        UNAVAILABLE without a password where this server sends no mail.
        """
        account = NewAccount(
            username=input.username,
            password=input.password,
            email=input.email,
            display_name=input.display_name,
            role_ids=_roles(input.role_ids),
            max_age=input.max_age,
        )
        return await info.app.accounts.create_user(info.viewer, account)


def _roles(given: list[strawberry.ID] | None) -> tuple[UUID, ...]:
    if given is None:
        return (BuiltIn.USER.id,)
    return tuple(decode_id("role", role_id, "roleIds") for role_id in given)
