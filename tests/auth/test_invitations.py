"""Addresses that administrators give: theirs to offer, the user's to confirm."""

from datetime import timedelta
from typing import Any

import pytest

from app.container import Container
from app.core.access import SYSTEM
from app.core.errors import Code
from tests.apikeys.keys import ALL, mint, user_of
from tests.auth.by_mail import OTHER, PASSWORD, RESET, VERIFY, email_of, known, signs_in
from tests.auth.people import person, rows
from tests.support.api import Api
from tests.support.people import People, Somebody
from tests.support.smtp import SmtpServer

CREATE = "mutation($input: CreateUserInput!) { createUser(input: $input) { id email } }"
UPDATE = """mutation($id: ID!, $input: UpdateUserInput!) { updateUser(id: $id, input: $input) {
  email displayName maxAge timezone locale } }"""


def given(**values: Any) -> dict[str, Any]:
    return {"username": "ann", "email": "Ann@Example.org", **values}


async def logged(app: Container) -> list[Any]:
    found = "select changes from activity_log where action = 'user.update' order by id"
    return [changes for (changes,) in await rows(app, found)]


async def test_who_is_invited_chooses_a_password_and_thereby_confirms_the_address(
    api: Api, app: Container, mailing: SmtpServer, people: People
) -> None:
    made = (await api.run(CREATE, await people.admin(), input=given()))["createUser"]
    assert made["email"] is None
    assert await email_of(app, "ann") == (None, False)
    assert await rows(app, "select 1 from user_passwords") == []
    for guess in ("", PASSWORD):
        assert not await signs_in(api, "ann", guess)
    [taken] = await mailing.wait(1)
    assert taken.recipients == ["Ann@example.org"]
    assert (await api.fails(VERIFY, token=taken.token)).code is Code.INVALID
    await api.run(RESET, token=taken.token, password=OTHER)
    assert await email_of(app, "ann") == ("Ann@example.org", True)
    assert await signs_in(api, "ann@example.org", OTHER)
    assert (await api.fails(RESET, token=taken.token, password=PASSWORD)).code is Code.INVALID


async def test_an_invitation_is_good_for_a_week(
    api: Api, app: Container, mailing: SmtpServer, people: People
) -> None:
    await api.run(CREATE, await people.admin(), input=given())
    await mailing.wait(1)
    [(expires,)] = await rows(app, "select expires_at from account_tokens")
    left = expires - app.clock.now()
    assert timedelta(days=7) - timedelta(minutes=2) < left <= timedelta(days=7)


async def test_with_a_password_the_address_waits_to_be_confirmed(
    api: Api, app: Container, mailing: SmtpServer, people: People
) -> None:
    await api.run(CREATE, await people.admin(), input=given(password=PASSWORD))
    assert await signs_in(api, "ann", PASSWORD)
    assert not await signs_in(api, "ann@example.org", PASSWORD)
    [taken] = await mailing.wait(1)
    await api.run(VERIFY, token=taken.token)
    assert await email_of(app, "ann") == ("Ann@example.org", True)


async def test_without_password_there_has_to_be_a_mail(
    api: Api, app: Container, people: People
) -> None:
    root = await people.admin()
    error = await api.fails(CREATE, root, input=given())
    assert error.code is Code.UNAVAILABLE
    error = await api.fails(CREATE, root, input={"username": "ann"})
    assert (error.code, error.field) == (Code.INVALID, "password")
    error = await api.fails(CREATE, root, input=given(email="x"))
    assert (error.code, error.field) == (Code.INVALID, "email")
    assert len(await rows(app, "select 1 from users")) == 1
    assert await rows(app, "select 1 from account_tokens") == []
    await api.run(CREATE, root, input=given(password=PASSWORD))  # the address waits for mail


async def test_an_address_of_somebody_is_not_given_to_another(
    api: Api, app: Container, mailing: SmtpServer, people: People
) -> None:
    root, bob = await people.admin(), await people.make()
    await known(app)
    error = await api.fails(CREATE, root, input={"username": "eve", "email": "ANN@example.org"})
    assert (error.code, error.field) == (Code.CONFLICT, "email")
    error = await api.fails(UPDATE, root, id=bob.ref, input={"email": "ANN@example.org"})
    assert (error.code, error.field) == (Code.CONFLICT, "email")
    assert await rows(app, "select 1 from account_tokens") == []


async def test_an_administrator_edits_an_account(
    api: Api, app: Container, mailing: SmtpServer, people: People
) -> None:
    user = await known(app)
    ann = Somebody(user.id, "ann", "")
    edited = {"displayName": "Ann A.", "maxAge": 12, "timezone": "Europe/Zurich", "locale": "de-CH"}
    answer = await api.run(
        UPDATE, await people.admin(), id=ann.ref, input={**edited, "email": "new@example.org"}
    )
    assert answer["updateUser"] == {**edited, "email": "ann@example.org"}
    [taken] = await mailing.wait(1)
    assert taken.recipients == ["new@example.org"]
    assert (await logged(app))[-1] == {"pendingEmail": {"old": None, "new": "new@example.org"}}
    await api.run(VERIFY, token=taken.token)
    assert await email_of(app, "ann") == ("new@example.org", True)
    [_, told] = await mailing.wait(2)
    assert told.recipients == ["ann@example.org"]


async def test_an_address_is_taken_away(
    api: Api, app: Container, mailing: SmtpServer, people: People
) -> None:
    user = await known(app)
    ann = Somebody(user.id, "ann", "")
    await api.run(UPDATE, await people.admin(), id=ann.ref, input={"email": None})
    assert await email_of(app, "ann") == (None, False)
    assert await logged(app) == [{"email": {"old": "ann@example.org", "new": None}}]
    [told] = await mailing.wait(1)
    assert told.recipients == ["ann@example.org"]


async def test_a_corrected_invitation_voids_the_first(
    api: Api, app: Container, mailing: SmtpServer, people: People
) -> None:
    root = await people.admin()
    made = (await api.run(CREATE, root, input=given(email="typo@example.org")))["createUser"]
    [wrong] = await mailing.wait(1)
    await api.run(UPDATE, root, id=made["id"], input={"email": "ann@example.org"})
    assert (await api.fails(RESET, token=wrong.token, password=OTHER)).code is Code.INVALID
    [_, right] = await mailing.wait(2)
    await api.run(RESET, token=right.token, password=OTHER)
    assert await email_of(app, "ann") == ("ann@example.org", True)


async def test_who_may_not_change_an_address(
    api: Api, app: Container, mailing: SmtpServer, people: People
) -> None:
    """Not a key, not who may do less, not an administrator their own without a fresh proof."""
    root, user = await people.admin(), await known(app)
    ann = Somebody(user.id, "ann", "")
    key = user_of(await mint(app, people, root, ALL))
    for email in ("eve@example.org", None):
        change = {"email": email}
        assert (await api.fails(UPDATE, key, id=ann.ref, input=change)).code is Code.FORBIDDEN
        assert (await api.fails(UPDATE, root, id=root.ref, input=change)).code is Code.CONFLICT
        stranger = await people.make()
        assert (await api.fails(UPDATE, stranger, id=ann.ref, input=change)).code is Code.FORBIDDEN
    guest = Somebody((await person(app, "gus", None)).id, "gus", "")
    for given_ in ({"email": "eve@example.org"}, {"maxAge": 6}):
        error = await api.fails(UPDATE, key, id=guest.ref, input=given_)
        assert "API key" in error.message
    assert await email_of(app, "ann") == ("ann@example.org", True)
    assert await rows(app, "select 1 from account_tokens") == []


@pytest.mark.parametrize("gone", ["deactivate", "delete"])
async def test_an_invitation_of_a_closed_account_is_no_longer_good(
    api: Api, app: Container, mailing: SmtpServer, people: People, gone: str
) -> None:
    made = (await api.run(CREATE, await people.admin(), input=given()))["createUser"]
    [taken] = await mailing.wait(1)
    [(user_id,)] = await rows(app, "select id from users where username = 'ann'")
    async with app.db.write(SYSTEM) as tx:
        await getattr(app.users, gone)(tx, user_id)
    assert (await api.fails(RESET, token=taken.token, password=OTHER)).code is Code.INVALID
    assert made["id"]
