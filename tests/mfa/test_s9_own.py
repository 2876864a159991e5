"""S9: factors are their owner's alone, change only after a recent proof, and need a real key."""

from pathlib import Path
from typing import Any

import pytest

from app.container import Container
from app.core.config import ConfigError
from app.core.errors import Code
from tests.auth.people import bearer, rows, sign_in
from tests.conftest import make_config
from tests.mfa.authenticator import Authenticator
from tests.mfa.member import (
    BACKUP_CODES,
    CONFIRM,
    DELETE,
    ORIGIN,
    REGISTER,
    REMOVE_TOTP,
    RENAME,
    SETUP,
    Member,
    code_of,
)

OPTIONS = "mutation { registerPasskeyOptions }"
KEPT = ("totp_secrets", "passkeys", "backup_codes", "backup_peppers", "trusted_devices")


async def stored(member: Member) -> list[Any]:
    """Everything that is kept of factors."""
    return [
        [tuple(row) for row in await rows(member.app, f"select t::text from {table} t order by 1")]
        for table in KEPT
    ]


async def test_s9_a_passkey_of_somebody_else_is_not_found_and_stays(
    alice: Member, bob: Member
) -> None:
    theirs = await alice.enrol_passkey(Authenticator(ORIGIN), "Laptop")
    own = await bob.enrol_passkey(Authenticator(ORIGIN), "Phone")
    before = await stored(alice)
    renamed = await bob.api.fails(RENAME, bob.me, id=theirs, name="Mine")
    deleted = await bob.api.fails(DELETE, bob.me, id=theirs)
    assert (renamed.code, deleted.code) == (Code.NOT_FOUND, Code.NOT_FOUND)
    assert await stored(alice) == before
    assert await bob.run(DELETE, id=own) == own


async def test_s9_nothing_changes_without_a_recent_proof(alice: Member) -> None:
    await alice.enrol_totp()
    passkey = await alice.enrol_passkey(Authenticator(ORIGIN))
    made = Authenticator(ORIGIN).make(await alice.registration())
    await alice.age()
    before = await stored(alice)
    for document, values in (
        (SETUP, {}),
        (CONFIRM, {"code": "000000"}),
        (REMOVE_TOTP, {}),
        (BACKUP_CODES, {}),
        (OPTIONS, {}),
        (REGISTER, {"credential": made}),
        (DELETE, {"id": passkey}),
    ):
        error = await alice.api.fails(document, alice.me, **values)
        assert error.code is Code.REAUTHENTICATE, document
    assert await stored(alice) == before


async def test_s9_a_password_alone_changes_no_factor(alice: Member) -> None:
    """A fresh session that showed no factor, of an account that has one."""
    secret = await alice.enrol_totp()
    passkey = await alice.enrol_passkey(Authenticator(ORIGIN))
    weak = bearer(await sign_in(alice.app, alice.user))
    before = await stored(alice)
    documents: tuple[tuple[str, dict[str, Any]], ...] = (
        (SETUP, {}),
        (REMOVE_TOTP, {}),
        (BACKUP_CODES, {}),
        (OPTIONS, {}),
        (DELETE, {"id": passkey}),
    )
    for document, values in documents:
        error = await alice.api.fails(document, weak, **values)
        assert error.code is Code.REAUTHENTICATE, document
    assert await stored(alice) == before
    again = "mutation($code: String!) { reauthenticateTotp(code: $code) }"
    await alice.api.run(again, weak, code=code_of(secret))
    await alice.api.run(BACKUP_CODES, weak)


async def test_s9_an_api_without_a_secret_key_does_not_start(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """There is no key to fall back to: secrets of factors would be sealed with what all know."""
    config = make_config(database_url, redis_url, tmp_path).model_copy(update={"secret_key": None})
    with pytest.raises(ConfigError, match="REVENGE_SECRET_KEY"):
        await Container(config).open()
