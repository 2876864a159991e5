"""Setting up, showing and removing second factors, and what must not work."""

import base64
from typing import Any

import pytest
from sqlalchemy import text

from app.core.access import SYSTEM
from app.core.errors import Code
from app.core.ids import encode_id, new_id
from app.rbac.domain import BuiltIn
from tests.auth.people import rows
from tests.mfa.authenticator import Authenticator
from tests.mfa.member import (
    BACKUP_CODES,
    CONFIRM,
    DELETE,
    ORIGIN,
    REGISTER,
    REMOVE_TOTP,
    RENAME,
    RESET,
    SETUP,
    STATUS,
    VERIFY_BACKUP,
    VERIFY_TOTP,
    Member,
    actions,
    code_of,
)
from tests.support.api import Api

NOTHING: dict[str, Any] = {
    "required": False,
    "totp": False,
    "totpSince": None,
    "backupCodesLeft": 0,
    "passkeys": [],
    "trustedDevices": [],
}


async def test_without_factors_nothing_is_asked(alice: Member) -> None:
    assert (await alice.log_in())["__typename"] == "LoginSuccess"
    assert await alice.run(STATUS) == NOTHING


async def test_an_authenticator_app_counts_from_its_first_code_on(alice: Member) -> None:
    made = await alice.run(SETUP)
    assert made["qr"].startswith("data:image/png;base64,")
    assert made["secret"] in made["uri"]
    assert "Revenge%20Media%20Server" in made["uri"]
    assert (await alice.log_in())["__typename"] == "LoginSuccess"  # not confirmed yet
    error = await alice.api.fails(CONFIRM, alice.me, code="000000")
    assert (error.code, error.field) == (Code.UNAUTHENTICATED, "code")
    assert not (await alice.run(STATUS))["totp"]
    secret = await alice.enrol_totp()
    status = await alice.run(STATUS)
    assert status["totp"]
    assert status["totpSince"]
    answer = await alice.log_in()
    assert answer["methods"] == ["TOTP"]
    code = code_of(secret)
    values = {"challenge": answer["challenge"], "code": code}
    login = (await alice.api.run(VERIFY_TOTP, None, **values))["verifyTotp"]
    assert login["session"] == {"method": "password+totp", "secondFactor": True}
    assert login["deviceToken"] is None


async def test_the_code_that_confirms_is_used_up(alice: Member) -> None:
    made = await alice.run(SETUP)
    secret = base64.b32decode(made["secret"])
    code = code_of(secret)
    await alice.run(CONFIRM, code=code)
    challenge = await alice.challenge()
    error = await alice.api.fails(VERIFY_TOTP, None, challenge=challenge, code=code)
    assert error.code is Code.UNAUTHENTICATED


async def test_a_new_app_replaces_the_old_one_only_when_confirmed(alice: Member) -> None:
    old = await alice.enrol_totp()
    await alice.run(SETUP)
    challenge = await alice.challenge()
    await alice.api.run(VERIFY_TOTP, None, challenge=challenge, code=code_of(old))
    new = await alice.enrol_totp()
    challenge = await alice.challenge()
    error = await alice.api.fails(VERIFY_TOTP, None, challenge=challenge, code=code_of(old))
    assert error.code is Code.UNAUTHENTICATED
    await alice.api.run(VERIFY_TOTP, None, challenge=challenge, code=code_of(new))


async def test_a_setup_that_took_too_long_is_over(alice: Member) -> None:
    made = await alice.run(SETUP)
    async with alice.app.db.write(SYSTEM) as tx:
        past = "now() - interval '16 minutes'"
        await tx.execute(text(f"update totp_secrets set created_at = {past}"))
    code = code_of(base64.b32decode(made["secret"]))
    assert (await alice.api.fails(CONFIRM, alice.me, code=code)).code is Code.CONFLICT


async def test_backup_codes_stand_in_for_a_factor(alice: Member) -> None:
    assert (await alice.api.fails(BACKUP_CODES, alice.me)).code is Code.CONFLICT
    await alice.enrol_totp()
    first = await alice.backup_codes()
    codes = await alice.backup_codes()
    assert len(set(codes)) == 10
    answer = await alice.log_in()
    assert answer["methods"] == ["TOTP", "BACKUP_CODE"]
    challenge = answer["challenge"]
    for gone in (first[0], "aaaa-aaaa-aaaa-aaaa"):
        error = await alice.api.fails(VERIFY_BACKUP, None, challenge=challenge, code=gone)
        assert error.code is Code.UNAUTHENTICATED
    typed = codes[0].upper().replace("-", " ")
    data = await alice.api.run(VERIFY_BACKUP, None, challenge=challenge, code=typed)
    assert data["verifyBackupCode"]["session"]["method"] == "password+backup_code"
    assert (await alice.run(STATUS))["backupCodesLeft"] == 9
    again = await alice.challenge()
    error = await alice.api.fails(VERIFY_BACKUP, None, challenge=again, code=codes[0])
    assert error.code is Code.UNAUTHENTICATED
    await alice.api.run(VERIFY_BACKUP, None, challenge=again, code=codes[1])


async def test_a_code_of_somebody_else_is_none(alice: Member, bob: Member) -> None:
    await alice.enrol_totp()
    await bob.enrol_totp()
    await alice.backup_codes()
    theirs = await bob.backup_codes()
    challenge = await alice.challenge()
    error = await alice.api.fails(VERIFY_BACKUP, None, challenge=challenge, code=theirs[0])
    assert error.code is Code.UNAUTHENTICATED
    assert (await bob.run(STATUS))["backupCodesLeft"] == 10


async def test_what_is_stored_tells_nothing(alice: Member) -> None:
    secret = await alice.enrol_totp()
    codes = await alice.backup_codes()
    ((sealed, key_id),) = await rows(
        alice.app, "select secret_sealed, secret_key_id from totp_secrets"
    )
    assert secret not in sealed
    assert key_id == alice.app.keyring.key_id
    stored = await rows(alice.app, "select mac from backup_codes")
    assert len(stored) == 10
    dump = str(await rows(alice.app, "select t::text from backup_codes t"))
    dump += str(await rows(alice.app, "select t::text from activity_log t"))
    dump += str(await rows(alice.app, "select t::text from outbox t"))
    for code in codes:
        assert code not in dump
        assert code.replace("-", "") not in dump


async def test_the_last_factor_takes_the_rest_with_it(alice: Member) -> None:
    await alice.enrol_totp()
    await alice.backup_codes()
    await alice.run(REMOVE_TOTP)
    assert await alice.run(STATUS) == NOTHING
    assert (await alice.log_in())["__typename"] == "LoginSuccess"
    assert (await alice.api.fails(REMOVE_TOTP, alice.me)).code is Code.CONFLICT
    assert await actions(alice.app) == [
        "mfa.totp_enabled",
        "mfa.backup_codes_generated",
        "mfa.totp_disabled",
    ]


async def test_an_account_that_must_have_a_factor_keeps_the_last_one(alice: Member) -> None:
    await alice.enrol_totp()
    await alice.require()
    assert (await alice.run(STATUS))["required"]
    assert (await alice.api.fails(REMOVE_TOTP, alice.me)).code is Code.CONFLICT
    assert (await alice.run(STATUS))["totp"]
    passkey = await alice.enrol_passkey(Authenticator(ORIGIN))
    await alice.run(REMOVE_TOTP)
    assert (await alice.api.fails(DELETE, alice.me, id=passkey)).code is Code.CONFLICT


async def test_who_owes_a_factor_may_only_enrol_one(alice: Member) -> None:
    await alice.require()
    login = await alice.log_in()
    assert login["mustEnrolSecondFactor"]
    assert (await alice.api.fails("{ libraries { totalCount } }", alice.me)).code is Code.FORBIDDEN
    await alice.enrol_totp()
    assert (await alice.api.run("{ libraries { totalCount } }", alice.me))["libraries"]


async def test_passkeys_have_names_and_are_ones_own(alice: Member) -> None:
    passkey = await alice.enrol_passkey(Authenticator(ORIGIN), " Laptop ")
    other = await alice.enrol_passkey(Authenticator(ORIGIN), "Phone")
    found = (await alice.run(STATUS))["passkeys"]
    assert [(p["id"], p["name"], p["domain"]) for p in found] == [
        (passkey, "Laptop", "media.example.org"),
        (other, "Phone", "media.example.org"),
    ]
    assert (await alice.run(RENAME, id=passkey, name="Desk"))["name"] == "Desk"
    for name in ("", "  ", "a\nb", "x" * 101):
        assert (await alice.api.fails(RENAME, alice.me, id=passkey, name=name)).code is Code.INVALID
    assert await alice.run(DELETE, id=passkey) == passkey
    assert [p["id"] for p in (await alice.run(STATUS))["passkeys"]] == [other]
    assert await actions(alice.app) == [
        "mfa.passkey_added",
        "mfa.passkey_added",
        "mfa.passkey_renamed",
        "mfa.passkey_removed",
    ]


async def test_a_passkey_is_registered_once(alice: Member, bob: Member) -> None:
    authenticator = Authenticator(ORIGIN)
    await alice.enrol_passkey(authenticator)
    options = await alice.registration()
    assert len(options["excludeCredentials"]) == 1
    for member in (alice, bob):
        made = authenticator.make(await member.registration())
        assert (await member.api.fails(REGISTER, member.me, credential=made)).code is Code.CONFLICT


async def test_options_are_good_once_for_whoever_asked(alice: Member, bob: Member) -> None:
    made = Authenticator(ORIGIN).make(await alice.registration())
    assert (await bob.api.fails(REGISTER, bob.me, credential=made)).code is Code.INVALID
    made = Authenticator(ORIGIN).make(await alice.registration())
    await alice.run(REGISTER, credential=made)
    assert (await alice.api.fails(REGISTER, alice.me, credential=made)).code is Code.INVALID
    late = Authenticator(ORIGIN).make(await alice.registration())
    async with alice.app.db.write(SYSTEM) as tx:
        await tx.execute(text("update passkey_challenges set expires_at = now()"))
    assert (await alice.api.fails(REGISTER, alice.me, credential=late)).code is Code.INVALID


async def test_there_is_a_bound_to_passkeys(alice: Member) -> None:
    await alice.enrol_passkey(Authenticator(ORIGIN))
    options = await alice.registration()
    async with alice.app.db.write(SYSTEM) as tx:
        await tx.execute(
            text(
                "insert into passkeys (id, user_id, name, rp_id, credential_id, public_key,"
                " sign_count, aaguid, transports, synced, backed_up)"
                " select gen_random_uuid(), user_id, name, rp_id, sha256(n::text::bytea),"
                " public_key, 0, aaguid, transports, false, false"
                " from passkeys, generate_series(1, 19) n"
            )
        )
    made = Authenticator(ORIGIN).make(options)
    assert (await alice.api.fails(REGISTER, alice.me, credential=made)).code is Code.CONFLICT
    again = "mutation { registerPasskeyOptions }"
    assert (await alice.api.fails(again, alice.me)).code is Code.CONFLICT


async def test_without_an_address_the_error_says_what_to_set(alice: Member) -> None:
    error = await alice.api.fails("mutation { registerPasskeyOptions }", alice.me)
    assert error.code is Code.UNAVAILABLE
    assert "server.public_url" in error.message


async def test_an_administrator_resets_who_may_not_do_more(api: Api, alice: Member) -> None:
    admin = await Member.make(api, "boss", BuiltIn.ADMINISTRATOR)
    other = await Member.make(api, "chief", BuiltIn.ADMINISTRATOR)
    await alice.enrol_totp()
    await alice.backup_codes()
    await alice.enrol_passkey(Authenticator(ORIGIN))
    before = alice.me
    await admin.run(RESET, id=alice.me.ref)
    assert (await api.fails(STATUS, before)).code is Code.UNAUTHENTICATED  # sessions ended
    assert (await alice.log_in())["__typename"] == "LoginSuccess"
    for table in ("totp_secrets", "passkeys", "backup_codes", "backup_peppers", "trusted_devices"):
        assert await rows(alice.app, f"select 1 from {table}") == []
    assert (await actions(alice.app))[-1] == "mfa.reset"
    assert (await api.fails(RESET, admin.me, id=admin.me.ref)).code is Code.CONFLICT
    unknown = encode_id("user", new_id())
    assert (await api.fails(RESET, admin.me, id=unknown)).code is Code.NOT_FOUND
    await admin.run(RESET, id=other.me.ref)
    await admin.age()
    assert (await api.fails(RESET, admin.me, id=alice.me.ref)).code is Code.REAUTHENTICATE


@pytest.mark.parametrize("role", [BuiltIn.USER, BuiltIn.MODERATOR])
async def test_nobody_else_resets(api: Api, alice: Member, role: BuiltIn) -> None:
    somebody = await Member.make(api, "other", role)
    await alice.enrol_totp()
    assert (await api.fails(RESET, somebody.me, id=alice.me.ref)).code is Code.FORBIDDEN
    assert (await alice.run(STATUS))["totp"]


async def test_the_command_line_resets_by_name(alice: Member) -> None:
    await alice.enrol_totp()
    assert await alice.app.factors.reset_by_name("ALICE") == "alice"
    assert (await alice.log_in())["__typename"] == "LoginSuccess"


async def test_a_new_key_opens_what_the_old_one_sealed(alice: Member) -> None:
    """Sealed under another root, secrets are sealed anew, once, and are the same."""
    from app.core.keys import Keyring
    from app.mfa.service import BackupCodes, Totp

    secret = await alice.enrol_totp()
    codes = await alice.backup_codes()
    app = alice.app
    current = "another key of the tests, long enough too"
    old = app.config.secret_key or ""

    class Needs:
        db, clock, settings, factors = app.db, app.clock, app.settings, app.factors
        code_repository, passkey_repository = app.code_repository, app.passkey_repository
        keyring = Keyring(current, [old])

    totp, backup = Totp(Needs()), BackupCodes(Needs())
    assert (await totp.reseal(), await backup.reseal()) == (1, 1)
    assert (await totp.reseal(), await backup.reseal()) == (0, 0)
    Needs.keyring = Keyring(current)  # the old key is forgotten
    totp, backup = Totp(Needs()), BackupCodes(Needs())
    await totp.check(alice.user.id, code_of(secret))
    mac = await backup.check(alice.user.id, codes[0])
    async with app.db.write(SYSTEM) as tx:
        await backup.take(tx, alice.user.id, mac)


async def test_what_is_over_is_deleted(alice: Member) -> None:
    await alice.run(SETUP)
    await alice.registration()
    async with alice.app.db.write(SYSTEM) as tx:
        await tx.execute(text("update totp_secrets set created_at = now() - interval '1 hour'"))
        await tx.execute(text("update passkey_challenges set expires_at = now()"))
    kept = await alice.registration()
    async with alice.app.db.write(SYSTEM) as tx:
        await alice.app.passkeys.forget(tx)
        await alice.app.totp.forget(tx)
        await alice.app.devices.forget(tx)
    assert await rows(alice.app, "select 1 from totp_secrets") == []
    assert len(await rows(alice.app, "select 1 from passkey_challenges")) == 1
    await alice.run(REGISTER, credential=Authenticator(ORIGIN).make(kept))
