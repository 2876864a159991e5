"""S2: a second factor is asked for at the sign-in, and backup codes and passkeys let in."""

from sqlalchemy import text

from app.core.access import SYSTEM
from app.core.errors import Code
from tests.auth.people import bearer, rows
from tests.mfa.authenticator import PRESENT, Authenticator, Wrong
from tests.mfa.member import (
    AUTHENTICATE,
    CHALLENGE,
    ORIGIN,
    SIGN_IN,
    VERIFY_BACKUP,
    VERIFY_TOTP,
    Member,
    code_of,
)

WHO = "{ viewer { user { username } } }"
WITH_COOKIES = """mutation($password: String!) {
  login(username: "alice", password: $password, cookies: true) { __typename }
}"""


async def name_of(member: Member, login: dict[str, str]) -> str:
    """Whose session a login opened."""
    data = await member.api.run(WHO, bearer(login["accessToken"]))
    return str(data["viewer"]["user"]["username"])


async def open_sessions(member: Member) -> int:
    return len(await rows(member.app, "select 1 from sessions"))


async def test_s2_a_password_alone_does_not_come_in(alice: Member) -> None:
    await alice.enrol_totp()
    before = await open_sessions(alice)
    answer = await alice.log_in()
    assert answer["__typename"] == "MfaRequired"
    assert set(answer) == {"__typename", "challenge", "methods"}
    error = await alice.api.fails("{ sessions { totalCount } }", bearer(answer["challenge"]))
    assert error.code is Code.UNAUTHENTICATED
    body = {"query": WITH_COOKIES, "variables": {"password": "correct horse battery"}}
    response = await alice.api.http.post("https://revenge.test/graphql", json=body)
    assert response.json()["data"]["login"]["__typename"] == "MfaRequired"
    assert "set-cookie" not in response.headers
    assert await open_sessions(alice) == before


async def test_s2_a_wrong_password_does_not_tell_of_a_factor(alice: Member, bob: Member) -> None:
    await alice.enrol_totp()
    found = []
    for name in ("alice", "bob", "nobody"):
        login = f'mutation {{ login(username: "{name}", password: "wrong") {{ __typename }} }}'
        found.append((await alice.api.fails(login)).errors[0])
    for error in found:
        error["extensions"].pop("requestId", None)
    assert found[0] == found[1] == found[2]


async def test_s2_a_code_of_the_app_lets_in(alice: Member) -> None:
    secret = await alice.enrol_totp()
    values = {"challenge": await alice.challenge(), "code": code_of(secret)}
    login = (await alice.api.run(VERIFY_TOTP, None, **values))["verifyTotp"]
    assert await name_of(alice, login) == "alice"
    assert login["session"] == {"method": "password+totp", "secondFactor": True}


async def test_s2_a_backup_code_lets_in(alice: Member) -> None:
    await alice.enrol_totp()
    code = (await alice.backup_codes())[3]
    values = {"challenge": await alice.challenge(), "code": code}
    login = (await alice.api.run(VERIFY_BACKUP, None, **values))["verifyBackupCode"]
    assert await name_of(alice, login) == "alice"


async def test_s2_a_password_and_a_passkey_let_in(alice: Member) -> None:
    authenticator = Authenticator(ORIGIN)
    await alice.enrol_passkey(authenticator)
    challenge = await alice.challenge()
    options = (await alice.api.run(CHALLENGE, None, c=challenge))["webauthnChallenge"]
    values = {"challenge": challenge, "credential": authenticator.sign(options)}
    login = (await alice.api.run(AUTHENTICATE, None, **values))["webauthnAuthenticate"]
    assert await name_of(alice, login) == "alice"
    assert login["session"] == {"method": "password+webauthn", "secondFactor": True}


async def test_s2_a_passkey_alone_lets_in_only_when_it_verified_its_user(
    alice: Member, bob: Member
) -> None:
    authenticator = Authenticator(ORIGIN)
    await alice.enrol_passkey(authenticator)

    async def options() -> dict[str, object]:
        found: dict[str, object] = (await bob.api.run("mutation { passkeyOptions }"))[
            "passkeyOptions"
        ]
        return found

    asked = await options()
    assert not asked.get("allowCredentials")  # it tells nothing of who is there
    login = (await alice.api.run(SIGN_IN, None, credential=authenticator.sign(asked)))[
        "signInWithPasskey"
    ]
    assert await name_of(alice, login) == "alice"
    assert login["session"]["secondFactor"]
    before = await open_sessions(alice)
    for wrong in (
        Wrong(flags=PRESENT),
        Wrong(origin="https://evil.example"),
        Wrong(rp_id="evil.example"),
        Wrong(handle=bob.user.id.bytes),
        Wrong(signature=b"0" * 70),
    ):
        answer = authenticator.sign(await options(), wrong)
        error = await alice.api.fails(SIGN_IN, None, credential=answer)
        assert error.code is Code.UNAUTHENTICATED
        authenticator.rp_id = "media.example.org"
    assert await open_sessions(alice) == before


async def test_s2_who_is_switched_off_does_not_come_in(alice: Member) -> None:
    authenticator = Authenticator(ORIGIN)
    await alice.enrol_passkey(authenticator)
    secret = await alice.enrol_totp()
    challenge = await alice.challenge()
    options = (await alice.api.run("mutation { passkeyOptions }"))["passkeyOptions"]
    async with alice.app.db.write(SYSTEM) as tx:
        await tx.execute(text("update users set is_active = false where username = 'alice'"))
    error = await alice.api.fails(SIGN_IN, None, credential=authenticator.sign(options))
    assert error.code is Code.UNAUTHENTICATED
    values = {"challenge": challenge, "code": code_of(secret)}
    assert (await alice.api.fails(VERIFY_TOTP, None, **values)).code is Code.UNAUTHENTICATED
