"""Accounts: names, visibility, the cache."""

import pytest
from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM
from app.core.errors import Code, Invalid, NotFound
from app.core.ids import encode_id, new_id
from app.rbac.domain import BuiltIn
from app.users.domain import EmailTaken, NewUser, User, UserId, UsernameTaken
from app.users.repository import username_key
from tests.auth.people import client_of, person, rows, viewer_of
from tests.support.api import Api

NODE = "query($id: ID!) { node(id: $id) { __typename id ... on User { username displayName } } }"


async def create(app: Container, **values: object) -> User:
    async with app.db.write(SYSTEM) as tx:
        return await app.users.create(tx, NewUser(**{"username": "ann", **values}))  # type: ignore[arg-type]


async def test_an_account_is_kept_and_told_of(app: Container) -> None:
    user = await create(app, display_name="  Ann Ä. 🎬 ", max_age=12)
    assert (user.username, user.display_name, user.max_age) == ("ann", "Ann Ä. 🎬", 12)
    assert user.is_active
    found = await app.users.by_ids(SYSTEM, [user.id])
    assert found == {user.id: user}
    assert not any("hash" in field or "password" in field for field in User.__struct_fields__)


@pytest.mark.parametrize("name", ["ab", "a" * 31, "Änn", "a b c", "", "ann\n", "ann@x", "аnn"])
async def test_a_bad_user_name_is_refused_with_a_sentence(app: Container, name: str) -> None:
    with pytest.raises(Invalid, match="3 to 30 characters") as caught:
        await create(app, username=name)
    assert caught.value.field == "username"
    assert await rows(app, "select 1 from users") == []


@pytest.mark.parametrize("name", ["abc", "A" * 30, "x-_9"])
async def test_a_good_user_name_is_taken(app: Container, name: str) -> None:
    assert (await create(app, username=name)).username == name


@pytest.mark.parametrize("name", ["x" * 101, "a\x07b", "a\nb", "a\u2028b", "\u009f"])
async def test_a_bad_display_name_is_refused(app: Container, name: str) -> None:
    with pytest.raises(Invalid) as caught:
        await create(app, display_name=name)
    assert caught.value.field == "displayName"


async def test_an_empty_display_name_is_none(app: Container) -> None:
    user = await create(app, display_name="   ")
    assert user.display_name is None
    assert user.shown_name == "ann"


@pytest.mark.parametrize("age", [-1, 22])
async def test_an_absurd_age_is_refused(app: Container, age: int) -> None:
    with pytest.raises(Invalid) as caught:
        await create(app, max_age=age)
    assert caught.value.field == "maxAge"


async def test_a_name_is_taken_whatever_its_capitals_and_nothing_is_left(app: Container) -> None:
    await create(app, username="Ann")
    before = await rows(app, "select id from outbox")
    with pytest.raises(UsernameTaken):
        await create(app, username="aNN")
    assert await rows(app, "select username from users") == [("Ann",)]
    assert await rows(app, "select id from outbox") == before


def test_a_name_is_the_same_in_any_writing() -> None:
    assert username_key("ＡＮＮ") == username_key("Ann") != username_key("Anna")
    assert username_key("Ǆ") == username_key("ǆ")


async def test_a_name_that_was_looked_up_in_vain_is_seen_once_created(app: Container) -> None:
    missing = UserId(new_id())
    assert await app.users.by_ids(SYSTEM, [missing]) == {}
    with pytest.raises(NotFound):
        await app.users.get(SYSTEM, missing)


async def test_users_see_themselves_moderators_see_all(api: Api, app: Container) -> None:
    run = api.run
    ann, bob = await person(app, "ann"), await person(app, "bob", BuiltIn.MODERATOR)
    as_ann, as_bob = await client_of(app, ann), await client_of(app, bob)
    ref_ann, ref_bob = encode_id("user", ann.id), encode_id("user", bob.id)
    expected = {"__typename": "User", "id": ref_ann, "username": "ann", "displayName": "ann"}
    assert (await run(NODE, viewer=as_ann, id=ref_ann))["node"] == expected
    assert (await run(NODE, viewer=as_bob, id=ref_ann))["node"] == expected
    assert (await run(NODE, viewer=as_ann, id=ref_bob))["node"] is None
    assert (await run(NODE, viewer=as_ann, id=encode_id("user", new_id())))["node"] is None
    assert (await run(NODE, id=ref_ann))["node"] is None


async def test_a_hidden_user_is_hidden_though_it_is_cached(app: Container) -> None:
    ann, bob = await person(app, "ann"), await person(app, "bob")
    await app.users.by_ids(SYSTEM, [ann.id, bob.id])
    assert set(await app.users.by_ids(await viewer_of(app, bob), [ann.id, bob.id])) == {bob.id}


async def test_a_user_id_of_another_kind_is_an_error(api: Api) -> None:
    error = await api.fails(NODE, id="user_nonsense")
    assert error.code == Code.INVALID


async def test_an_account_has_an_address_of_its_own(app: Container) -> None:
    ann = await create(app, email=" Ann@Example.org ", locale="de-DE")
    assert (ann.email, ann.email_verified_at, ann.locale, ann.timezone) == (
        "Ann@example.org",
        None,
        "de-DE",
        "UTC",
    )
    found = await app.user_repository.by_email("ANN@example.org")
    assert found == ann
    assert await app.user_repository.by_email("bob@example.org") is None
    with pytest.raises(EmailTaken):
        await create(app, username="bob", email="ann@EXAMPLE.org")
    assert await rows(app, "select username from users") == [("ann",)]
    with pytest.raises(Invalid, match="not an e-mail address"):
        await create(app, username="bob", email="ann")


async def test_another_address_is_seen_at_once_and_is_free_again_when_it_is_given_up(
    app: Container,
) -> None:
    ann, bob = await create(app, email="ann@example.org"), await create(app, username="bob")
    await app.users.by_ids(SYSTEM, [ann.id, bob.id])
    with pytest.raises(EmailTaken):
        async with app.db.write(SYSTEM) as tx:
            await app.user_repository.set_email(tx, bob.id, "Ann@example.org", None)
    now = app.clock.now()
    async with app.db.write(SYSTEM) as tx:
        assert await app.user_repository.set_email(tx, ann.id, None, None)
    async with app.db.write(SYSTEM) as tx:
        assert await app.user_repository.set_email(tx, bob.id, "Ann@example.org", now)
    found = await app.users.by_ids(SYSTEM, [ann.id, bob.id])
    assert (found[ann.id].email, found[bob.id].email) == (None, "Ann@example.org")
    assert found[bob.id].email_verified_at == now


async def test_a_deleted_account_is_nobodys_but_keeps_its_names(app: Container) -> None:
    ann = await person(app, "ann")
    as_ann = await client_of(app, ann)
    async with app.db.write(SYSTEM) as tx:
        await app.user_repository.set_email(tx, ann.id, "ann@example.org", None)
    await app.users.by_ids(SYSTEM, [ann.id])
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("update users set deleted_at = now()"))
        tx.touch(f"user:{ann.id}")
    assert await app.users.by_ids(SYSTEM, [ann.id]) == {}
    assert await app.user_repository.by_email("ann@example.org") is None
    assert await app.auth_repository.secret_by_name("ann") is None
    assert await app.auth_repository.secret(ann.id) is None
    assert await app.auth_repository.standing(ann.id) is None
    viewer = await app.principals.viewer(as_ann.token)
    assert not viewer.signed_in
    with pytest.raises(UsernameTaken):
        await create(app, username="ann")
    with pytest.raises(EmailTaken):
        await create(app, username="bob", email="ann@example.org")
    async with app.db.write(SYSTEM) as tx:
        assert not await app.user_repository.set_email(tx, ann.id, None, None)
