"""Mails to users from end to end: the API, the job, a real mail server, and back by the link."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.auth.domain import LetterKind
from app.auth.jobs import CleanSignIns, SendLetter
from app.auth.service import letters as letters_module
from app.container import Container
from app.core.access import SYSTEM
from app.core.clock import hours
from app.core.errors import Code
from app.core.ids import new_id
from app.core.jobs.declare import Queue
from app.rbac.domain import BuiltIn
from app.users.domain import NewUser
from tests.auth.people import client_of, person, rows
from tests.mail.test_graphql import configure
from tests.support.api import Api, ApiError
from tests.support.jobs import carry_out
from tests.support.letters import letter
from tests.support.people import People, Somebody
from tests.support.smtp import SmtpServer, smtp_server
from tests.workers.kinds import until_state, working

PASSWORD = "correct horse battery"
OTHER = "another horse altogether"
REGISTER = """mutation($name: String!, $email: String!, $password: String!, $locale: String!) {
  register(input: {username: $name, email: $email, password: $password, locale: $locale}) {
    username mailSent } }"""
LOGIN = """mutation($name: String!, $password: String!) {
  login(username: $name, password: $password) { ... on LoginSuccess { mustChangePassword } } }"""
VERIFY = "mutation($token: String!) { verifyEmail(token: $token) }"
FORGOT = "mutation($email: String!) { forgotPassword(email: $email) }"
RESET = """mutation($token: String!, $password: String!) {
  resetPassword(token: $token, newPassword: $password) }"""
CHANGE = "mutation($email: String!) { changeEmail(newEmail: $email) }"
RESEND = "mutation { resendVerification }"
FORCE = "mutation($id: ID!) { forcePasswordReset(userId: $id) { mailSent oneTimePassword } }"
PENDING = "{ pendingEmail }"


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with smtp_server() as server:
        yield server


@pytest.fixture
async def mailing(app: Container, smtp: SmtpServer) -> AsyncIterator[SmtpServer]:
    """Mail is on, and a worker runs."""
    await configure(app, smtp)
    async with working(app, Queue.HIGH):
        yield smtp


async def register(api: Api, name: str = "ann", email: str = "ann@example.org") -> dict[str, Any]:
    given: dict[str, Any] = {"name": name, "email": email, "password": PASSWORD, "locale": "de-DE"}
    answer: dict[str, Any] = (await api.run(REGISTER, **given))["register"]
    return answer


async def email_of(app: Container, name: str) -> tuple[str | None, bool]:
    statement = "select email, email_verified_at is not null from users where username = :name"
    [found] = await rows(app, statement, name=name)
    return found  # type: ignore[no-any-return]


async def known(app: Container, name: str = "ann", email: str = "ann@example.org") -> Any:
    """Somebody with a password and a confirmed address."""
    user = await person(app, name, password=PASSWORD)
    async with app.db.write(SYSTEM) as tx:
        await app.user_repository.set_email(tx, user.id, email, app.clock.now())
    return user


async def signs_in(api: Api, name: str, password: str) -> bool:
    answer = await api.send(LOGIN, {"name": name, "password": password}, None)
    codes = [error["extensions"]["code"] for error in answer.get("errors") or ()]
    assert codes in ([], [Code.UNAUTHENTICATED])
    return not codes


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


# -- a forgotten password


async def test_a_forgotten_password(
    api: Api, app: Container, mailing: SmtpServer, people: People
) -> None:
    user = await known(app)
    ended: list[Any] = []

    async def note(tx: Any, user_id: Any) -> None:
        ended.append(user_id)

    app.password_changes.endings.append(note)
    try:
        ann = Somebody(user.id, "ann", await people.session(user.id))
        assert await api.run(FORGOT, email="ANN@example.org") == {"forgotPassword": True}
        [taken] = await mailing.wait(1)
        assert "https://media.example.org/reset-password#token=" in taken.body()
        weak = await api.fails(RESET, token=taken.token, password="password1")
        assert (weak.code, weak.field) == (Code.INVALID, "newPassword")
        assert await api.run(RESET, token=taken.token, password=OTHER) == {"resetPassword": True}
    finally:
        app.password_changes.endings.remove(note)
    assert ended == [user.id]
    assert (await api.run("{ viewer { mustChangePassword } }", ann))["viewer"] is None
    assert await signs_in(api, "ann", OTHER)
    assert not await signs_in(api, "ann", PASSWORD)
    told = (await mailing.wait(2))[1]
    assert "#token" not in told.body()
    assert (await api.fails(RESET, token=taken.token, password=PASSWORD)).code is Code.INVALID
    logged = await rows(app, "select 1 from activity_log where action = 'user.password_reset'")
    assert len(logged) == 1


async def test_a_forgotten_password_of_nobody_is_answered_alike(
    api: Api, app: Container, mailing: SmtpServer
) -> None:
    user = await known(app)
    await rows(app, f"update users set is_active = false where id = '{user.id}' returning 1")
    for email in ("nobody@example.org", "ann@example.org"):
        assert await api.run(FORGOT, email=email) == {"forgotPassword": True}
    async with asyncio.timeout(10):
        while await rows(
            app, "select 1 from jobs where kind = 'mail.letter' and state <> 'completed'"
        ):
            await asyncio.sleep(0.02)
    assert mailing.asked == 0
    assert len(await rows(app, "select 1 from jobs where kind = 'mail.letter'")) == 2
    assert await rows(app, "select 1 from account_tokens") == []


async def test_without_mail_nothing_is_pretended(api: Api, app: Container) -> None:
    await known(app)
    for email in ("ann@example.org", "nobody@example.org"):
        error = await api.fails(FORGOT, email=email)
        assert (error.code, "sends no mail" in error.message) == (Code.UNAVAILABLE, True)
    assert await rows(app, "select 1 from jobs where kind = 'mail.letter'") == []


async def test_an_address_is_not_flooded(api: Api, app: Container, mailing: SmtpServer) -> None:
    await app.settings.update(SYSTEM, "auth.lockout.threshold", 100)
    await known(app)
    for _ in range(8):
        await api.run(FORGOT, email="ann@example.org")
        await asyncio.sleep(0.05)
    async with asyncio.timeout(10):
        while await rows(
            app, "select 1 from jobs where kind = 'mail.letter' and state <> 'completed'"
        ):
            await asyncio.sleep(0.02)
    assert 1 <= len(mailing.received) <= 5


async def test_a_link_to_an_address_that_was_given_up_is_no_longer_good(
    api: Api, app: Container
) -> None:
    user = await known(app)
    await letter(app, user.id, LetterKind.RESET_PASSWORD, "rvm_old")
    async with app.db.write(SYSTEM) as tx:
        await app.user_repository.set_email(tx, user.id, "new@example.org", None)
    assert (await api.fails(RESET, token="rvm_old", password=OTHER)).code is Code.INVALID
    assert await email_of(app, "ann") == ("new@example.org", False)


# -- by administrators


async def test_an_administrator_makes_somebody_choose_a_new_password(
    api: Api, app: Container, mailing: SmtpServer, people: People
) -> None:
    admin, user = await people.admin(), await known(app)
    ann = Somebody(user.id, "ann", await people.session(user.id))
    async with app.db.write(SYSTEM) as tx:
        await app.letters.ask(tx, user.id, LetterKind.CHANGE_EMAIL, "eve@example.org")
    [asked] = await mailing.wait(1)
    answer = (await api.run(FORCE, admin, id=ann.ref))["forcePasswordReset"]
    assert answer == {"mailSent": True, "oneTimePassword": None}
    assert (await api.run("{ viewer { mustChangePassword } }", ann))["viewer"] is None
    assert not await signs_in(api, "ann", PASSWORD)
    assert (await api.fails(VERIFY, token=asked.token)).code is Code.INVALID
    [_, taken] = await mailing.wait(2)
    await api.run(RESET, token=taken.token, password=OTHER)
    assert not await signs_in(api, "ann", PASSWORD)
    answer = await api.run(LOGIN, name="ann", password=OTHER)
    assert answer["login"]["mustChangePassword"] is False
    assert (await api.fails(FORCE, admin, id=admin.ref)).code is Code.FORBIDDEN
    error = await api.fails(FORCE, await people.make(BuiltIn.MODERATOR), id=ann.ref)
    assert error.code is Code.FORBIDDEN
    missing = Somebody(new_id(), "x", "x")
    assert (await api.fails(FORCE, admin, id=missing.ref)).code is Code.NOT_FOUND


@pytest.mark.parametrize("address", [True, False])
async def test_a_forced_reset_without_mail_gives_the_administrator_a_password(
    api: Api, app: Container, people: People, smtp: SmtpServer, *, address: bool
) -> None:
    """No mail server, or an account without an address."""
    user = await known(app) if address else await person(app, "ann", password=PASSWORD)
    if not address:
        await configure(app, smtp)
    root = await people.admin()
    ann = Somebody(user.id, "ann", await people.session(user.id))
    answer = (await api.run(FORCE, root, id=ann.ref))["forcePasswordReset"]
    made = answer["oneTimePassword"]
    assert answer["mailSent"] is False
    assert (await api.run("{ viewer { mustChangePassword } }", ann))["viewer"] is None
    assert not await signs_in(api, "ann", PASSWORD)
    login = (await api.run(LOGIN, name="ann", password=made))["login"]
    assert login == {"mustChangePassword": True}
    logged = await rows(
        app,
        "select actor_id, resource_id from activity_log where action = 'user.password_reset'",
    )
    assert logged == [(root.id, user.id)]
    for table in ("jobs", "outbox", "activity_log", "user_passwords"):
        assert made not in str(await rows(app, f"select t::text from {table} t"))
    again = (await api.run(FORCE, root, id=ann.ref))["forcePasswordReset"]["oneTimePassword"]
    assert again != made
    assert not await signs_in(api, "ann", made)


async def test_letters_that_are_long_over_are_forgotten(
    app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link is deleted a month after it was good, many in batches; the job is periodic."""
    monkeypatch.setattr(letters_module, "BATCH", 2)
    user = await known(app)
    for days in (29, 31, 40, 50, 60, 70):
        async with app.db.write(SYSTEM) as tx:
            await app.letters.ask(tx, user.id, LetterKind.VERIFY_EMAIL, "ann@example.org")
        aged = "update account_tokens set expires_at = now() - make_interval(days => :days)"
        newest = " where id = (select id from account_tokens order by id desc limit 1) returning 1"
        await rows(app, aged + newest, days=days)
    assert CleanSignIns.policy.every == hours(1)
    assert await carry_out(app, CleanSignIns()) == "completed"
    left = await rows(app, "select expires_at > now() - interval '30 days' from account_tokens")
    assert left == [(True,)]


# -- the job


async def test_a_job_carries_no_token_and_each_try_makes_another(
    api: Api, app: Container, mailing: SmtpServer
) -> None:
    mailing.replies["DATA"] = "451 4.3.0 Try again"
    await known(app)
    await api.run(FORGOT, email="ann@example.org")
    await until_state(app, "mail.letter", "retryable")
    [(first,)] = await rows(app, "select token_hash from account_tokens")
    mailing.replies.clear()
    await rows(app, "update jobs set run_at = now() where kind = 'mail.letter' returning 1")
    [taken] = await mailing.wait(1)
    row = await until_state(app, "mail.letter", "completed")
    [(second,)] = await rows(app, "select token_hash from account_tokens")
    assert first != second
    assert set(row["args"]) == {"letter_id"}
    for table in ("jobs", "outbox", "activity_log", "account_tokens"):
        dump = str(await rows(app, f"select t::text from {table} t"))
        assert taken.token not in dump
    await api.run(RESET, token=taken.token, password=OTHER)


async def test_a_refused_recipient_is_not_tried_again(
    api: Api, app: Container, mailing: SmtpServer
) -> None:
    mailing.replies["RCPT"] = "550 5.1.1 No such user ann@example.org"
    await known(app)
    await api.run(FORGOT, email="ann@example.org")
    row = await until_state(app, "mail.letter", "cancelled")
    assert "550" in str(row["errors"] if "errors" in row else dict(row))
    assert "ann@example.org" not in str(dict(row))
    assert mailing.asked == 1


async def test_a_letter_of_somebody_who_is_gone_is_not_written(
    app: Container, mailing: SmtpServer
) -> None:
    async with app.db.write(SYSTEM) as tx:
        user = await app.users.create(tx, NewUser(username="ann"))
        await app.letters.ask(tx, user.id, LetterKind.VERIFY_EMAIL, "ann@example.org")
        await app.user_repository.set_email(tx, user.id, None, None)
        tx.enqueue(SendLetter(new_id()))
    await mailing.wait(1)
    async with app.db.write(SYSTEM) as tx:
        await app.letters.ask(tx, user.id, LetterKind.RESET_PASSWORD, "ann@example.org")
    await asyncio.sleep(0.5)
    assert len(mailing.received) == 1
