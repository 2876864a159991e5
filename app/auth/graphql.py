"""Who you are, signing in and out, and accounts."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.auth.domain import Login, Me, NewAccount, Session
from app.core.access import PUBLIC, Permission
from app.gql.access import mutation, query
from app.gql.arguments import Doc, Length
from app.gql.info import Info
from app.gql.view import field, view
from app.rbac.graphql import BuiltIn
from app.users.domain import User
from app.users.graphql import UserView

Username = Annotated[str, Length(1, 100), Doc("User name; not case-sensitive.")]
Password = Annotated[str, Doc("Password, 8 to 1024 bytes.")]


@view(Session)
class SessionView:
    """A login session. It ends when it expires, at `logout` or at a password change elsewhere."""

    created_at: datetime = field("When it was created.")
    expires_at: datetime = field("When it expires.")


@view(Me)
class ViewerView:
    """Your own account, roles and permissions."""

    user: UserView = field("Your account.")
    roles: list[BuiltIn] = field("Your roles, the most powerful first.")
    permissions: list[str] = field(
        "Your permissions, as `resource:action`; `@requires` names what a field needs."
    )
    session: SessionView | None = field("The session of this request.")
    must_change_password: bool = field(
        "Whether your password is a one-time password that you should change with `changePassword`."
    )


@view(Login)
class LoginSuccessView:
    """A successful login."""

    token: str = field(
        "Send it as `Authorization: Bearer …`. It is shown only once; keep it secret."
    )
    expires_at: datetime = field("When the session expires.")
    user: UserView = field("Your account.")


LoginResult = Annotated[
    LoginSuccessView,
    strawberry.union("LoginResult", description="The result of a login."),
]


@strawberry.input(description="A new user account.")
class CreateUserInput:
    """Argument of `createUser`."""

    username: str = strawberry.field(
        description="3 to 30 characters: letters without accents, digits, `_` and `-`."
    )
    password: str = strawberry.field(description="Password, 8 to 1024 bytes.")
    display_name: str | None = strawberry.field(
        default=None, description="Name to show, at most 100 characters; default: the user name."
    )
    role: BuiltIn = strawberry.field(default=BuiltIn.USER, description="Role of the account.")
    max_age: int | None = strawberry.field(
        default=None,
        description="Highest age rating the account may see, 0 to 21 years; null for no limit.",
    )


@strawberry.type
class AuthRoots:
    """`viewer`."""

    @query(ViewerView | None, access=PUBLIC)
    async def viewer(self, info: Info) -> Any:
        """Your own account and permissions; null if you are not signed in."""
        return await info.app.accounts.me(info.viewer)


@strawberry.type
class AuthMutations:
    """Signing in and out, passwords, accounts."""

    @mutation(LoginResult, access=PUBLIC, secret=True)
    async def login(self, info: Info, username: Username, password: Password) -> Login:
        """Sign in. A wrong user name and a wrong password give the same error, UNAUTHENTICATED."""
        return await info.app.accounts.login(username, password)

    @mutation(bool, access=Permission.PROFILE_READ)
    async def logout(self, info: Info) -> bool:
        """Sign out: the token of this request becomes invalid."""
        await info.app.accounts.logout(info.viewer)
        return True

    @mutation(bool, access=Permission.PROFILE_UPDATE, secret=True)
    async def change_password(
        self,
        info: Info,
        current_password: Annotated[str, Doc("Your current password.")],
        new_password: Annotated[
            str, Doc("New password, 8 to 1024 bytes; neither your user name nor the old password.")
        ],
    ) -> bool:
        """Change your password. Your other sessions end; this one continues."""
        await info.app.accounts.change_password(info.viewer, current_password, new_password)
        return True

    @mutation(UserView, access=Permission.USERS_CREATE)
    async def create_user(
        self,
        info: Info,
        input: Annotated[CreateUserInput, Doc("The new account.")],  # noqa: A002
    ) -> User:
        """Create a user account. Grant it libraries afterwards with `grantLibrary`."""
        account = NewAccount(
            username=input.username,
            password=input.password,
            display_name=input.display_name,
            role=input.role,
            max_age=input.max_age,
        )
        return await info.app.accounts.create_user(info.viewer, account)
