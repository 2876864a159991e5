"""Registering, e-mail addresses, and passwords that were forgotten."""

from typing import Annotated

import strawberry

from app.auth.domain import ForcedReset, NewRegistration, Registered
from app.auth.graphql.views import UserRef
from app.core.access import PUBLIC, Permission
from app.gql.access import mutation, query
from app.gql.arguments import Doc, Length
from app.gql.info import Info
from app.gql.view import field, view

Token = Annotated[str, Length(1, 200), Doc("The token of the link: what follows `#token=`.")]
Email = Annotated[str, Length(1, 320), Doc("E-mail address.")]


@view(Registered)
class RegistrationView:
    """What became of a registration."""

    username: str = field("The user name of the new account.")
    mail_sent: bool = field(
        "Whether a mail is on its way to the address; false where this server sends none."
    )


@view(ForcedReset)
class ForcedResetView:
    """How the user gets another password."""

    mail_sent: bool = field("Whether a mail with a link, good for one hour, is on its way.")
    one_time_password: str | None = field(
        "Where no mail is sent, because this server sends none or the account has no address: a "
        "password that the user has to change after signing in. It is shown only once."
    )


@strawberry.input(description="An account for oneself.")
class RegisterInput:
    """Argument of `register`."""

    username: str = strawberry.field(
        description="3 to 30 characters: letters without accents, digits, `_` and `-`."
    )
    email: str = strawberry.field(
        description="E-mail address; it belongs to the account once it is confirmed."
    )
    password: str = strawberry.field(description="Password, 8 to 1024 bytes, hard to guess.")
    display_name: str | None = strawberry.field(
        default=None, description="Name to show, at most 100 characters; default: the user name."
    )
    locale: str = strawberry.field(
        default="en-US",
        description="Language tag: your locale, and your `displayLanguage` to begin with.",
    )


@strawberry.type
class LetterRoots:
    """`pendingEmail`."""

    @query(str | None, access=Permission.PROFILE_READ)
    async def pending_email(self, info: Info) -> str | None:
        """The e-mail address that you gave and have not confirmed; null if there is none."""
        return await info.app.registration.pending_email(info.viewer)


@strawberry.type
class LetterMutations:
    """What mails are about."""

    @mutation(RegistrationView, access=PUBLIC, secret=True)
    async def register(
        self,
        info: Info,
        input: Annotated[RegisterInput, Doc("The new account.")],  # noqa: A002
    ) -> Registered:
        """Create an account for yourself, where the server allows it, and sign in with `login`.

        CONFLICT for a user name that is taken. Whether the address is taken is told to its owner
        alone, by mail.
        """
        new = NewRegistration(
            username=input.username,
            email=input.email,
            password=input.password,
            display_name=input.display_name,
            locale=input.locale,
        )
        return await info.app.registration.register(new, info.context.client)

    @mutation(bool, access=PUBLIC, secret=True)
    async def verify_email(self, info: Info, token: Token) -> bool:
        """Confirm an e-mail address by the link of a mail. It is good for 24 hours, once."""
        await info.app.registration.verify(token, info.context.client)
        return True

    @mutation(bool, access=Permission.PROFILE_SECURE)
    async def resend_verification(self, info: Info) -> bool:
        """Send the mail that confirms your address again; links of earlier ones become void."""
        await info.app.registration.resend(info.viewer)
        return True

    @mutation(bool, access=Permission.PROFILE_SECURE)
    async def change_email(self, info: Info, new_email: Email) -> bool:
        """Send a mail to another address, which becomes yours when you confirm it.

        REAUTHENTICATE unless you proved lately that it is you.
        """
        await info.app.registration.change_email(info.viewer, new_email)
        return True

    @mutation(bool, access=PUBLIC, secret=True)
    async def forgot_password(self, info: Info, email: Email) -> bool:
        """Send a mail with a link to choose a new password, if the address is somebody's.

        The answer is always the same. UNAVAILABLE where this server sends no mail.
        """
        await info.app.recovery.forget(email, info.context.client)
        return True

    @mutation(bool, access=PUBLIC, secret=True)
    async def reset_password(
        self,
        info: Info,
        token: Token,
        new_password: Annotated[str, Doc("New password, 8 to 1024 bytes, hard to guess.")],
    ) -> bool:
        """Choose a new password by the link of a mail. It is good for one hour, once.

        All sessions and trusted devices of the account end.
        """
        await info.app.recovery.reset(token, new_password, info.context.client)
        return True

    @mutation(ForcedResetView, access=Permission.USERS_SECURE)
    async def force_password_reset(self, info: Info, user_id: UserRef) -> ForcedReset:
        """Make a user choose a new password: the present one is void at once, sessions and trusted
        devices end. A mail brings a link; without one you get a one-time password to hand over.
        """
        return await info.app.recovery.force(info.viewer, user_id)
