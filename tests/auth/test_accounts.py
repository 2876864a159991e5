"""Accounts that administrators add and reset, and what of their secrets leaks nowhere."""

from collections.abc import Awaitable
from typing import Any

import msgspec
import pytest

from app.auth.domain import NewAccount
from app.container import Container
from app.core.errors import AppError, Forbidden, NotFound
from app.core.ids import encode_id
from app.rbac.domain import BuiltIn
from app.users.domain import User
from tests.auth.logins import LOGIN, PASSWORD, VIEWER
from tests.auth.people import bearer, client_of, log_in, person, roles, rows, sign_in, viewer_of
from tests.support.api import Api

CREATE = """
mutation($username: String!, $password: String!, $roles: [ID!], $age: Int) {
  createUser(input: {username: $username, password: $password, roleIds: $roles, maxAge: $age,
                     displayName: "Some One"}) { id username displayName maxAge isActive }
}
"""


async def test_an_administrator_adds_accounts_that_can_sign_in(api: Api, app: Container) -> None:
    admin = await client_of(app, await person(app, "root", BuiltIn.ADMINISTRATOR))
    made = await api.run(
        CREATE,
        viewer=admin,
        username="Bob",
        password=PASSWORD,
        roles=[encode_id("role", BuiltIn.GUEST.id)],
        age=6,
    )
    assert made["createUser"] == {
        "id": made["createUser"]["id"],
        "username": "Bob",
        "displayName": "Some One",
        "maxAge": 6,
        "isActive": True,
    }
    token = (await api.run(LOGIN, username="bob", password=PASSWORD))["login"]["accessToken"]
    viewer = await app.principals.viewer(token)
    assert viewer.scope.libraries == frozenset()
    assert await roles(app, viewer.account) == {BuiltIn.GUEST}


@pytest.mark.parametrize("role", [BuiltIn.GUEST, BuiltIn.USER, BuiltIn.MODERATOR, None])
async def test_nobody_else_adds_accounts_and_the_try_leaves_no_trace(
    api: Api, app: Container, role: BuiltIn | None
) -> None:
    viewer = None if role is None else await client_of(app, await person(app, "ann", role))
    before = await rows(app, "select id from outbox"), await rows(app, "select id from users")
    hashed = app.hasher.started
    error = await api.fails(CREATE, viewer=viewer, username="mallory", password=PASSWORD)
    assert error.code == ("UNAUTHENTICATED" if role is None else "FORBIDDEN")
    after = await rows(app, "select id from outbox"), await rows(app, "select id from users")
    assert after == before
    assert app.hasher.started == hashed


@pytest.mark.parametrize(
    ("username", "password", "expected"),
    [
        ("ROOT", PASSWORD, ("CONFLICT", "username")),
        ("no spaces", PASSWORD, ("INVALID", "username")),
        ("bob", "short", ("INVALID", "password")),
        ("bobbobbob", "BOBbobbob", ("INVALID", "password")),
    ],
)
async def test_a_bad_account_is_refused_whole(
    api: Api, app: Container, username: str, password: str, expected: tuple[str, str]
) -> None:
    admin = await client_of(app, await person(app, "root", BuiltIn.ADMINISTRATOR))
    before = await rows(app, "select id from outbox")
    error = await api.fails(CREATE, viewer=admin, username=username, password=password)
    assert (error.code, error.field) == expected
    assert len(await rows(app, "select 1 from users")) == 1
    assert await rows(app, "select id from outbox") == before


async def test_nobody_gives_more_than_they_have(app: Container) -> None:
    moderator = await viewer_of(app, await person(app, "mod", BuiltIn.MODERATOR))
    new = NewAccount(username="mallory", password=PASSWORD, role_ids=(BuiltIn.ADMINISTRATOR.id,))
    with pytest.raises(Forbidden):
        await app.accounts.create_user(moderator, new)


async def test_reset_gives_a_one_time_password_and_ends_sessions(api: Api, app: Container) -> None:
    user = await person(app, "ann", password=PASSWORD)
    token = await sign_in(app, user)
    assert (await api.run(VIEWER, viewer=bearer(token)))["viewer"] is not None
    made = await app.accounts.reset_password("ANN")
    assert made.username == "ann"
    assert (await api.run(VIEWER, viewer=bearer(token)))["viewer"] is None
    assert (await api.fails(LOGIN, username="ann", password=PASSWORD)).code == "UNAUTHENTICATED"
    fresh = (await api.run(LOGIN, username="ann", password=made.password))["login"]["accessToken"]
    assert (await api.run(VIEWER, viewer=bearer(fresh)))["viewer"]["mustChangePassword"] is True
    assert (await app.accounts.reset_password("ann")).password != made.password
    with pytest.raises(NotFound):
        await app.accounts.reset_password("nobody")


async def attempt(work: Awaitable[Any]) -> str:
    """What comes of it, as somebody might log it."""
    try:
        found = await work
    except AppError as error:
        return f"{error!r} {error} {vars(error)}"
    return repr(found)


async def test_no_secret_is_seen_anywhere(
    app: Container, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    canary, other = "canary-password-4711", "canary-password-4712"
    caplog.set_level("DEBUG")
    admin = await viewer_of(app, await person(app, "root", BuiltIn.ADMINISTRATOR))
    new = NewAccount(username="ann", password=canary)
    seen = [repr(new), await attempt(app.accounts.create_user(admin, new))]
    login = await log_in(app, "ann", canary)
    viewer = await app.principals.viewer(login.tokens.access)
    secret = await app.auth_repository.secret(viewer.account)
    seen += [
        repr(login),
        repr(viewer),
        repr(secret),
        await attempt(app.accounts.create_user(admin, new)),
        await attempt(log_in(app, "ann", other)),
        await attempt(log_in(app, other, canary)),
        await attempt(app.accounts.change_password(viewer, other, canary + "x")),
        await attempt(app.accounts.change_password(viewer, canary, canary)),
        await attempt(app.accounts.change_password(viewer, canary, other)),
        await attempt(app.principals.viewer(f"{login.tokens.access}x")),
        await attempt(app.sessions.sign_out(viewer)),
    ]
    made = await app.accounts.reset_password("ann")
    seen.append(repr(made))
    tables = ("users", "user_passwords", "sessions", "user_roles", "outbox", "jobs")
    for table in tables:
        seen += [str(r) for r in await rows(app, f"select row_to_json(t)::text from {table} t")]
    out, err = capfd.readouterr()
    seen += [out, err, caplog.text, repr(app.accounts.__dict__), repr(app.principals._kept)]
    assert secret is not None
    [(stored,)] = await rows(app, "select hash from user_passwords")
    everything = "\n".join(seen)
    for hidden in (
        canary,
        other,
        login.tokens.access,
        login.tokens.access.removeprefix("rvs_"),
        made.password,
    ):
        assert hidden not in everything
    assert secret.hash is not None
    assert secret.hash not in everything
    assert everything.count(stored) == 1  # in its own table and nowhere else


def test_what_the_api_shows_of_a_user_holds_no_hash() -> None:
    names = {field.name for field in msgspec.structs.fields(User)}
    expected = {"id", "username", "display_name", "is_active", "max_age", "created_at"}
    expected |= {"email", "email_verified_at", "locale", "timezone", "avatar_id", "last_login_at"}
    assert names == expected
