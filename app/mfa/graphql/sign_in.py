"""Signing in with a second factor, or with a passkey alone."""

from typing import Annotated, Any

import strawberry
from msgspec.structs import replace
from strawberry.scalars import JSON

from app.auth.domain import LoginSuccess, MfaRequired
from app.auth.graphql import LoginResult, LoginSuccessView, answer, entry_of
from app.auth.graphql.sign_in import Cookies, DeviceName
from app.core.access import PUBLIC
from app.gql.access import mutation
from app.gql.arguments import Doc, Length
from app.gql.credentials import DEVICE_COOKIE
from app.gql.info import Info
from app.gql.reply import Cookie
from app.mfa.graphql.views import Answer, Code

ONLY_GRAPHQL = "/graphql"
ChallengeToken = Annotated[
    str, Length(1, 200), Doc("The challenge of `MfaRequired`, with at most five tries.")
]
Remember = Annotated[
    bool,
    Doc("Trust this device: it is not asked for the second factor for a while."),
]


@strawberry.type
class FactorSignInMutations:
    """The second half of signing in, and passkeys as the whole of it."""

    @mutation(LoginSuccessView, access=PUBLIC, secret=True)
    async def verify_totp(
        self,
        info: Info,
        challenge: ChallengeToken,
        code: Code,
        remember_device: Remember = False,  # noqa: FBT002 - an argument of the API
    ) -> LoginSuccess:
        """Finish a login with a code of the authenticator app. Each code is good once."""
        client = info.context.client
        login = await info.app.verification.totp(challenge, code, client, remember=remember_device)
        return _come_in(info, login)

    @mutation(LoginSuccessView, access=PUBLIC, secret=True)
    async def verify_backup_code(
        self,
        info: Info,
        challenge: ChallengeToken,
        code: Code,
        remember_device: Remember = False,  # noqa: FBT002
    ) -> LoginSuccess:
        """Finish a login with one of the backup codes, which is used up by it."""
        checks, client = info.app.verification, info.context.client
        login = await checks.backup_code(challenge, code, client, remember=remember_device)
        return _come_in(info, login)

    @mutation(JSON, access=PUBLIC, secret=True)
    async def webauthn_challenge(self, info: Info, challenge: ChallengeToken) -> Any:
        """Options to finish a login with a passkey, good once, for five minutes.

        In a browser: `PublicKeyCredential.parseRequestOptionsFromJSON(options)`, then
        `navigator.credentials.get`. It counts as one of the five tries.
        """
        context = info.context
        checks = info.app.verification
        return await checks.passkey_options(challenge, context.client, context.local)

    @mutation(LoginSuccessView, access=PUBLIC, secret=True)
    async def webauthn_authenticate(
        self,
        info: Info,
        challenge: ChallengeToken,
        credential: Answer,
        remember_device: Remember = False,  # noqa: FBT002
    ) -> LoginSuccess:
        """Finish a login with a passkey."""
        checks, client = info.app.verification, info.context.client
        login = await checks.passkey(challenge, credential, client, remember=remember_device)
        return _come_in(info, login)

    @mutation(JSON, access=PUBLIC, secret=True)
    async def passkey_options(self, info: Info) -> Any:
        """Options to sign in with a passkey alone, without a user name; good once, five minutes."""
        return await info.app.verification.any_passkey_options(info.context.local)

    @mutation(LoginResult, access=PUBLIC, secret=True)
    async def sign_in_with_passkey(
        self,
        info: Info,
        credential: Answer,
        device_name: DeviceName = None,
        cookies: Cookies = False,  # noqa: FBT002
    ) -> LoginSuccess | MfaRequired:
        """Sign in with a passkey alone: it verified you itself, nothing else is asked."""
        entry = entry_of(info, device_name, cookies=cookies)
        return answer(info, await info.app.verification.sign_in(credential, entry))


def _come_in(info: Info, login: LoginSuccess) -> LoginSuccess:
    """The login with its cookies, where it was begun with them: the device's, too."""
    answer(info, login)
    if login.cookies and login.device_token is not None:
        lasts = int(info.app.devices.lasts.total_seconds())
        info.context.reply.set(Cookie(DEVICE_COOKIE, login.device_token, lasts, ONLY_GRAPHQL))
        return replace(login, device_token=None)
    return login
