"""Trusted devices, and passkeys that somebody copied, through the API."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.core.access import SYSTEM
from app.core.errors import Code
from tests.auth.people import rows
from tests.mfa.authenticator import Authenticator
from tests.mfa.member import (
    AUTHENTICATE,
    CHALLENGE,
    DELETE,
    ORIGIN,
    PASSWORD,
    REMOVE_TOTP,
    SIGN_IN,
    STATUS,
    VERIFY_TOTP,
    Member,
    actions,
    code_of,
)
from tests.oidc.links import linked

REVOKE = "mutation($id: ID!) { revokeTrustedDevice(id: $id) }"
REVOKE_ALL = "mutation { revokeTrustedDevices }"


async def trusted(member: Member, secret: bytes) -> str:
    """The token of a device that is trusted now."""
    await member.rewind()
    values = {"challenge": await member.challenge(), "code": code_of(secret), "remember": True}
    login = (await member.api.run(VERIFY_TOTP, None, **values))["verifyTotp"]
    token: str = login["deviceToken"]
    assert token.startswith("rvd_")
    return token


async def asks(member: Member, device: str) -> bool:
    """Whether the second factor is asked of this device."""
    return bool((await member.log_in(device=device))["__typename"] == "MfaRequired")


async def test_a_trusted_device_is_not_asked_and_others_are(alice: Member, bob: Member) -> None:
    token = await trusted(alice, await alice.enrol_totp())
    login = await alice.log_in(device=token)
    assert login["session"] == {"method": "password", "secondFactor": True}
    for other in (f"{token}x", "rvd_nothing", token[4:], f"rvs_{token[4:]}"):
        assert await alice.log_in(device=other) | {"challenge": ""} == {
            "__typename": "MfaRequired",
            "challenge": "",
            "methods": ["TOTP"],
        }
    await bob.enrol_totp()
    assert await asks(bob, token)
    wrong = 'mutation($d: String!) { login(username: "alice", password: "no", trustedDevice: $d) {'
    error = await alice.api.fails(f"{wrong} __typename }} }}", None, d=token)
    assert error.code is Code.UNAUTHENTICATED
    dump = str(await rows(alice.app, "select t::text from trusted_devices t"))
    assert token not in dump


async def test_devices_are_revoked_one_by_one_or_all(alice: Member, bob: Member) -> None:
    secret = await alice.enrol_totp()
    first, second, third = [await trusted(alice, secret) for _ in range(3)]
    found = (await alice.run(STATUS))["trustedDevices"]
    assert len(found) == 3
    oldest = found[-1]["id"]
    assert (await alice.api.fails(REVOKE, bob.me, id=oldest)).code is Code.NOT_FOUND
    assert not await asks(alice, first)
    await alice.run(REVOKE, id=oldest)
    assert await asks(alice, first)
    assert not await asks(alice, second)
    assert await bob.run(REVOKE_ALL) == 0
    assert await alice.run(REVOKE_ALL) == 2
    assert await asks(alice, second)
    assert await asks(alice, third)


async def test_trust_ends_with_its_time(alice: Member) -> None:
    token = await trusted(alice, await alice.enrol_totp())
    async with alice.app.db.write(SYSTEM) as tx:
        await tx.execute(text("update trusted_devices set expires_at = now()"))
    assert await asks(alice, token)


async def test_trust_ends_with_a_factor(alice: Member) -> None:
    secret = await alice.enrol_totp()
    token = await trusted(alice, secret)
    await alice.enrol_passkey(Authenticator(ORIGIN))
    assert not await asks(alice, token)
    await alice.run(REMOVE_TOTP)
    assert await asks(alice, token)


@pytest.mark.parametrize("how", ["new", "reset"])
async def test_trust_ends_with_the_password(how: str, alice: Member) -> None:
    """Also where the password is void, or set back to what it was."""
    token = await trusted(alice, await alice.enrol_totp())
    app, user_id = alice.app, alice.user.id
    if how == "new":
        hashed = await app.hasher.hash(PASSWORD)
        async with app.db.write(SYSTEM) as tx:
            await app.auth_repository.set_password(tx, user_id, hashed, one_time=False)
    else:  # what a reset by mail and a forced one have in common
        async with app.db.write(SYSTEM) as tx:
            await app.password_changes.record(tx, user_id, "password reset")
        assert await rows(app, "select 1 from trusted_devices") == []
        assert (await actions(app))[-1] == "mfa.device_revoked"
    assert await asks(alice, token)


async def test_a_browser_keeps_its_device_in_a_cookie(alice: Member) -> None:
    secret = await alice.enrol_totp()
    http = alice.api.http

    async def post(document: str, **variables: Any) -> Any:
        headers = {"x-revenge-csrf": "1"}
        body = {"query": document, "variables": variables}
        return await http.post("https://revenge.test/graphql", json=body, headers=headers)

    login = """mutation($password: String!) {
      login(username: "alice", password: $password, cookies: true) {
        __typename ... on MfaRequired { challenge } } }"""
    waiting = (await post(login, password=PASSWORD)).json()["data"]["login"]
    values = {"challenge": waiting["challenge"], "code": code_of(secret), "remember": True}
    answer = await post(VERIFY_TOTP, **values)
    assert answer.json()["data"]["verifyTotp"]["deviceToken"] is None
    (kept,) = [c for c in answer.headers.get_list("set-cookie") if c.startswith("revenge_device=")]
    for part in ("HttpOnly", "SameSite=Lax", "Path=/graphql"):
        assert part.lower() in kept.lower()
    token = kept.partition("=")[2].partition(";")[0]
    assert token.startswith("rvd_")
    assert token not in answer.text
    http.cookies.clear()
    cookie = {"cookie": f"revenge_device={token}"}
    body = {"query": login, "variables": {"password": PASSWORD}}
    again = await http.post("https://revenge.test/graphql", json=body, headers=cookie)
    assert again.json()["data"]["login"]["__typename"] == "LoginSuccess"
    http.cookies.clear()


async def test_a_copied_passkey_is_found_out_and_refused_from_then_on(alice: Member) -> None:
    authenticator = Authenticator(ORIGIN)
    await alice.enrol_passkey(authenticator)
    await alice.app.settings.update(SYSTEM, "auth.lockout.threshold", 100)

    async def alone(device: Authenticator) -> Any:
        options = (await alice.api.run("mutation { passkeyOptions }"))["passkeyOptions"]
        return await alice.api.send(SIGN_IN, {"credential": device.sign(options)}, None)

    assert "errors" not in await alone(authenticator)
    copy = authenticator.copy()
    assert "errors" not in await alone(authenticator)
    assert "copied" in (await alone(copy))["errors"][0]["message"]  # its counter came before
    assert (await alice.run(STATUS))["passkeys"][0]["copied"]
    assert (await actions(alice.app))[-1] == "mfa.clone_detected"
    for device in (authenticator, copy, authenticator):  # nobody knows which one is the thief's
        assert (await alone(device))["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert (await actions(alice.app)).count("mfa.clone_detected") == 1
    challenge = await alice.challenge()  # it does not open the account either
    options = (await alice.api.run(CHALLENGE, None, c=challenge))["webauthnChallenge"]
    assert not options.get("allowCredentials")
    values = {"challenge": challenge, "credential": authenticator.sign(options)}
    assert (await alice.api.fails(AUTHENTICATE, None, **values)).code is Code.UNAUTHENTICATED


async def test_who_has_a_passkey_is_not_stranded(alice: Member, bob: Member) -> None:
    """A link with a provider may be the last way in for who has no password; a passkey is one."""
    authenticator = Authenticator(ORIGIN)
    await alice.enrol_passkey(authenticator)
    ids = {alice.user.id, bob.user.id}

    async def stranded() -> frozenset[UUID]:
        async with alice.app.db.write(SYSTEM) as tx:
            return await alice.app.ways_in.stranded(tx, ids)

    assert await stranded() == frozenset()
    async with alice.app.db.write(SYSTEM) as tx:
        await tx.execute(text("delete from user_passwords"))
    assert await stranded() == {bob.user.id}
    passkey = (await alice.run(STATUS))["passkeys"][0]["id"]
    assert (await alice.api.fails(DELETE, alice.me, id=passkey)).code is Code.CONFLICT
    assert len((await alice.run(STATUS))["passkeys"]) == 1
    await linked(alice.app, alice.me)
    assert await alice.run(DELETE, id=passkey) == passkey
    await alice.enrol_passkey(Authenticator(ORIGIN))
    async with alice.app.db.write(SYSTEM) as tx:
        await tx.execute(text("delete from oidc_links"))
    assert await stranded() == {bob.user.id}
    async with alice.app.db.write(SYSTEM) as tx:
        await tx.execute(text("update passkeys set cloned_at = now()"))
    assert await stranded() == ids
