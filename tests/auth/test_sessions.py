"""Sessions: refreshed, listed, ended; every refresh token once, every session its owner's."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.auth.domain import Entry, ReauthenticationRequired
from app.container import Container
from app.core.access import ANONYMOUS, ENROLMENT, NOTHING, SYSTEM, Client
from app.core.errors import Conflict, NotFound
from app.rbac.domain import BuiltIn
from tests.auth.people import bearer, person, rows, sign_in
from tests.support.api import Api
from tests.support.people import People, open_session

REFRESH = """
mutation ($token: String) {
  refreshSession(refreshToken: $token) {
    accessToken refreshToken expiresAt session { id expiresAt } user { username }
  }
}
"""
SESSIONS = """
{ sessions { totalCount nodes { id method deviceName address agent secondFactor lastActiveAt } } }
"""
HOME = Client("203.0.113.7", "Test/1.0")


async def test_a_refresh_gives_new_tokens_and_voids_the_old(app: Container, api: Api) -> None:
    user = await person(app, "ann")
    first = await open_session(app, user.id)
    answer = (await api.run(REFRESH, token=first.refresh))["refreshSession"]
    assert answer["user"]["username"] == "ann"
    assert answer["accessToken"].startswith("rvs_")
    assert answer["refreshToken"].startswith("rvr_")
    assert await app.principals.viewer(first.access) is ANONYMOUS
    viewer = await app.principals.viewer(answer["accessToken"])
    assert viewer.session_id == first.session.id
    second = (await api.run(REFRESH, token=answer["refreshToken"]))["refreshSession"]
    assert second["session"]["id"] == answer["session"]["id"]


async def test_s3_a_refresh_token_that_comes_again_ends_the_session(
    app: Container, api: Api
) -> None:
    user = await person(app, "ann")
    stolen, other = await open_session(app, user.id), await open_session(app, user.id)
    answer = (await api.run(REFRESH, token=stolen.refresh))["refreshSession"]
    assert (await api.fails(REFRESH, token=stolen.refresh)).code == "UNAUTHENTICATED"
    assert await app.principals.viewer(answer["accessToken"]) is ANONYMOUS
    assert (await api.fails(REFRESH, token=answer["refreshToken"])).code == "UNAUTHENTICATED"
    assert (await app.principals.viewer(other.access)).signed_in  # another session is not touched
    logged = await rows(
        app, "select success, problem from activity_log where action = 'session.revoke'"
    )
    assert logged == [(False, "A refresh token was used a second time.")]


async def test_a_refresh_token_is_good_once_of_fifty(app: Container) -> None:
    user = await person(app, "ann")
    tokens = await open_session(app, user.id)
    tries = [app.sessions.refresh(tokens.refresh, HOME) for _ in range(50)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in done) == 1
    # The 49 others were a theft as far as anybody can tell.
    assert await rows(app, "select revoke_reason from sessions") == [("reused token",)]


async def test_s3_whoever_is_switched_off_cannot_refresh(app: Container, api: Api) -> None:
    user = await person(app, "ann")
    tokens = await open_session(app, user.id)
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("update users set is_active = false"))
    assert (await api.fails(REFRESH, token=tokens.refresh)).code == "UNAUTHENTICATED"


@pytest.mark.parametrize("token", ["", "rvr_", "rvs_" + "a" * 43, "rvr_" + "a" * 43, "x" * 200])
async def test_anything_else_refreshes_nothing(api: Api, token: str) -> None:
    assert (await api.fails(REFRESH, token=token)).code in {"UNAUTHENTICATED", "INVALID"}


async def test_an_expired_session_is_not_refreshed(app: Container, api: Api) -> None:
    user = await person(app, "ann")
    tokens = await open_session(app, user.id, lasts=timedelta(seconds=-1))
    assert await app.principals.viewer(tokens.access) is ANONYMOUS
    assert (await api.fails(REFRESH, token=tokens.refresh)).code == "UNAUTHENTICATED"


async def test_the_eleventh_session_ends_the_longest_unused(app: Container) -> None:
    user = await person(app, "ann")
    made = []
    for _ in range(12):
        async with app.db.write(SYSTEM) as tx:
            made.append(await app.sessions.open(tx, user.id, "password", Entry(), factor=False))
    good = [(await app.principals.viewer(tokens.access)).signed_in for tokens in made]
    assert good == [False, False, *([True] * 10)]


async def test_many_at_once_are_not_more_than_ten(app: Container) -> None:
    user = await person(app, "ann")

    async def enter() -> None:
        async with app.db.write(SYSTEM) as tx:
            await app.sessions.open(tx, user.id, "password", Entry(), factor=False)

    await asyncio.gather(*(enter() for _ in range(20)))
    assert await rows(app, "select count(*) from sessions where revoked_at is null") == [(10,)]


async def test_a_list_shows_ones_own_sessions_alone(api: Api, people: People) -> None:
    ann, bob = await people.make(), await people.make()
    await people.session(ann.id)
    shown = (await api.run(SESSIONS, ann))["sessions"]
    assert shown["totalCount"] == 2
    assert {node["method"] for node in shown["nodes"]} == {"password"}
    theirs = (await api.run(SESSIONS, bob))["sessions"]["nodes"][0]["id"]
    query = "query ($id: ID!) { node(id: $id) { id } }"
    assert (await api.run(query, bob, id=theirs))["node"] == {"id": theirs}
    assert (await api.run(query, ann, id=theirs))["node"] is None
    revoke = "mutation ($id: ID!) { revokeSession(id: $id) }"
    assert (await api.fails(revoke, ann, id=theirs)).code == "NOT_FOUND"
    assert (await api.run("{ viewer { user { id } } }", bob))["viewer"] is not None


async def test_sessions_are_revoked_one_all_and_all_but_this(
    app: Container, api: Api, people: People
) -> None:
    ann, bob = await people.make(), await people.make()
    others = [await people.session(ann.id) for _ in range(3)]
    ids = [n["id"] for n in (await api.run(SESSIONS, bearer(others[0])))["sessions"]["nodes"]]
    first = ids[-1]  # newest first: this is the one that ann came with
    mutation = "mutation ($id: ID!) { revokeSession(id: $id) }"
    assert (await api.run(mutation, bearer(others[0]), id=first))["revokeSession"] == first
    assert (await api.fails(mutation, bearer(others[0]), id=first)).code == "NOT_FOUND"
    assert await app.principals.viewer(ann.token) is ANONYMOUS
    done = await api.run("mutation { revokeOtherSessions }", bearer(others[0]))
    assert done == {"revokeOtherSessions": 2}
    assert (await app.principals.viewer(others[0])).signed_in
    done = await api.run("mutation { revokeAllSessions }", bearer(others[0]))
    assert done == {"revokeAllSessions": 1}
    assert await app.principals.viewer(others[0]) is ANONYMOUS
    assert (await app.principals.viewer(bob.token)).signed_in


async def test_where_a_session_was_last_used_is_noted_later(app: Container) -> None:
    user = await person(app, "ann")
    token = await sign_in(app, user)
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("update sessions set last_active_at = now() - interval '1 hour'"))
    app.principals.take_seen()  # of other tests
    await app.principals.viewer(token, HOME)
    seen, keys = app.principals.take_seen()
    assert len(seen) == 1
    assert not keys
    await app.sessions.note_seen(seen)
    [(recent, address)] = await rows(
        app, "select last_active_at > now() - interval '1 minute', address from sessions"
    )
    assert (recent, address) == (True, HOME.address)
    assert app.principals.take_seen() == ({}, {})


async def test_security_settings_ask_for_a_recent_proof(
    app: Container, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = "a sentence nobody guesses"
    user = await person(app, "ann", password=password)
    token = await sign_in(app, user)
    viewer = await app.principals.viewer(token)
    await app.sessions.require_recent(viewer)
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("update sessions set authenticated_at = now() - interval '11 min'"))
    with pytest.raises(ReauthenticationRequired):
        await app.sessions.require_recent(viewer)
    mutation = "mutation ($p: String!) { reauthenticate(password: $p) }"
    wrong = await api.fails(mutation, bearer(token), p="another one altogether")
    assert (wrong.code, wrong.field) == ("INVALID", "password")
    with pytest.raises(ReauthenticationRequired):
        await app.sessions.require_recent(viewer)
    assert (await api.run(mutation, bearer(token), p=password)) == {"reauthenticate": True}
    await app.sessions.require_recent(viewer)
    with pytest.raises(Conflict):
        await app.sessions.require_recent(SYSTEM)


async def test_who_owes_a_factor_can_do_nothing_but_enrol(app: Container, api: Api) -> None:
    user = await person(app, "ann", BuiltIn.ADMINISTRATOR)
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(
            text("update roles set requires_factor = true where key = 'administrator'")
        )
    tokens = await open_session(app, user.id)
    viewer = await app.principals.viewer(tokens.access)
    assert viewer.owes_factor
    assert viewer.permissions <= ENROLMENT
    assert viewer.scope == NOTHING
    failed = await api.fails("{ libraries { totalCount } }", bearer(tokens.access))
    assert failed.code == "FORBIDDEN"
    assert "second factor" in failed.message
    query = "{ viewer { mustEnrolSecondFactor } }"
    shown = await api.run(query, bearer(tokens.access))
    assert shown == {"viewer": {"mustEnrolSecondFactor": True}}
    async with app.db.write(viewer) as tx:
        await app.sessions.mark_factor(tx, viewer)
    app.principals.forget(user.id)
    assert not (await app.principals.viewer(tokens.access)).owes_factor


async def test_a_websocket_outlives_a_refresh_and_not_the_session(app: Container) -> None:
    """What a socket asks again and again is its session, whatever the token is by then."""
    user = await person(app, "ann")
    tokens = await open_session(app, user.id)
    viewer = await app.principals.viewer(tokens.access)
    fresh = await app.sessions.refresh(tokens.refresh, HOME)
    assert await app.principals.viewer(tokens.access) is ANONYMOUS
    assert (await app.principals.again(viewer, tokens.access)).signed_in
    await app.sessions.revoke(await app.principals.viewer(fresh.access), viewer_session(viewer))
    assert await app.principals.again(viewer, tokens.access) is ANONYMOUS


def viewer_session(viewer: Any) -> Any:
    """The session that a viewer came with."""
    assert viewer.session_id is not None
    return viewer.session_id


async def test_a_session_that_is_not_ones_own_is_not_found(app: Container) -> None:
    ann, bob = await person(app, "ann"), await person(app, "bob")
    theirs = await open_session(app, bob.id)
    viewer = await app.principals.viewer((await open_session(app, ann.id)).access)
    with pytest.raises(NotFound):
        await app.sessions.revoke(viewer, theirs.session.id)


async def test_sessions_that_ran_out_are_logged_when_they_are_forgotten(app: Container) -> None:
    user = await person(app, "ann")
    over, ended, valid = [(await open_session(app, user.id)).session.id for _ in range(3)]
    async with app.db.write(SYSTEM) as tx:
        long_ago = "now() - interval '30 days'"
        await tx.execute(
            text(f"update sessions set expires_at = {long_ago} where id in (:over, :ended)"),
            {"over": over, "ended": ended},
        )
        await tx.execute(
            text(f"update sessions set revoked_at = {long_ago} where id = :ended"), {"ended": ended}
        )
    for _ in range(2):  # the second time there is nothing more, and no other event
        async with app.db.write(SYSTEM) as tx:
            assert await app.sessions.forget(tx) is False
    assert await rows(app, "select id from sessions") == [(valid,)]
    found = await rows(app, "select changes from activity_log where action = 'session.expired'")
    assert found == [({"sessions": 1},)]
