"""Signing in and out with a password, and changing it: what works, what must not, what it ends."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.auth.domain import BadCredentials, Entry
from app.container import Container
from app.core.access import SYSTEM, Viewer
from app.core.config import AuthConfig
from app.core.crypto import PasswordHasher, Turn
from app.core.errors import Conflict
from app.core.ids import encode_id
from app.rbac.domain import PERMISSIONS, BuiltIn
from tests.auth.logins import LOGIN, PASSWORD, VIEWER
from tests.auth.people import bearer, client_of, log_in, person, rows, sign_in, viewer_of
from tests.support.api import Api

CHANGE = """
mutation($current: String!, $new: String!) {
  changePassword(currentPassword: $current, newPassword: $new)
}
"""


def attempts(app: Container, status: str) -> float:
    found = app.metrics.registry.get_sample_value(
        "revenge_auth_attempts_total", {"method": "password", "status": status}
    )
    return found or 0


async def test_login_gives_a_token_that_works(api: Api, app: Container) -> None:
    user = await person(app, "ann", BuiltIn.GUEST, password=PASSWORD)
    before = attempts(app, "success")
    given = (await api.run(LOGIN, username="ANN", password=PASSWORD))["login"]
    assert given["__typename"] == "LoginSuccess"
    assert given["user"] == {"id": encode_id("user", user.id), "username": "ann"}
    assert given["accessToken"].startswith("rvs_")
    assert attempts(app, "success") == before + 1
    shown = (await api.run(VIEWER, viewer=bearer(given["accessToken"])))["viewer"]
    assert shown["user"]["username"] == "ann"
    assert shown["roles"] == [{"name": "Guest", "builtIn": "GUEST"}]
    assert shown["permissions"] == sorted(p.value for p in PERMISSIONS[BuiltIn.GUEST])
    assert shown["session"]["expiresAt"] > given["expiresAt"]
    assert shown["mustChangePassword"] is False


async def test_nobody_is_null(api: Api) -> None:
    assert await api.run(VIEWER) == {"viewer": None}
    assert await api.run(VIEWER, viewer=bearer("rvs_" + "x" * 43)) == {"viewer": None}


async def test_wrong_user_wrong_password_and_inactive_look_and_cost_alike(
    api: Api, app: Container
) -> None:
    await person(app, "ann", password=PASSWORD)
    await person(app, "off", password=PASSWORD)
    await person(app, "nopassword")
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("update users set is_active = false where username = 'off'"))
    answers, hashes = set(), []
    failures = attempts(app, "failure")
    for username, password in (
        ("ann", "wrong password"),
        ("nobody", PASSWORD),
        ("off", PASSWORD),
        ("nopassword", PASSWORD),
        ("ann", ""),
    ):
        before = app.hasher.started
        error = await api.fails(LOGIN, username=username, password=password)
        hashes.append(app.hasher.started - before)
        answers.add((str(error.code), error.message))
    assert answers == {("UNAUTHENTICATED", "The user name or the password is wrong.")}
    assert hashes == [1] * 5
    assert attempts(app, "failure") == failures + 5
    assert await rows(app, "select 1 from sessions") == []


async def test_a_full_hasher_costs_the_database_nothing(
    api: Api, app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    await person(app, "ann", password=PASSWORD)
    monkeypatch.setattr(app.hasher, "waiting", 10_000)
    statements: list[str] = []
    monkeypatch.setattr(app.db, "statements", statements.append)
    before = app.hasher.started
    error = await api.fails(LOGIN, username="ann", password=PASSWORD)
    assert str(error.code) == "RATE_LIMITED"
    assert error.errors[0]["extensions"]["retryAfter"] > 0
    assert statements == []
    assert app.hasher.started == before
    assert app.hasher.waiting == 10_000


async def test_a_password_that_changes_during_the_login_opens_nothing(
    app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await person(app, "ann", password=PASSWORD)
    real = app.hasher._verify

    async def slow(stored: str | None, password: str, turn: Turn) -> bool:
        right = await real(stored, password, turn)
        async with app.db.write(SYSTEM) as tx:
            await app.auth_repository.set_password(tx, user.id, "another", one_time=False)
        return right

    monkeypatch.setattr(app.hasher, "_verify", slow)
    with pytest.raises(BadCredentials):
        await log_in(app, "ann", PASSWORD)
    assert await rows(app, "select 1 from sessions") == []


async def test_a_login_beside_a_change_of_password_does_not_outlive_it(app: Container) -> None:
    user = await person(app, "ann", password=PASSWORD)
    viewer = await viewer_of(app, user)
    secret = await app.auth_repository.secret(user.id)
    assert secret is not None
    async with app.db.write(SYSTEM) as tx:  # a login that has just checked the old password
        assert await app.auth_repository.password_stands(tx, secret)
        change = asyncio.create_task(
            app.accounts.change_password(viewer, PASSWORD, "quite another one")
        )
        await asyncio.sleep(0.3)
        assert not change.done()  # it waits for the login, and then ends its session too
        late = await app.sessions.open(tx, user.id, "password", Entry(), factor=False)
    await change
    revoked = await rows(app, "select id from sessions where revoked_at is not null")
    assert revoked == [(late.session.id,)]


async def test_an_old_hash_is_renewed_at_login(
    app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    await person(app, "ann", password=PASSWORD)
    stronger = PasswordHasher(AuthConfig(hash_memory=8192, hash_time=2))
    monkeypatch.setattr(app.sign_in, "_hasher", stronger)
    try:
        await log_in(app, "ann", PASSWORD)
        [(stored,)] = await rows(app, "select hash from user_passwords")
        assert "t=2" in stored
        await log_in(app, "ann", PASSWORD)
        assert await rows(app, "select hash from user_passwords") == [(stored,)]
    finally:
        stronger.close()


async def test_logout_ends_this_session_alone(api: Api, app: Container) -> None:
    user = await person(app, "ann")
    one, other = await sign_in(app, user), await sign_in(app, user)
    assert await api.run("mutation { logout }", viewer=bearer(one)) == {"logout": True}
    assert await api.run(VIEWER, viewer=bearer(one)) == {"viewer": None}
    assert (await api.run(VIEWER, viewer=bearer(other)))["viewer"]["user"]["username"] == "ann"
    error = await api.fails("mutation { logout }", viewer=bearer(one))
    assert error.code == "UNAUTHENTICATED"


async def test_logout_needs_a_session(app: Container) -> None:
    with pytest.raises(Conflict):
        await app.sessions.sign_out(Viewer(user_id=(await person(app, "ann")).id))


async def test_changing_the_password_ends_the_other_sessions(api: Api, app: Container) -> None:
    user = await person(app, "ann", password=PASSWORD)
    bob = await sign_in(app, await person(app, "bob"))
    mine, other = await sign_in(app, user), await sign_in(app, user)
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("update user_passwords set one_time = true"))
    assert (await api.run(VIEWER, viewer=bearer(mine)))["viewer"]["mustChangePassword"] is True
    assert (await api.run(VIEWER, viewer=bearer(other)))["viewer"] is not None
    await api.run(CHANGE, viewer=bearer(mine), current=PASSWORD, new="quite another one")
    assert (await api.run(VIEWER, viewer=bearer(mine)))["viewer"]["mustChangePassword"] is False
    assert (await api.run(VIEWER, viewer=bearer(other)))["viewer"] is None
    assert (await api.run(VIEWER, viewer=bearer(bob)))["viewer"] is not None
    assert (await api.fails(LOGIN, username="ann", password=PASSWORD)).code == "UNAUTHENTICATED"
    await api.run(LOGIN, username="ann", password="quite another one")


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [
        (PASSWORD, "short", "newPassword"),
        (PASSWORD, "x" * 1025, "newPassword"),
        (PASSWORD, "ANNABELLE", "newPassword"),
        (PASSWORD, PASSWORD, "newPassword"),
        ("not the password", "quite another one", "currentPassword"),
    ],
)
async def test_a_bad_change_is_refused_and_changes_nothing(
    api: Api, app: Container, current: str, new: str, field: str
) -> None:
    user = await person(app, "annabelle", password=PASSWORD)
    mine, other = await sign_in(app, user), await sign_in(app, user)
    stored = await rows(app, "select hash, one_time from user_passwords")
    error = await api.fails(CHANGE, viewer=bearer(mine), current=current, new=new)
    assert (error.code, error.field) == ("INVALID", field)
    assert current not in error.message
    assert new not in error.message
    assert await rows(app, "select hash, one_time from user_passwords") == stored
    assert (await api.run(VIEWER, viewer=bearer(other)))["viewer"] is not None


async def test_two_changes_at_once_cannot_both_win(app: Container) -> None:
    viewer = await viewer_of(app, await person(app, "ann", password=PASSWORD))
    results = await asyncio.gather(
        *(
            app.accounts.change_password(viewer, PASSWORD, new)
            for new in ("new password one", "new password two")
        ),
        return_exceptions=True,
    )
    assert [type(result) for result in results if result is not None] == [Conflict]


async def test_guests_keep_their_password(api: Api, app: Container) -> None:
    viewer = await client_of(app, await person(app, "ann", BuiltIn.GUEST, password=PASSWORD))
    error = await api.fails(CHANGE, viewer=viewer, current=PASSWORD, new="quite another one")
    assert error.code == "FORBIDDEN"


async def test_a_session_lasts_as_long_as_configured(app: Container) -> None:
    await person(app, "ann", password=PASSWORD)
    login = await log_in(app, "ann", PASSWORD)
    session, now = login.tokens.session, app.clock.now()
    assert timedelta(days=30, minutes=-1) < session.expires_at - now <= timedelta(days=30)
    assert timedelta(minutes=59) < session.access_expires_at - now <= timedelta(hours=1)


async def test_sessions_long_over_are_forgotten(app: Container) -> None:
    user = await person(app, "ann")
    kept = await sign_in(app, user)
    await sign_in(app, user, lasts=timedelta(days=-29))
    await sign_in(app, user, lasts=timedelta(days=-31))
    revoked = await viewer_of(app, user)
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(
            text("update sessions set revoked_at = now() - interval '31 days' where id = :id"),
            {"id": revoked.session_id},
        )
    async with app.db.write(SYSTEM) as tx:
        assert await app.sessions.forget(tx) is False
    assert len(await rows(app, "select 1 from sessions")) == 2
    assert (await app.principals.viewer(kept)).signed_in
    await app.sessions.measure()
    assert app.metrics.registry.get_sample_value("revenge_sessions_active_total") == 1


async def test_forgetting_goes_on_in_batches(
    app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.auth.service.sessions.BATCH", 2)
    user = await person(app, "ann")
    for _ in range(3):
        await sign_in(app, user, lasts=timedelta(days=-31))
    more = []
    for _ in range(2):
        async with app.db.write(SYSTEM) as tx:
            more.append(await app.sessions.forget(tx))
    assert more == [True, False]
