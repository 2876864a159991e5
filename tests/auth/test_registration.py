"""Registering, confirming an address and changing it, from end to end: the API, the job, a real
mail server, and back by the link.
"""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.auth.domain import LetterKind
from app.container import Container
from app.core.access import SYSTEM
from app.core.errors import Code
from tests.auth.by_mail import (
    FORGOT,
    OTHER,
    PASSWORD,
    REGISTER,
    RESEND,
    RESET,
    VERIFY,
    email_of,
    known,
    register,
    signs_in,
)
from tests.auth.people import client_of, person, rows
from tests.mail.test_graphql import configure
from tests.support.api import Api, ApiError
from tests.support.letters import letter
from tests.support.people import People, Somebody
from tests.support.smtp import SmtpServer

CHANGE = "mutation($email: String!) { changeEmail(newEmail: $email) }"
PENDING = "{ pendingEmail }"


# -- registering


async def test_registering_and_confirming_the_address(
    api: Api, app: Container, mailing: SmtpServer
) -> None:
    assert await register(api) == {"username": "ann", "mailSent": True}
    assert await email_of(app, "ann") == (None, False)
    [taken] = await mailing.wait(1)
    assert taken.recipients == ["ann@example.org"]
    assert "Bestätige" in str(taken.mail["Subject"])
    assert "https://media.example.org/verify-email#token=" in taken.body()
    assert "?token" not in taken.body() + taken.body("html")
    assert await signs_in(api, "ann", PASSWORD)
    assert not await signs_in(api, "ann@example.org", PASSWORD)
    assert await api.run(VERIFY, token=taken.token) == {"verifyEmail": True}
    assert await email_of(app, "ann") == ("ann@example.org", True)
    assert await signs_in(api, "Ann@Example.org", PASSWORD)
    roles = await rows(app, "select r.name from user_roles u join roles r on r.id = u.role_id")
    assert [name for (name,) in roles] == ["User"]
    logged = {action for (action,) in await rows(app, "select action from activity_log")}
    assert "user.email_verified" in logged
    actors = await rows(
        app, "select actor_name from activity_log where action = 'user.email_verified'"
    )
    assert actors == [("ann",)]


async def test_mails_are_in_the_preferred_language_whatever_the_locale(
    api: Api, app: Container, mailing: SmtpServer
) -> None:
    user = await known(app)
    ann = await client_of(app, user)
    await api.run('mutation { updateProfile(input: {locale: "de-CH"}) { id } }', ann)
    await api.run(FORGOT, email="ann@example.org")
    assert "Choose a new password" in str((await mailing.wait(1))[0].mail["Subject"])
    prefer = 'mutation { updatePreferences(input: {displayLanguage: "de-CH"}) { displayLanguage } }'
    await api.run(prefer, ann)
    await api.run('mutation { updateProfile(input: {locale: "en-US"}) { id } }', ann)
    await api.run(FORGOT, email="ann@example.org")
    assert "Wähle ein neues Passwort" in str((await mailing.wait(2))[1].mail["Subject"])
    await register(api, "bob", "ann@example.org")  # of an address that is taken its owner hears
    assert "Hallo ann" in (await mailing.wait(3))[2].body()


async def test_whether_an_address_is_taken_is_told_to_its_owner_alone(
    api: Api, app: Container, mailing: SmtpServer
) -> None:
    await known(app)
    assert await register(api, "bob", "ANN@example.org") == {"username": "bob", "mailSent": True}
    [taken] = await mailing.wait(1)
    assert "ann" in taken.body()
    assert "bob" not in taken.body()
    assert "#token=" not in taken.body()
    assert await signs_in(api, "bob", PASSWORD)  # as it would be with a free address
    assert await email_of(app, "bob") == (None, False)
    assert await email_of(app, "ann") == ("ann@example.org", True)


async def test_registering_without_mail_says_that_none_is_sent(api: Api, app: Container) -> None:
    assert await register(api) == {"username": "ann", "mailSent": False}
    assert await rows(app, "select 1 from jobs where kind = 'mail.letter'") == []
    assert await signs_in(api, "ann", PASSWORD)


async def test_registering_can_be_turned_off(api: Api, app: Container) -> None:
    await app.settings.update(SYSTEM, "features.registration_enabled", False)
    with pytest.raises(ApiError, match="ask the administrator") as caught:
        await register(api)
    assert caught.value.code is Code.FORBIDDEN
    assert await rows(app, "select 1 from users") == []


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"name": "a"}, "username", Code.INVALID),
        ({"name": "ann@example.org"}, "username", Code.INVALID),
        ({"name": "TAKEN"}, "username", Code.CONFLICT),
        ({"email": "nobody"}, "email", Code.INVALID),
        ({"email": "a@example.org\nBcc: b@example.org"}, "email", Code.INVALID),
        ({"password": "short"}, "password", Code.INVALID),
        ({"password": "password1"}, "password", Code.INVALID),
        ({"password": "new@example.org"}, "password", Code.INVALID),
        ({"locale": "../../etc"}, "locale", Code.INVALID),
    ],
)
async def test_a_bad_registration_leaves_nothing(
    api: Api, app: Container, values: dict[str, str], field: str, code: Code
) -> None:
    await person(app, "taken")
    good: dict[str, Any] = {"name": "new", "email": "new@example.org", "locale": "en"}
    error = await api.fails(REGISTER, **{**good, "password": PASSWORD, **values})
    assert (error.code, error.field) == (code, field)
    assert await rows(app, "select username from users") == [("taken",)]
    assert await rows(app, "select 1 from account_tokens") == []


# -- confirming


async def test_an_address_goes_to_who_confirms_it_first(api: Api, app: Container) -> None:
    ann, bob = await person(app, "ann"), await person(app, "bob")
    await letter(app, ann.id, LetterKind.VERIFY_EMAIL, "rvm_a", email="x@example.org")
    await letter(app, bob.id, LetterKind.VERIFY_EMAIL, "rvm_b", email="X@example.org")
    await api.run(VERIFY, token="rvm_b")
    assert (await api.fails(VERIFY, token="rvm_a")).code is Code.CONFLICT
    assert await email_of(app, "bob") == ("X@example.org", True)
    assert await email_of(app, "ann") == (None, False)


async def test_a_bad_link_is_a_bad_link_whatever_is_wrong_with_it(api: Api, app: Container) -> None:
    ann, bob = await known(app), await known(app, "bob", "bob@example.org")
    await letter(app, ann.id, LetterKind.VERIFY_EMAIL, "rvm_late", lasts=timedelta(seconds=-1))
    await letter(app, bob.id, LetterKind.VERIFY_EMAIL, "rvm_void")
    await letter(app, bob.id, LetterKind.VERIFY_EMAIL, "rvm_used")
    reset = LetterKind.RESET_PASSWORD
    await letter(app, ann.id, reset, "rvm_reset", email="ann@example.org")
    await api.run(VERIFY, token="rvm_used")
    said = set()
    for token in ("rvm_used", "rvm_late", "rvm_void", "rvm_reset", "rvm_never", "x" * 200):
        error = await api.fails(VERIFY, token=token)
        said.add((error.code, error.message, error.field))
    assert len(said) == 1
    await letter(app, ann.id, LetterKind.VERIFY_EMAIL, "rvm_verify")
    error = await api.fails(RESET, token="rvm_verify", password=OTHER)
    assert {(error.code, error.message, error.field)} == said
    assert await api.run(RESET, token="rvm_reset", password=OTHER)


@pytest.mark.parametrize("kind", [LetterKind.VERIFY_EMAIL, LetterKind.RESET_PASSWORD])
async def test_a_token_is_accepted_once_out_of_50_tries(
    api: Api, app: Container, kind: LetterKind
) -> None:
    await app.settings.update(SYSTEM, "auth.lockout.threshold", 100)
    user = await known(app)
    await letter(app, user.id, kind, "rvm_once")
    query, more = (VERIFY, {}) if kind is LetterKind.VERIFY_EMAIL else (RESET, {"password": OTHER})
    tries = (api.send(query, {"token": "rvm_once", **more}, None) for _ in range(50))
    answers = await asyncio.gather(*tries)
    assert sum("errors" not in answer or not answer["errors"] for answer in answers) == 1
    codes = {a["errors"][0]["extensions"]["code"] for a in answers if a.get("errors")}
    assert codes <= {"INVALID", "RATE_LIMITED"}
    name = "user.email_verified" if kind is LetterKind.VERIFY_EMAIL else "user.password_reset"
    assert len(await rows(app, f"select 1 from activity_log where action = '{name}'")) == 1


async def test_guessing_tokens_is_slowed_down(api: Api) -> None:
    codes = [(await api.fails(VERIFY, token=f"rvm_{n}")).code for n in range(25)]
    assert codes[0] is Code.INVALID
    assert codes[-1] is Code.RATE_LIMITED


async def test_asking_for_the_mail_again(
    api: Api, app: Container, mailing: SmtpServer, people: People
) -> None:
    await register(api)
    [first] = await mailing.wait(1)
    [(user_id,)] = await rows(app, "select id from users where username = 'ann'")
    ann = Somebody(user_id, "ann", await people.session(user_id))
    assert await api.run(PENDING, ann) == {"pendingEmail": "ann@example.org"}
    assert await api.run(RESEND, ann) == {"resendVerification": True}
    second = (await mailing.wait(2))[1]
    assert (await api.fails(VERIFY, token=first.token)).code is Code.INVALID
    for sent in (3, 4, 5):
        await api.run(RESEND, ann)
        await mailing.wait(sent)
    error = await api.fails(RESEND, ann)
    assert error.code is Code.RATE_LIMITED
    last = (await mailing.wait(5))[-1]
    assert second.token != last.token
    await api.run(VERIFY, token=last.token)
    assert await api.run(PENDING, ann) == {"pendingEmail": None}
    assert (await api.fails(RESEND, ann)).code is Code.CONFLICT


# -- another address


async def test_changing_the_address_takes_effect_when_the_new_one_is_confirmed(
    api: Api, app: Container, mailing: SmtpServer, people: People
) -> None:
    user = await known(app)
    ann = Somebody(user.id, "ann", await people.session(user.id))
    await api.run(CHANGE, ann, email="new@example.org")
    [taken] = await mailing.wait(1)
    assert taken.recipients == ["new@example.org"]
    assert await email_of(app, "ann") == ("ann@example.org", True)
    assert await api.run(PENDING, ann) == {"pendingEmail": "new@example.org"}
    await api.run(VERIFY, token=taken.token)
    assert await email_of(app, "ann") == ("new@example.org", True)
    told = (await mailing.wait(2))[1]
    assert told.recipients == ["ann@example.org"]
    assert "new@example.org" not in told.body()
    assert "#token" not in told.body()
    [(changes,)] = await rows(
        app, "select changes from activity_log where action = 'user.email_verified'"
    )
    assert changes == {"email": "changed"}  # moderators read the log, and no addresses


async def test_changing_the_address_needs_a_recent_proof_and_mail(
    api: Api, app: Container, people: People, smtp: SmtpServer
) -> None:
    user = await known(app)
    ann = Somebody(user.id, "ann", await people.session(user.id))
    assert (await api.fails(CHANGE, ann, email="new@example.org")).code is Code.UNAVAILABLE
    assert (await api.fails(RESEND, ann)).code is Code.UNAVAILABLE
    await configure(app, smtp)
    await rows(
        app,
        "update sessions set authenticated_at = now() - interval '11 minutes' returning 1",
    )
    assert (await api.fails(CHANGE, ann, email="new@example.org")).code is Code.REAUTHENTICATE
    assert await rows(app, "select 1 from account_tokens") == []
