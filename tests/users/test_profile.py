"""What people change about themselves, and what others are told of them."""

from typing import Any

import pytest

from app.container import Container
from app.core.access import SYSTEM
from app.core.errors import Code
from app.rbac.domain import BuiltIn
from tests.auth.people import rows
from tests.support.api import Api
from tests.support.people import People

UPDATE = """mutation($input: UpdateProfileInput!) {
  updateProfile(input: $input) { displayName timezone locale } }"""
USER = """query($id: ID!) { node(id: $id) { ... on User {
  username email emailVerified timezone locale } } }"""


async def test_only_what_is_given_changes(api: Api, people: People, app: Container) -> None:
    ann = await people.make()
    given = {"displayName": " Ann Ä. ", "timezone": "Europe/Zurich", "locale": "de-CH"}
    done = await api.run(UPDATE, ann, input=given)
    expected = {"displayName": "Ann Ä.", "timezone": "Europe/Zurich", "locale": "de-CH"}
    assert done["updateProfile"] == expected
    done = await api.run(UPDATE, ann, input={"displayName": None})
    assert done["updateProfile"] == {**expected, "displayName": ann.username}
    await api.run(UPDATE, ann, input={})
    await api.run(UPDATE, ann, input={"locale": "de-CH"})  # it is that already
    logged = await rows(
        app, "select changes, actor_id from activity_log where action = 'user.update' order by id"
    )
    assert logged == [
        (
            {
                "displayName": {"old": None, "new": "Ann Ä."},
                "timezone": {"old": "UTC", "new": "Europe/Zurich"},
                "locale": {"old": "en-US", "new": "de-CH"},
            },
            ann.id,
        ),
        ({"displayName": {"old": "Ann Ä.", "new": None}}, ann.id),
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("displayName", "x" * 101),
        ("displayName", "a\nb"),
        ("timezone", "Middle-earth/Shire"),
        ("timezone", "../../etc/passwd"),
        ("timezone", ""),
        ("timezone", None),
        ("locale", "x" * 5000),
        ("locale", "<script>"),
        ("locale", ""),
        ("locale", None),
    ],
)
async def test_what_makes_no_sense_is_refused(
    api: Api, people: People, app: Container, field: str, value: Any
) -> None:
    ann = await people.make()
    error = await api.fails(UPDATE, ann, input={"displayName": "Fine", field: value})
    assert (error.code, error.field) == (Code.INVALID, field)
    assert await rows(app, "select 1 from activity_log where action = 'user.update'") == []


async def test_guests_and_the_signed_out_change_nothing(api: Api, people: People) -> None:
    guest = await people.make(BuiltIn.GUEST)
    assert (await api.fails(UPDATE, guest, input={})).code == Code.FORBIDDEN
    assert (await api.fails(UPDATE, None, input={})).code == Code.UNAUTHENTICATED


async def test_addresses_are_told_to_their_user_and_to_who_edits_accounts(
    api: Api, people: People, app: Container
) -> None:
    ann = await people.make()
    async with app.db.write(SYSTEM) as tx:
        await app.user_repository.set_email(tx, ann.id, "ann@example.org", None)
    told = {
        "username": ann.username,
        "email": "ann@example.org",
        "emailVerified": False,
        "timezone": "UTC",
        "locale": "en-US",
    }
    secret = dict.fromkeys(("email", "emailVerified", "timezone", "locale"))
    for somebody, expected in (
        (ann, told),
        (await people.admin(), told),
        (await people.make(BuiltIn.MODERATOR), {"username": ann.username, **secret}),
        (await people.make(), None),
        (None, None),
    ):
        assert (await api.run(USER, somebody, id=ann.ref))["node"] == expected
