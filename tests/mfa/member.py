"""Somebody with a password who sets up second factors and signs in with them, through the API."""

import base64
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM
from app.mfa.service import codes
from app.rbac.domain import BuiltIn
from app.users.domain import User
from tests.auth.people import person
from tests.mfa.authenticator import Authenticator, Wrong
from tests.support.api import Api
from tests.support.people import Somebody

PASSWORD = "correct horse battery"
ORIGIN = "https://media.example.org"
SUCCESS = "accessToken deviceToken mustEnrolSecondFactor session { method secondFactor }"
LOGIN = f"""mutation($username: String!, $password: String!, $device: String) {{
  login(username: $username, password: $password, trustedDevice: $device) {{
    __typename
    ... on LoginSuccess {{ {SUCCESS} }}
    ... on MfaRequired {{ challenge methods }}
  }}
}}"""
STATUS = """{ secondFactors {
  required totp totpSince backupCodesLeft
  passkeys { id name copied synced domain transports lastUsedAt }
  trustedDevices { id name address }
} }"""
VERIFY_TOTP = f"""mutation($challenge: String!, $code: String!, $remember: Boolean) {{
  verifyTotp(challenge: $challenge, code: $code, rememberDevice: $remember) {{ {SUCCESS} }}
}}"""
VERIFY_BACKUP = f"""mutation($challenge: String!, $code: String!) {{
  verifyBackupCode(challenge: $challenge, code: $code) {{ {SUCCESS} }}
}}"""
CHALLENGE = "mutation($c: String!) { webauthnChallenge(challenge: $c) }"
AUTHENTICATE = f"""mutation($challenge: String!, $credential: JSON!) {{
  webauthnAuthenticate(challenge: $challenge, credential: $credential) {{ {SUCCESS} }}
}}"""
SIGN_IN = f"""mutation($credential: JSON!) {{ signInWithPasskey(credential: $credential) {{
  __typename ... on LoginSuccess {{ {SUCCESS} }}
}} }}"""
REGISTER = """mutation($credential: JSON!, $name: String) {
  registerPasskey(credential: $credential, name: $name) { id name domain }
}"""
RENAME = "mutation($id: ID!, $name: String!) { renamePasskey(id: $id, name: $name) { name } }"
DELETE = "mutation($id: ID!) { deletePasskey(id: $id) }"
CONFIRM = "mutation($code: String!) { confirmTotp(code: $code) { totp } }"
SETUP = "mutation { setupTotp { secret uri qr expiresAt } }"
BACKUP_CODES = "mutation { generateBackupCodes { codes } }"
REMOVE_TOTP = "mutation { removeTotp { totp } }"
RESET = "mutation($id: ID!) { resetFactors(userId: $id) { username } }"


@dataclass
class Member:
    """An account with a session."""

    api: Api
    user: User
    me: Somebody

    @property
    def app(self) -> Container:
        return self.api.app

    @classmethod
    async def make(
        cls, api: Api, username: str = "alice", role: BuiltIn = BuiltIn.USER
    ) -> "Member":
        user = await person(api.app, username, role, password=PASSWORD)
        member = cls(api, user, Somebody(user.id, username, ""))
        login = await member.log_in()
        member.me = Somebody(user.id, username, login["accessToken"])
        return member

    async def run(self, document: str, **variables: Any) -> Any:
        """The one root field's answer."""
        return next(iter((await self.api.run(document, self.me, **variables)).values()))

    async def log_in(self, password: str = PASSWORD, device: str | None = None) -> dict[str, Any]:
        """What a login answers."""
        values = {"username": self.user.username, "password": password, "device": device}
        answer: dict[str, Any] = (await self.api.run(LOGIN, None, **values))["login"]
        return answer

    async def challenge(self) -> str:
        """A login that waits for the second factor."""
        answer = await self.log_in()
        assert answer["__typename"] == "MfaRequired", answer
        return str(answer["challenge"])

    async def enrol_totp(self) -> bytes:
        """The secret of an authenticator app that is set up; its codes are all good."""
        made = await self.run(SETUP)
        secret = base64.b32decode(made["secret"])
        await self.run(CONFIRM, code=code_of(secret))
        await self.rewind()
        return secret

    async def rewind(self) -> None:
        """No code of an authenticator app has been used."""
        async with self.app.db.write(SYSTEM) as tx:
            await tx.execute(text("update totp_secrets set last_step = 0"))

    async def backup_codes(self) -> list[str]:
        codes_: list[str] = (await self.run(BACKUP_CODES))["codes"]
        return codes_

    async def registration(self) -> dict[str, Any]:
        await self.app.settings.update(SYSTEM, "server.public_url", ORIGIN)
        options: dict[str, Any] = await self.run("mutation { registerPasskeyOptions }")
        return options

    async def enrol_passkey(
        self, authenticator: Authenticator, name: str = "Laptop", wrong: Wrong | None = None
    ) -> str:
        """The id of a passkey that was registered."""
        made = authenticator.make(await self.registration(), wrong)
        return str((await self.run(REGISTER, credential=made, name=name))["id"])

    async def age(self) -> None:
        """All sessions proved themselves long ago."""
        async with self.app.db.write(SYSTEM) as tx:
            ago = "now() - interval '11 minutes'"
            await tx.execute(text(f"update sessions set authenticated_at = {ago}"))

    async def require(self) -> None:
        """The account has to have a second factor."""
        async with self.app.db.write(SYSTEM) as tx:
            await tx.execute(
                text(
                    "insert into user_policies (user_id, requires_factor) values (:id, true)"
                    " on conflict (user_id) do update set requires_factor = true"
                ),
                {"id": self.user.id},
            )
        self.app.principals.forget(self.user.id)


def code_of(secret: bytes) -> str:
    """The code of now."""
    return codes.code_at(secret, int(time.time()) // codes.PERIOD)


async def actions(app: Container) -> list[str]:
    """What the activity log says of second factors, in order."""
    rows = await app.db.records(
        text("select action from activity_log where action like 'mfa.%' order by id")
    )
    return [row[0] for row in rows]
