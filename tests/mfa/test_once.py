"""What is good once is taken once, however many try at the same time; guessing comes to an end."""

import asyncio
from collections import Counter
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from app.auth.domain import BadChallenge, Entry, MfaRequired
from app.core.access import SYSTEM, Client
from app.core.errors import Code, RateLimited
from app.mfa.domain import BadCode
from tests.auth.people import rows
from tests.mfa.authenticator import Authenticator
from tests.mfa.member import (
    AUTHENTICATE,
    CHALLENGE,
    ORIGIN,
    REGISTER,
    SIGN_IN,
    STATUS,
    VERIFY_BACKUP,
    VERIFY_TOTP,
    Member,
    code_of,
)

MANY = 50
WRONG = "000000"


async def outcomes(member: Member, document: str, values: list[dict[str, Any]]) -> Counter[str]:
    """How often what was answered when all of these are sent at the same time."""

    async def one(variables: dict[str, Any]) -> str:
        answer = await member.api.send(document, variables, None)
        errors = answer.get("errors")
        return errors[0]["extensions"]["code"] if errors else "ok"

    return Counter(await asyncio.gather(*(one(variables) for variables in values)))


async def patient(member: Member) -> None:
    """The lockout does not come between."""
    await member.app.settings.update(SYSTEM, "auth.lockout.threshold", 100)


async def challenges(member: Member, count: int) -> list[str]:
    """Logins that wait for the second factor, each with tries of its own."""
    found = []
    async with member.app.db.write(SYSTEM) as tx:
        for _ in range(count):
            waiting = await member.app.sign_in.admit(tx, member.user.id, "password", Entry())
            assert isinstance(waiting, MfaRequired)
            found.append(waiting.challenge)
    return found


async def sessions(member: Member) -> int:
    found = await rows(member.app, "select 1 from sessions where factor and method like '%+%'")
    return len(found)


# -- exactly once


async def test_a_code_of_an_app_opens_one_session(alice: Member) -> None:
    secret = await alice.enrol_totp()
    await patient(alice)
    code = code_of(secret)
    values = [{"challenge": c, "code": code} for c in await challenges(alice, MANY)]
    assert await outcomes(alice, VERIFY_TOTP, values) == {"ok": 1, "UNAUTHENTICATED": MANY - 1}
    assert await sessions(alice) == 1


async def test_a_backup_code_opens_one_session(alice: Member) -> None:
    await alice.enrol_totp()
    code = (await alice.backup_codes())[0]
    await patient(alice)
    values = [{"challenge": c, "code": code} for c in await challenges(alice, MANY)]
    assert await outcomes(alice, VERIFY_BACKUP, values) == {"ok": 1, "UNAUTHENTICATED": MANY - 1}
    assert await sessions(alice) == 1
    assert (await alice.run(STATUS))["backupCodesLeft"] == 9


async def test_a_login_opens_one_session_whatever_is_shown(alice: Member) -> None:
    """Two factors that are both good, for one login at the same time."""
    secret = await alice.enrol_totp()
    backup = await alice.backup_codes()
    await patient(alice)
    for number in range(10):
        await alice.rewind()
        (challenge,) = await challenges(alice, 1)
        found = await asyncio.gather(
            outcomes(alice, VERIFY_TOTP, [{"challenge": challenge, "code": code_of(secret)}]),
            outcomes(alice, VERIFY_BACKUP, [{"challenge": challenge, "code": backup[number]}]),
        )
        assert sum(found, Counter()) == {"ok": 1, "UNAUTHENTICATED": 1}
        assert await sessions(alice) == number + 1


async def test_a_code_proves_oneself_again_once(alice: Member) -> None:
    secret = await alice.enrol_totp()
    await patient(alice)
    again = "mutation($code: String!) { reauthenticateTotp(code: $code) }"
    code = code_of(secret)
    answers = await asyncio.gather(
        *(alice.api.send(again, {"code": code}, alice.me) for _ in range(MANY))
    )
    assert sum("errors" not in answer for answer in answers) == 1


async def test_options_make_one_passkey(alice: Member) -> None:
    made = Authenticator(ORIGIN).make(await alice.registration())
    answers = await asyncio.gather(
        *(alice.api.send(REGISTER, {"credential": made}, alice.me) for _ in range(MANY))
    )
    assert sum("errors" not in answer for answer in answers) == 1
    refused = [
        answer["errors"][0]["extensions"]["code"] for answer in answers if "errors" in answer
    ]
    assert refused == ["INVALID"] * (MANY - 1)
    assert len((await alice.run(STATUS))["passkeys"]) == 1


@pytest.mark.parametrize("counts", [True, False])
async def test_an_answer_of_a_passkey_signs_in_once(counts: bool, alice: Member) -> None:
    """Also that of one whose counter stands still, as synced ones do."""
    authenticator = Authenticator(ORIGIN, counts=counts)
    await alice.enrol_passkey(authenticator)
    await patient(alice)
    options = (await alice.api.run("mutation { passkeyOptions }"))["passkeyOptions"]
    before = len(await rows(alice.app, "select 1 from sessions"))
    values = [{"credential": authenticator.sign(options)}] * MANY
    assert await outcomes(alice, SIGN_IN, values) == {"ok": 1, "UNAUTHENTICATED": MANY - 1}
    assert len(await rows(alice.app, "select 1 from sessions")) == before + 1
    assert not (await alice.run(STATUS))["passkeys"][0]["copied"]


async def test_an_answer_of_a_passkey_completes_one_login(alice: Member) -> None:
    authenticator = Authenticator(ORIGIN, counts=False)
    await alice.enrol_passkey(authenticator)
    await patient(alice)
    challenge, *others = await challenges(alice, 5)
    options = (await alice.api.run(CHALLENGE, None, c=challenge))["webauthnChallenge"]
    answer = authenticator.sign(options)
    values = [{"challenge": c, "credential": answer} for c in [challenge] * 46 + others]
    found = await outcomes(alice, AUTHENTICATE, values)
    # An answer for another login uses the challenge up without opening anything.
    assert found["ok"] <= 1
    assert found["ok"] + found["UNAUTHENTICATED"] == MANY
    assert await sessions(alice) == found["ok"]


# -- guessing


async def test_a_login_takes_five_tries_however_they_come(alice: Member) -> None:
    secret = await alice.enrol_totp()
    challenge = await alice.challenge()
    await patient(alice)
    values = [{"challenge": challenge, "code": WRONG}] * MANY
    assert await outcomes(alice, VERIFY_TOTP, values) == {"UNAUTHENTICATED": MANY}
    looked_at = await rows(alice.app, "select 1 from sign_in_attempts where kind = 'totp'")
    assert len(looked_at) == 5
    error = await alice.api.fails(VERIFY_TOTP, None, challenge=challenge, code=code_of(secret))
    assert error.code is Code.UNAUTHENTICATED


async def test_guessing_over_many_logins_is_locked_out(alice: Member) -> None:
    """Who knows the password gets as many challenges as they like, and no more codes by it."""
    secret = await alice.enrol_totp()
    waiting = await challenges(alice, MANY + 1)
    values = [{"challenge": c, "code": WRONG} for c in waiting[:MANY]]
    assert await outcomes(alice, VERIFY_TOTP, values) == {
        "UNAUTHENTICATED": 5,
        "RATE_LIMITED": MANY - 5,
    }
    error = await alice.api.fails(VERIFY_TOTP, None, challenge=waiting[MANY], code=code_of(secret))
    assert error.code is Code.RATE_LIMITED
    assert error.errors[0]["extensions"]["retryAfter"] > 0
    assert await sessions(alice) == 0


async def test_every_factor_counts_for_the_same_account(alice: Member) -> None:
    await alice.enrol_totp()
    await alice.backup_codes()
    waiting = await challenges(alice, 6)
    for number, challenge in enumerate(waiting[:5]):
        document = VERIFY_TOTP if number % 2 else VERIFY_BACKUP
        error = await alice.api.fails(document, None, challenge=challenge, code=WRONG)
        assert error.code is Code.UNAUTHENTICATED
    for document in (VERIFY_TOTP, VERIFY_BACKUP):
        error = await alice.api.fails(document, None, challenge=waiting[5], code=WRONG)
        assert error.code is Code.RATE_LIMITED


async def test_many_addresses_do_not_help(alice: Member) -> None:
    await alice.enrol_totp()

    async def guess(number: int, challenge: str) -> str:
        client = Client(f"203.0.{number}.7")
        try:
            await alice.app.verification.totp(challenge, WRONG, client, remember=False)
        except (BadCode, BadChallenge, RateLimited) as error:
            return error.code.value
        return "ok"

    waiting = await challenges(alice, MANY)
    found = Counter(await asyncio.gather(*(guess(n, c) for n, c in enumerate(waiting))))
    assert found == {"UNAUTHENTICATED": 10, "RATE_LIMITED": MANY - 10}


async def test_one_operation_is_one_guess(alice: Member) -> None:
    secret = await alice.enrol_totp()
    challenge = await alice.challenge()
    field = f'verifyTotp(challenge: "{challenge}", code: "%s") {{ accessToken }}'
    guesses = " ".join(f"a{n}: {field % f'{n:06}'}" for n in range(5))
    mixed = (
        f'{field % WRONG} verifyBackupCode(challenge: "{challenge}", code: "x") {{ accessToken }}'
    )
    spread = f"...F ...F }} fragment F on Mutation {{ a: {field % WRONG} b: {field % WRONG}"
    for body in (guesses, mixed, spread):
        error = await alice.api.fails(f"mutation {{ {body} }}")
        assert error.code in (Code.INVALID, Code.TOO_COMPLEX), error
    batch = orjson.dumps([{"query": f"mutation {{ {field % WRONG} }}"}] * 10)
    headers = {"content-type": "application/json"}
    response = await alice.api.http.post("/graphql", content=batch, headers=headers)
    assert response.status_code == 400
    assert await rows(alice.app, "select 1 from sign_in_attempts") == []
    values = {"challenge": challenge, "code": code_of(secret)}
    assert (await alice.api.run(VERIFY_TOTP, None, **values))["verifyTotp"]["accessToken"]


async def test_a_good_code_forgets_the_wrong_ones_of_its_address(alice: Member) -> None:
    secret = await alice.enrol_totp()
    for _ in range(2):
        await alice.rewind()
        first, second = await challenges(alice, 2)
        values = [{"challenge": first, "code": WRONG}] * 4
        assert await outcomes(alice, VERIFY_TOTP, values) == {"UNAUTHENTICATED": 4}
        values = [{"challenge": second, "code": code_of(secret)}]
        assert await outcomes(alice, VERIFY_TOTP, values) == {"ok": 1}
    async with alice.app.db.write(SYSTEM) as tx:
        assert (await tx.execute(text("select count(*) from sign_in_attempts"))).scalar() == 0
