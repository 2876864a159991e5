"""People for tests: accounts and sessions made without hashing a password."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.auth.domain import Entry, LoginSuccess
from app.container import Container
from app.core.access import SYSTEM, Viewer
from app.core.ids import new_id
from app.rbac.domain import BuiltIn, built_in
from app.users.domain import NewUser, User
from tests.support.people import Somebody, open_session


async def person(
    app: Container,
    username: str,
    role: BuiltIn | None = BuiltIn.USER,
    *,
    password: str | None = None,
    max_age: int | None = None,
) -> User:
    """An account; it can sign in with `password` when there is one."""
    hashed = None if password is None else await app.hasher.hash(password)
    async with app.db.write(SYSTEM) as tx:
        user = await app.users.create(tx, NewUser(username=username, max_age=max_age))
        await app.rbac.set_roles(tx, user.id, [] if role is None else [role.id])
        if hashed is not None:
            await app.auth_repository.set_password(tx, user.id, hashed, one_time=False)
    return user


async def sign_in(app: Container, user: User, *, lasts: timedelta = timedelta(days=1)) -> str:
    """The token of a new session."""
    return (await open_session(app, user.id, lasts=lasts)).access


async def log_in(app: Container, username: str, password: str) -> LoginSuccess:
    """Sign in with a password, where no second factor is asked for."""
    result = await app.sign_in.password(username, password, Entry())
    assert isinstance(result, LoginSuccess)
    return result


def bearer(token: str) -> Somebody:
    """Who sends this token, whoever that is."""
    return Somebody(id=UUID(int=0), username="", token=token)


async def client_of(app: Container, user: User) -> Somebody:
    """The user with a new session, for the API."""
    return bearer(await sign_in(app, user))


async def viewer_of(app: Container, user: User) -> Viewer:
    """The viewer of a new session."""
    return await app.principals.viewer(await sign_in(app, user))


async def library(app: Container, name: str = "Films") -> UUID:
    """A row to grant: the slice of libraries is not under test here."""
    library_id = new_id()
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(
            text(
                "insert into libraries (id, name, name_key, kind, language)"
                " values (:id, :name, :key, 'movies', 'en')"
            ),
            {"id": library_id, "name": name, "key": name.casefold()},
        )
    return library_id


async def rows(app: Container, statement: str, **values: Any) -> list[Any]:
    """What the database holds, as plain values."""
    return [tuple(row) for row in await app.db.records(text(statement), values)]


async def roles(app: Container, user_id: UUID) -> set[str]:
    """The built-in roles that a user has in the database."""
    held = await rows(app, "select role_id from user_roles where user_id = :id", id=user_id)
    return {*built_in([role_id for (role_id,) in held])}


async def until(condition: Callable[[], Any], patience: float = 5) -> None:
    """Wait for what happens by itself; fail when it does not."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.005)
