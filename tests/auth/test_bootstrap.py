"""The first administrator: once, random, and where only the owner reads it."""

import asyncio
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.auth.domain import OneTimePassword, PasswordFileUnwritable
from app.auth.service import passwords
from app.container import Container
from app.rbac.domain import BuiltIn
from tests.auth.people import log_in, person, roles, rows


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """Permissions must not depend on it."""
    before = os.umask(0)
    yield
    os.umask(before)


async def test_the_first_start_makes_an_administrator_who_can_sign_in(
    app: Container, tmp_path: Path
) -> None:
    path = tmp_path / "admin-password"
    made = await app.accounts.ensure_administrator(path)
    assert made is not None
    assert made.username == "admin"
    assert len(made.password) == 23
    assert made.password not in repr(made)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == f"user name: admin\none-time password: {made.password}\n"
    assert [p.name for p in tmp_path.iterdir()] == ["admin-password"]
    login = await log_in(app, "admin", made.password)
    viewer = await app.principals.viewer(login.tokens.access)
    me = await app.accounts.me(viewer)
    assert me is not None
    assert await roles(app, me.user_id) == {BuiltIn.ADMINISTRATOR}
    assert me.must_change_password


async def test_the_second_start_makes_none(app: Container, tmp_path: Path) -> None:
    assert await app.accounts.ensure_administrator(tmp_path / "one") is not None
    assert await app.accounts.ensure_administrator(tmp_path / "two") is None
    assert not (tmp_path / "two").exists()
    assert len(await rows(app, "select 1 from users")) == 1


async def test_many_starts_at_once_make_one(app: Container, tmp_path: Path) -> None:
    made = await asyncio.gather(
        *(app.accounts.ensure_administrator(tmp_path / f"{n}") for n in range(4))
    )
    [first] = [m for m in made if m is not None]
    [file] = tmp_path.iterdir()
    assert first.password in file.read_text()
    assert len(await rows(app, "select 1 from users")) == 1


async def test_an_administrator_of_any_name_is_enough(app: Container, tmp_path: Path) -> None:
    await person(app, "root", BuiltIn.ADMINISTRATOR)
    assert await app.accounts.ensure_administrator(tmp_path / "file") is None


async def test_a_file_that_cannot_be_written_undoes_everything(
    app: Container, tmp_path: Path
) -> None:
    path = tmp_path / "missing" / "file"
    with pytest.raises(PasswordFileUnwritable, match="missing") as caught:
        await app.accounts.ensure_administrator(path)
    assert "database" not in caught.value.message
    for table in ("users", "user_passwords", "user_roles", "outbox"):
        assert await rows(app, f"select 1 from {table}") == []
    assert await app.accounts.ensure_administrator(tmp_path / "file") is not None


async def test_passwords_differ(app: Container) -> None:
    made = {passwords.make_password() for _ in range(100)}
    assert len(made) == 100
    for password in made:
        await app.passwords.judge(password, about=["admin"])


def test_the_file_is_private_from_its_first_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    real = os.fsync

    def watch(descriptor: int) -> None:
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        assert not (tmp_path / "file").exists()  # nobody can see half of it
        real(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    passwords.write_password_file(tmp_path / "file", OneTimePassword(username="a", password="b"))
    assert modes == [0o600]


def test_a_stale_file_is_replaced_and_a_link_is_not_followed(tmp_path: Path) -> None:
    made = OneTimePassword(username="a", password="b")
    victim = tmp_path / "victim"
    victim.write_text("precious")
    link = tmp_path / "file"
    link.symlink_to(victim)
    passwords.write_password_file(link, made)
    assert victim.read_text() == "precious"
    assert not link.is_symlink()
    link.chmod(0o644)
    passwords.write_password_file(link, made)
    assert stat.S_IMODE(link.stat().st_mode) == 0o600


def test_a_failed_write_leaves_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PasswordFileUnwritable, match="No space left"):
        passwords.write_password_file(
            tmp_path / "file", OneTimePassword(username="a", password="b")
        )
    assert list(tmp_path.iterdir()) == []


async def test_only_a_password_that_is_no_longer_good_is_forgotten(
    app: Container, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    made = await app.accounts.ensure_administrator(path)
    assert made is not None
    other = await person(app, "other")
    await app.accounts.forget_password_file(path)
    await app.accounts.forget_password_file(path, other.id)
    assert path.exists()
    secret = await app.auth_repository.secret_by_name("admin")
    assert secret is not None
    await app.accounts.forget_password_file(path, secret.user_id)
    assert not path.exists()
    await app.accounts.forget_password_file(path, secret.user_id)


async def test_a_changed_password_is_forgotten_at_the_next_start(
    app: Container, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    made = await app.accounts.ensure_administrator(path)
    assert made is not None
    login = await log_in(app, made.username, made.password)
    viewer = await app.principals.viewer(login.tokens.access)
    await app.accounts.change_password(viewer, made.password, "another password")
    await app.accounts.forget_password_file(path)  # nobody was there to hear of the change
    assert not path.exists()


async def test_changes_are_told(app: Container, tmp_path: Path) -> None:
    made = await app.accounts.ensure_administrator(tmp_path / "file")
    assert made is not None
    login = await log_in(app, made.username, made.password)
    viewer = await app.principals.viewer(login.tokens.access)
    await app.accounts.change_password(viewer, made.password, "another password")
    await app.accounts.reset_password("admin")
    told = await rows(app, "select 1 from jobs where kind like 'on:user.password_change:%'")
    assert len(told) == 2
