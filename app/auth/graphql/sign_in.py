"""Signing in and out, and proving again that it is oneself."""

from typing import Annotated, Any

import strawberry
from msgspec.structs import replace

from app.auth.domain import BadRefreshToken, Entry, LoginSuccess, MfaRequired, Tokens
from app.auth.graphql.views import LoginResult, LoginSuccessView
from app.auth.service.cookies import forget_cookies, session_cookies
from app.core.access import PUBLIC, Permission
from app.gql.access import mutation
from app.gql.arguments import Doc, Length
from app.gql.credentials import DEVICE_COOKIE, REFRESH_COOKIE
from app.gql.info import Info

Username = Annotated[str, Length(1, 254), Doc("User name or e-mail address; not case-sensitive.")]
Password = Annotated[str, Doc("Password, 8 to 1024 bytes.")]
DeviceName = Annotated[
    str | None, Length(0, 100), Doc("Name of this device, to be shown in `sessions`.")
]
Cookies = Annotated[
    bool,
    Doc(
        "For pages in a browser: keep the tokens in cookies that scripts cannot read. Requests "
        "then need the header `X-Revenge-CSRF: 1`."
    ),
]


def entry_of(info: Info, device_name: str | None, *, cookies: bool) -> Entry:
    """How the caller comes in. Raises Conflict where a browser would not keep the cookies."""
    if cookies:
        info.context.reply.require_cookies()
    return Entry(
        client=info.context.client,
        device_name=device_name,
        trusted_device=info.context.cookies.get(DEVICE_COOKIE),
        cookies=cookies,
    )


def answer(info: Info, result: LoginSuccess | MfaRequired) -> LoginSuccess | MfaRequired:
    """The result of a login, with its cookies where it was asked for them."""
    if isinstance(result, LoginSuccess) and result.cookies:
        set_cookies(info, result.tokens)
    return result


def set_cookies(info: Info, tokens: Tokens) -> None:
    """Hand the tokens to the browser."""
    info.context.reply.require_cookies()
    for cookie in session_cookies(tokens):
        info.context.reply.set(cookie)


@strawberry.type
class SignInMutations:
    """Signing in and out."""

    @mutation(LoginResult, access=PUBLIC, secret=True)
    async def login(  # noqa: PLR0913 - the arguments of the mutation
        self,
        info: Info,
        *,
        username: Username,
        password: Password,
        device_name: DeviceName = None,
        trusted_device: Annotated[
            str | None, Length(1, 100), Doc("Token of a trusted device; skips the second factor.")
        ] = None,
        cookies: Cookies = False,
    ) -> Any:
        """Sign in. A wrong user name and a wrong password give the same error, UNAUTHENTICATED.

        After several failures the answer is RATE_LIMITED for a while.
        """
        entry = entry_of(info, device_name, cookies=cookies)
        if trusted_device is not None:
            entry = replace(entry, trusted_device=trusted_device)
        return answer(info, await info.app.sign_in.password(username, password, entry))

    @mutation(LoginSuccessView, access=PUBLIC, secret=True)
    async def refresh_session(
        self,
        info: Info,
        refresh_token: Annotated[
            str | None, Length(1, 200), Doc("The refresh token; by default that of the cookie.")
        ] = None,
    ) -> LoginSuccess:
        """Get the next access and refresh token of a session; the present ones become invalid.

        A refresh token is good once. If it comes a second time, the whole session ends.
        """
        token = refresh_token or info.context.cookies.get(REFRESH_COOKIE)
        if token is None:
            raise BadRefreshToken
        tokens = await info.app.sessions.refresh(token, info.context.client)
        if refresh_token is None:
            set_cookies(info, tokens)
        return await info.app.accounts.refreshed(tokens, cookies=refresh_token is None)

    @mutation(bool, access=Permission.PROFILE_READ)
    async def logout(self, info: Info) -> bool:
        """Sign out: the session of this request ends, and its cookies go."""
        await info.app.sessions.sign_out(info.viewer)
        for cookie in forget_cookies():
            info.context.reply.set(cookie)
        return True

    @mutation(bool, access=Permission.PROFILE_SECURE, secret=True)
    async def reauthenticate(self, info: Info, password: Password) -> bool:
        """Prove by your password that it is you: for ten minutes security settings can be changed.

        They answer REAUTHENTICATE without it. A second factor can be shown instead.
        """
        await info.app.accounts.reauthenticate(info.viewer, password)
        return True

    @mutation(bool, access=Permission.PROFILE_SECURE, secret=True)
    async def change_password(
        self,
        info: Info,
        current_password: Annotated[str, Doc("Your current password.")],
        new_password: Annotated[str, Doc("New password, 8 to 1024 bytes, and not easily guessed.")],
    ) -> bool:
        """Change your password. Your other sessions end; this one continues."""
        await info.app.accounts.change_password(info.viewer, current_password, new_password)
        return True
