"""Passwords that are forgotten, or that an administrator has chosen anew, by a mail and its link,
or without mail.
"""

import asyncio
from typing import Any

import pytest

from app.auth.domain import LetterKind
from app.container import Container
from app.core.access import SYSTEM
from app.core.errors import Code
from app.core.ids import new_id
from app.rbac.domain import BuiltIn
from tests.auth.by_mail import (
    FORCE,
    FORGOT,
    LOGIN,
    OTHER,
    PASSWORD,
    RESET,
    VERIFY,
    email_of,
    known,
    signs_in,
)
from tests.auth.people import person, rows
from tests.mail.test_graphql import configure
from tests.support.api import Api
from tests.support.letters import letter
from tests.support.people import People, Somebody
from tests.support.smtp import SmtpServer

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
