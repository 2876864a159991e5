"""Somebody with every kind of second factor, and an answer ready for every question."""

import base64
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from sqlalchemy import text

from app.auth.domain import Entry, MfaRequired
from app.container import Container
from app.core.access import SYSTEM
from app.core.ids import encode_id
from app.mfa.domain import Purpose
from app.mfa.service import codes
from tests.mfa.authenticator import Authenticator
from tests.mfa.member import ORIGIN, code_of
from tests.support.people import Somebody

TABLES = (
    "totp_secrets",
    "passkeys",
    "passkey_challenges",
    "backup_codes",
    "backup_peppers",
    "trusted_devices",
    "sign_in_challenges",
    "sign_in_attempts",
)


@dataclass
class Stage:
    """What the mutations of second factors are called with."""

    setup_code: str
    code: str
    backup_code: str
    passkey: str
    device: str
    challenge: str
    answers: dict[Purpose, dict[str, Any]]

    @classmethod
    def nothing(cls) -> Self:
        """Values of the right form that are good for nothing."""
        wrong: dict[str, Any] = {"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}
        return cls(
            setup_code="000000",
            code="000000",
            backup_code="aaaa-aaaa-aaaa-aaaa",
            passkey=encode_id("passkey", UUID(int=0)),
            device=encode_id("device", UUID(int=0)),
            challenge="rvc_nothing",
            answers=dict.fromkeys(Purpose, wrong),
        )

    @classmethod
    async def make(cls, app: Container, somebody: Somebody) -> Self:
        """A stage for one, and for nobody else at the same time."""
        await app.settings.update(SYSTEM, "server.public_url", ORIGIN)
        async with app.db.write(SYSTEM) as tx:
            for table in TABLES:
                await tx.execute(text(f"delete from {table}"))
            await tx.execute(text("update sessions set authenticated_at = now()"))
            await tx.execute(
                text("update sessions set factor = true where user_id = :id"), {"id": somebody.id}
            )
        app.principals._lost()
        viewer = await app.principals.viewer(somebody.token)
        secret = base64.b32decode((await app.totp.set_up(viewer)).secret)
        await app.totp.confirm(viewer, code_of(secret))
        async with app.db.write(SYSTEM) as tx:
            await tx.execute(text("update totp_secrets set last_step = 0"))
        setup = await app.totp.set_up(viewer)
        backup_codes = await app.backup_codes.generate(viewer)
        authenticator, other = Authenticator(ORIGIN), Authenticator(ORIGIN)
        made = authenticator.make(await app.passkeys.registration(viewer, None))
        passkey = await app.passkeys.register(viewer, made, "Laptop")
        async with app.db.write(SYSTEM) as tx:
            waiting = await app.sign_in.admit(tx, somebody.id, "password", Entry())
            await app.devices.trust(tx, somebody.id, Entry())
        assert isinstance(waiting, MfaRequired)
        (device,) = await app.device_repository.of_user(somebody.id, app.clock.now())
        checks = app.verification
        second = await checks.passkey_options(waiting.challenge, viewer.client, None)
        answers = {
            Purpose.REGISTER: other.make(await app.passkeys.registration(viewer, None)),
            Purpose.SECOND_FACTOR: authenticator.sign(second),
            Purpose.SIGN_IN: authenticator.sign(await checks.any_passkey_options(None)),
            Purpose.REAUTHENTICATE: authenticator.sign(
                await checks.reauthentication_options(viewer, None)
            ),
        }
        return cls(
            setup_code=codes.code_at(base64.b32decode(setup.secret), _step(app)),
            code=code_of(secret),
            backup_code=backup_codes.codes[0],
            passkey=encode_id("passkey", passkey.id),
            device=encode_id("device", device.id),
            challenge=waiting.challenge,
            answers=answers,
        )


def _step(app: Container) -> int:
    return int(app.clock.now().timestamp()) // codes.PERIOD
