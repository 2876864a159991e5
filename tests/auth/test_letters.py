"""The letters themselves: how long they are kept, what their job carries, and when it gives up."""

import asyncio

import pytest

from app.auth.domain import LetterKind
from app.auth.jobs import CleanSignIns, SendLetter
from app.auth.service import letters as letters_module
from app.container import Container
from app.core.access import SYSTEM
from app.core.clock import hours
from app.core.ids import new_id
from app.users.domain import NewUser
from tests.auth.by_mail import FORGOT, OTHER, RESET, known
from tests.auth.people import rows
from tests.support.api import Api
from tests.support.jobs import carry_out
from tests.support.smtp import SmtpServer
from tests.workers.kinds import until_state


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
