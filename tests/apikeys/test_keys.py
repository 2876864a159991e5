"""API keys: made, shown once, listed, renamed, revoked, bounded, forgotten."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.apikeys.domain import Minted, TooManyApiKeys
from app.container import Container
from app.core.access import SYSTEM, Client, Permission
from app.core.crypto import token_hash
from app.core.errors import Code
from app.core.ids import encode_id, new_id
from app.settings.domain import APIKEYS_MAX_PER_USER
from tests.apikeys.keys import USERS, mint, user_of
from tests.auth.people import rows
from tests.support.api import Api
from tests.support.people import People

CREATE = """
mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) {
  key apiKey { id name description prefix scopes createdAt expiresAt lastUsedAt user { id } }
} }
"""
LIST = """
query($first: Int! = 20, $after: String) { apiKeys(first: $first, after: $after) {
  totalCount pageInfo { hasNextPage endCursor }
  nodes { id name description prefix scopes expiresAt lastUsedAt lastAddress }
} }
"""
THEIRS = "query($u: ID) { userApiKeys(userId: $u) { totalCount nodes { id user { id } } } }"
UPDATE = """
mutation($id: ID!, $input: UpdateApiKeyInput!) {
  updateApiKey(id: $id, input: $input) { id name description }
}
"""
REVOKE = "mutation($id: ID!) { revokeApiKey(id: $id) }"
NODE = "query($id: ID!) { node(id: $id) { ... on ApiKey { id name } } }"


def given(**values: Any) -> dict[str, Any]:
    return {"name": "A program", "scopes": ["movies:list"], **values}


async def create(api: Api, who: Any, **values: Any) -> dict[str, Any]:
    made: dict[str, Any] = (await api.run(CREATE, who, input=given(**values)))["createApiKey"]
    return made


async def log_of(app: Container) -> list[tuple[Any, ...]]:
    return await rows(
        app,
        "select action, resource_id, changes from activity_log"
        " where action like 'apikey.%' order by id",
    )


async def test_a_key_is_shown_once_and_kept_as_a_hash(
    app: Container, api: Api, people: People
) -> None:
    user = await people.make()
    expires = datetime(2100, 1, 1, tzinfo=UTC)
    made = await create(
        api,
        user,
        name="  Kodi   at home ",
        description="In the\nliving room",
        scopes=["movies:get", "movies:list", "movies:get"],
        expiresAt=expires.isoformat(),
    )
    token, key = made["key"], made["apiKey"]
    assert re.fullmatch(r"rv_[0-9a-f]{64}", token)
    assert key["prefix"] == token[:8]
    assert key["name"] == "Kodi at home"
    assert key["description"] == "In the\nliving room"
    assert key["scopes"] == ["movies:get", "movies:list"]
    assert key["expiresAt"] == "2100-01-01T00:00:00.000Z"
    assert key["user"] == {"id": user.ref}
    assert key["lastUsedAt"] is None
    [(stored,)] = await rows(app, "select token_hash from api_keys")
    assert stored == token_hash(token)
    listed = await api.run(LIST, user)
    assert token not in str(listed)
    [row] = await rows(app, "select t::text from api_keys t")
    secret = token.removeprefix("rv_")
    assert secret not in str(row)
    for table in ("activity_log", "outbox", "jobs"):
        assert secret not in str(await rows(app, f"select t::text from {table} t"))


async def test_no_repr_shows_a_token(app: Container, people: People) -> None:
    minted = await mint(app, people, await people.make())
    assert minted.token not in repr(minted)
    assert "rv_" not in repr(minted)


async def test_tokens_are_never_alike(app: Container, people: People) -> None:
    user = await people.make()
    tokens = [(await mint(app, people, user)).token for _ in range(10)]
    assert len({token[3:8] for token in tokens}) > 5
    assert len(set(tokens)) == 10


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\u0007b"}, "name"),
        ({"description": "x" * 501}, "description"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["movies:fly"]}, "scopes"),
        ({"scopes": ["*"]}, "scopes"),
        ({"scopes": ["MOVIES_LIST"]}, "scopes"),
        ({"scopes": ["users:list"]}, "scopes"),  # a user has not got it
        ({"scopes": ["movies:list", "profile:secure"]}, "scopes"),  # has it, but no key may
        ({"scopes": ["apikeys:create"]}, "scopes"),
        ({"scopes": ["movies:list"] * 500}, "scopes"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
    ],
)
async def test_what_no_key_can_be(
    values: dict[str, Any], field: str, app: Container, api: Api, people: People
) -> None:
    error = await api.fails(CREATE, await people.make(), input=given(**values))
    assert (error.code, error.field) == (Code.INVALID, field)
    assert await rows(app, "select 1 from api_keys") == []
    assert await log_of(app) == []


async def test_creating_needs_a_recent_sign_in(app: Container, api: Api, people: People) -> None:
    user = await people.make()
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(
            text("update sessions set authenticated_at = authenticated_at - interval '11 minutes'")
        )
    error = await api.fails(CREATE, user, input=given())
    assert error.errors[0]["extensions"]["code"] == "REAUTHENTICATE"
    assert await rows(app, "select 1 from api_keys") == []


async def test_ones_own_are_listed(app: Container, api: Api, people: People) -> None:
    user, other = await people.make(), await people.make()
    made = [await mint(app, people, user, name=f"Key {n}") for n in range(3)]
    theirs = await mint(app, people, other)
    page = (await api.run(LIST, user, first=2))["apiKeys"]
    assert [n["name"] for n in page["nodes"]] == ["Key 2", "Key 1"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (3, True)
    rest = (await api.run(LIST, user, first=2, after=page["pageInfo"]["endCursor"]))["apiKeys"]
    assert [n["name"] for n in rest["nodes"]] == ["Key 0"]
    mine, foreign = encode_id("apikey", made[0].api_key.id), ref(theirs)
    assert (await api.run(NODE, user, id=mine))["node"]["name"] == "Key 0"
    assert (await api.run(NODE, user, id=foreign))["node"] is None
    assert (await api.run(NODE, None, id=mine))["node"] is None


def ref(minted: Minted) -> str:
    return encode_id("apikey", minted.api_key.id)


async def test_administrators_list_and_revoke_everybodys(
    app: Container, api: Api, people: People
) -> None:
    admin, user, other = await people.admin(), await people.make(), await people.make()
    first, second = await mint(app, people, user), await mint(app, people, other)
    assert [n["id"] for n in (await api.run(THEIRS, admin))["userApiKeys"]["nodes"]] == [
        ref(second),
        ref(first),
    ]
    mine = (await api.run(THEIRS, admin, u=user.ref))["userApiKeys"]
    assert mine == {"totalCount": 1, "nodes": [{"id": ref(first), "user": {"id": user.ref}}]}
    assert (await api.fails(THEIRS, user)).code is Code.FORBIDDEN
    await api.run(REVOKE, admin, id=ref(first))
    assert not (await app.principals.viewer(first.token)).signed_in
    assert (await app.principals.viewer(second.token)).signed_in
    [*_, revoked] = await log_of(app)
    mine = "{ myActivity { nodes { action actorName changes } } }"
    [told, *_] = (await api.run(mine, user))["myActivity"]["nodes"]
    assert told == {
        "action": "admin.apikey.revoke",
        "actorName": None,
        "changes": {"id": ref(first), "name": "A program"},
    }
    assert "apikey.revoke" not in str((await api.run(mine, other))["myActivity"])
    assert revoked == ("apikey.revoke", first.api_key.id, {"name": "A program"})
    [(actor,)] = await rows(app, "select actor_id from activity_log where action='apikey.revoke'")
    assert actor == admin.id


async def test_renaming(app: Container, api: Api, people: People) -> None:
    user, other = await people.make(), await people.admin()
    minted = await mint(app, people, user)
    said = {"name": "Another", "description": "More"}
    answer = (await api.run(UPDATE, user, id=ref(minted), input=said))["updateApiKey"]
    assert answer == {"id": ref(minted), **said}
    await api.run(UPDATE, user, id=ref(minted), input={"description": ""})
    await api.run(UPDATE, user, id=ref(minted), input={})
    [(name, description)] = await rows(app, "select name, description from api_keys")
    assert (name, description) == ("Another", None)
    assert [(action, changes) for action, _, changes in await log_of(app)][1:] == [
        ("apikey.update", {"name": ["A program", "Another"], "description": [None, "More"]}),
        ("apikey.update", {"description": ["More", None]}),
    ]
    missing = await api.fails(UPDATE, user, id=encode_id("apikey", new_id()), input=said)
    foreign = await api.fails(UPDATE, other, id=ref(minted), input={"name": "Theirs"})
    assert (missing.code, foreign.code) == (Code.NOT_FOUND, Code.NOT_FOUND)
    error = await api.fails(UPDATE, user, id=ref(minted), input={"name": " "})
    assert (error.code, error.field) == (Code.INVALID, "name")


async def test_revoking(app: Container, api: Api, people: People) -> None:
    """Once; of somebody else's nobody learns whether there is one."""
    user, other = await people.make(), await people.make()
    minted = await mint(app, people, user)
    foreign = await api.fails(REVOKE, other, id=ref(minted))
    missing = await api.fails(REVOKE, other, id=encode_id("apikey", new_id()))
    assert foreign.code is missing.code is Code.NOT_FOUND
    assert foreign.message.split("apikey_")[0] == missing.message.split("apikey_")[0]
    assert (await app.principals.viewer(minted.token)).signed_in
    assert (await api.run(REVOKE, user, id=ref(minted)))["revokeApiKey"] == ref(minted)
    assert not (await app.principals.viewer(minted.token)).signed_in
    assert (await api.fails(REVOKE, user, id=ref(minted))).code is Code.NOT_FOUND
    assert (await api.fails(UPDATE, user, id=ref(minted), input={"name": "X"})).code is (
        Code.NOT_FOUND
    )
    assert (await api.run(LIST, user))["apiKeys"]["nodes"] == []
    assert [action for action, _, _ in await log_of(app)] == ["apikey.create", "apikey.revoke"]


async def test_fifty_at_once_never_exceed_the_bound(app: Container, people: People) -> None:
    user = await people.make()
    made = await asyncio.gather(
        *(mint(app, people, user, name=f"Key {n}") for n in range(50)), return_exceptions=True
    )
    good = [m for m in made if isinstance(m, Minted)]
    refused = [m for m in made if isinstance(m, TooManyApiKeys)]
    assert (len(good), len(refused)) == (10, 40)
    assert await rows(app, "select count(*) from api_keys") == [(10,)]
    assert len(await log_of(app)) == 10


async def test_the_bound_is_a_setting_and_each_users_own(
    app: Container, api: Api, people: People
) -> None:
    user, other = await people.make(), await people.make()
    await app.settings.update(
        await people.viewer(await people.admin()), APIKEYS_MAX_PER_USER.key, 2
    )
    first = await mint(app, people, user)
    await mint(app, people, user)
    error = await api.fails(CREATE, user, input=given())
    assert error.code is Code.CONFLICT
    assert "2 API keys" in error.message
    await mint(app, people, other)
    await api.run(REVOKE, user, id=ref(first))
    await mint(app, people, user)  # a revoked one does not count
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("update api_keys set expires_at = now() - interval '1 second'"))
    await mint(app, people, user)  # nor do expired ones


async def test_last_use_is_written_for_many_at_once(app: Container, people: People) -> None:
    """Not by the request: it costs nothing, and a program may ask a thousand times a minute."""
    user = await people.make()
    one, two = await mint(app, people, user), await mint(app, people, user)
    app.principals.take_seen()
    for _ in range(3):
        await app.principals.viewer(one.token, Client("192.0.2.1"))
    await app.principals.viewer(two.token, Client("192.0.2.2"))
    assert await rows(app, "select last_used_at from api_keys") == [(None,), (None,)]
    _, keys = app.principals.take_seen()
    assert len(keys) == 2
    seen: list[str] = []
    app.db.statements = lambda sql: seen.append(sql) if "api_keys" in sql else None
    await app.api_keys.note_seen(keys)
    await app.api_keys.note_seen({})
    app.db.statements = None
    assert len(seen) == 1
    used = await rows(app, "select last_address, last_used_at from api_keys order by id")
    assert [address for address, _ in used] == ["192.0.2.1", "192.0.2.2"]
    assert all(datetime.now(UTC) - at < timedelta(minutes=1) for _, at in used)


async def test_keys_that_are_long_over_are_forgotten(app: Container, people: People) -> None:
    user = await people.make()
    for n in range(5):
        await mint(app, people, user, name=f"Key {n}")
    for n, change in enumerate(
        (
            "revoked_at = now() - interval '31 days'",
            "expires_at = now() - interval '31 days'",
            "revoked_at = now() - interval '29 days'",
            "expires_at = now() - interval '29 days'",
        )
    ):
        async with app.db.write(SYSTEM) as tx:
            await tx.execute(text(f"update api_keys set {change} where name = 'Key {n}'"))
    async with app.db.write(SYSTEM) as tx:
        assert await app.api_keys.forget(tx) is False
    left = await rows(app, "select name from api_keys order by name")
    assert left == [("Key 2",), ("Key 3",), ("Key 4",)]
    [policy] = [p for p in app.registry.periodic() if p.name == "apikeys.cleanup"]
    assert policy.every == timedelta(hours=1)


async def test_they_are_measured(app: Container, people: People) -> None:
    minted = await mint(app, people, await people.make(), [Permission.MOVIES_LIST])
    await app.api_keys.measure()
    figure = app.metrics.registry.get_sample_value
    assert figure("revenge_api_keys_active_total") == 1
    before = figure("revenge_api_key_lookups_total", {"result": "refused"}) or 0
    accepted = figure("revenge_api_key_lookups_total", {"result": "accepted"}) or 0
    await app.principals.viewer("rv_" + "0" * 64)
    await app.principals.viewer(minted.token)
    assert figure("revenge_api_key_lookups_total", {"result": "refused"}) == before + 1
    assert figure("revenge_api_key_lookups_total", {"result": "accepted"}) == accepted + 1


async def test_a_key_goes_with_its_owner(app: Container, people: People) -> None:
    user = await people.make()
    minted = await mint(app, people, user, USERS)
    assert (await app.principals.viewer(user_of(minted).token)).signed_in
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("delete from users where id = :id"), {"id": user.id})
    assert await rows(app, "select 1 from api_keys") == []


async def test_last_use_of_sessions_is_written_likewise(app: Container, people: People) -> None:
    user = await people.make()
    app.principals.take_seen()
    await app.principals.viewer(user.token, Client("192.0.2.9"))
    sessions, _ = app.principals.take_seen()
    await app.sessions.note_seen(sessions)
    assert ("192.0.2.9",) in await rows(app, "select address from sessions")
