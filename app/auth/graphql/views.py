"""Users, sessions and results of signing in, as the API shows them."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from app.auth.domain import Factor, LoginSuccess, Me, MfaRequired, Session
from app.core.access import Permission, Viewer
from app.gql.arguments import Doc, Ref
from app.gql.edge import Batch, edge
from app.gql.enums import expose
from app.gql.view import Node, field, view
from app.rbac.domain import MOST_HELD
from app.rbac.graphql import RoleView, factors_by_user, roles_by_user
from app.users.domain import User, UserId
from app.users.graphql import AvatarView, avatar_by_id

if TYPE_CHECKING:
    from app.container import Container

UserRef = Annotated[UUID, Ref("user"), Doc("Id of a user.")]
SessionRef = Annotated[UUID, Ref("session"), Doc("Id of a session.")]

expose(
    Factor,
    "A second factor.",
    {
        Factor.TOTP: "A code of an authenticator app: `verifyTotp`.",
        Factor.WEBAUTHN: "A passkey or security key: `webauthnAuthenticate`.",
        Factor.BACKUP_CODE: "One of the backup codes: `verifyBackupCode`.",
    },
    name="SecondFactor",
)


async def user_by_id(
    app: "Container", viewer: Viewer, ids: Collection[UserId]
) -> Mapping[UserId, User]:
    """Batch of users by their ids."""
    return await app.users.by_ids(viewer, ids)


async def session_by_id(
    app: "Container", viewer: Viewer, ids: Collection[UUID]
) -> Mapping[UUID, Session]:
    """Batch of the viewer's own sessions by their ids."""
    return await app.sessions.by_ids(viewer, ids)


def _private(read: Callable[[User], Any]) -> Batch:
    """Batch of something that only the user and those who may edit accounts are told."""

    async def load(
        app: "Container", viewer: Viewer, ids: Collection[UserId]
    ) -> Mapping[UserId, Any]:
        told = [i for i in ids if i == viewer.user_id or viewer.may(Permission.USERS_UPDATE)]
        users = await app.users.by_ids(viewer, told) if told else {}
        return {user_id: read(user) for user_id, user in users.items()}

    return load


@view(User, node="user", load=user_by_id, access=Permission.PROFILE_READ)
class UserView(Node):
    """A user account. You can see your own; administrators and moderators see all."""

    username: str = field("Name to sign in with; not case-sensitive.")
    display_name: str = field(
        "Name to show; the user name by default.", of=lambda user: user.shown_name
    )
    is_active: bool = field("Whether the account can sign in.")
    max_age: int | None = field(
        "Highest age rating the account may see, in years; null for no limit."
    )
    avatar: AvatarView | None = edge(avatar_by_id, "Picture of the account.", key="avatar_id")
    email: str | None = edge(
        _private(lambda user: user.email),
        "E-mail address; null where you may not see it: it is told to the user and to those who "
        "may edit accounts.",
    )
    email_verified: bool | None = edge(
        _private(lambda user: user.email_verified_at is not None),
        "Whether the e-mail address was verified; null where you may not see it.",
    )
    timezone: str | None = edge(
        _private(lambda user: user.timezone),
        "Time zone, such as `Europe/Berlin`; null where you may not see it.",
    )
    locale: str | None = edge(
        _private(lambda user: user.locale),
        "Language and region, such as `de-CH`; null where you may not see it.",
    )
    created_at: datetime = field("When the account was created.")
    last_login_at: datetime | None = field("When somebody last signed in to the account.")
    roles: list[RoleView] = edge(
        roles_by_user,
        "Its roles, the built-in ones first; empty if you may not list roles.",
        max=MOST_HELD,
        usual=2,
    )
    requires_factor: bool = edge(
        factors_by_user,
        "Whether this account has to show a second factor, whatever its roles say.",
    )


@view(Session, node="session", load=session_by_id, access=Permission.PROFILE_READ)
class SessionView(Node):
    """A login session. It ends when it expires, is revoked, or at a password change elsewhere."""

    method: str = field("How it was opened, such as `password` or `password+totp`.")
    device_name: str | None = field("Name of the device, as given at the login.")
    address: str | None = field("Network address of its last use.")
    agent: str | None = field("Program that opened it, as it calls itself.")
    second_factor: bool = field(
        "Whether a second factor was shown.", of=lambda session: session.factor
    )
    created_at: datetime = field("When it was created.")
    last_active_at: datetime = field("When it was last used, to the minute.")
    authenticated_at: datetime = field(
        "When you last proved who you are; security settings ask for the last ten minutes."
    )
    expires_at: datetime = field("When it expires unless it is refreshed.")


@view(Me)
class ViewerView:
    """Your own account, roles and permissions."""

    user: UserView = field("Your account.")
    roles: list[RoleView] = edge(
        roles_by_user,
        "Your roles, the built-in ones first.",
        key="user_id",
        max=MOST_HELD,
        usual=2,
    )
    permissions: list[str] = field(
        "Your permissions, as `resource:action`; `@requires` names what a field needs."
    )
    session: SessionView | None = field("The session of this request; null for an API key.")
    must_change_password: bool = field(
        "Whether your password is a one-time password that you should change with `changePassword`."
    )
    must_enrol_second_factor: bool = field(
        "Whether you have to set up a second factor before you can do anything else.",
        of=lambda me: me.owes_factor,
    )


@view(LoginSuccess)
class LoginSuccessView:
    """A successful login. With cookies the tokens are null: the browser has them."""

    access_token: str | None = field(
        "Send it as `Authorization: Bearer …`. It is shown only once; keep it secret.",
        of=lambda login: None if login.cookies else login.tokens.access,
    )
    refresh_token: str | None = field(
        "Good once, for `refreshSession`. It is shown only once; keep it secret.",
        of=lambda login: None if login.cookies else login.tokens.refresh,
    )
    expires_at: datetime = field(
        "When the access token expires.", of=lambda login: login.tokens.session.access_expires_at
    )
    session: SessionView = field("The session.", of=lambda login: login.tokens.session)
    device_token: str | None = field(
        "With `rememberDevice`: give it to `login` as `trustedDevice` to skip the second factor. "
        "It is shown only once; keep it secret."
    )
    user: UserView = field("Your account.")
    must_change_password: bool = field(
        "Whether your password is a one-time password that you should change with `changePassword`."
    )
    must_enrol_second_factor: bool = field(
        "Whether you have to set up a second factor before you can do anything else.",
        of=lambda login: login.owes_factor,
    )


@view(MfaRequired)
class MfaRequiredView:
    """The password was right; the login waits for a second factor."""

    challenge: str = field("Give it to the mutation of the factor; good once, for five minutes.")
    methods: list[Factor] = field("What you can show.", of=lambda mfa: list(mfa.factors))
    expires_at: datetime = field("When it expires.")


LoginResult = Annotated[
    LoginSuccessView | MfaRequiredView,
    strawberry.union("LoginResult", description="The result of a login."),
]
