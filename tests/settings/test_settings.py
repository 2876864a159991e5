"""Settings of the server: typed, stored, and the same in every process a moment later."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.cli.chores import reseal_everything
from app.container import Container
from app.core.access import SYSTEM
from app.core.config import Config, ConfigError
from app.core.keys import Keyring, NotResealed, read_keys, write_keys
from app.settings.domain import (
    ACCESS_TOKEN_EXPIRY,
    LIMITS_GLOBAL_RATE,
    MAIL_FROM_ADDRESS,
    MAIL_PASSWORD,
    MAIL_SECURITY,
    PUBLIC_URL,
    REGISTRATION_ENABLED,
    SERVER,
    SERVER_NAME,
    BadValue,
    Kind,
    MailSecurity,
    SettingUnknown,
)
from app.settings.service import snapshot as snapshot_module
from tests.conftest import make_config, wait_until

CANARY = "canary-9f1c-mail-password"


async def rows(app: Container, statement: str) -> list[Any]:
    return [tuple(row) for row in await app.db.records(text(statement))]


def test_a_container_that_was_never_opened_answers_defaults(config: Config) -> None:
    app = Container(config)
    assert app.settings.get(SERVER_NAME) == "Revenge Media Server"
    assert app.settings.get(REGISTRATION_ENABLED) is True


async def test_what_is_set_is_what_is_got_in_its_type(app: Container) -> None:
    await app.settings.update(SYSTEM, "mail.security", "tls")
    await app.settings.update(SYSTEM, "limits.global.rate", 7)
    await app.settings.update(SYSTEM, "auth.access_token_expiry", 120.0)
    assert app.settings.get(MAIL_SECURITY) is MailSecurity.TLS
    rate, expiry = app.settings.get(LIMITS_GLOBAL_RATE), app.settings.get(ACCESS_TOKEN_EXPIRY)
    assert (rate, type(rate), expiry, type(expiry)) == (7.0, float, 120, int)
    state = await app.settings.reset(SYSTEM, "mail.security")
    assert not state.is_set
    assert app.settings.get(MAIL_SECURITY) is MailSecurity.STARTTLS


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("server.name", 5),
        ("server.name", "x" * 101),
        ("server.name", "two\nlines"),
        ("server.name", None),
        ("server.public_url", "media.example.org"),
        ("server.public_url", "https://media.example.org/path"),
        ("server.public_url", "https://user:secret@media.example.org"),
        ("server.public_url", "ftp://media.example.org"),
        ("server.public_url", "javascript:alert(1)"),
        ("server.public_url", "https://media.example.org:99999"),
        ("features.registration_enabled", "true"),
        ("features.registration_enabled", 1),
        ("auth.access_token_expiry", True),
        ("auth.access_token_expiry", 59),
        ("auth.access_token_expiry", 60.5),
        ("auth.access_token_expiry", 10**400),
        ("limits.global.rate", float("nan")),
        ("limits.global.rate", float("inf")),
        ("limits.global.rate", 0),
        ("mail.security", "ssl"),
        ("mail.from_address", "nobody"),
        ("mail.from_address", "a@b\r\nBcc: c@d"),
        ("mail.host", "-x.example.org"),
        ("mail.port", 65536),
        ("webauthn.rp_id", "https://example.org"),
        ("webauthn.origins", "http://example.org"),
        ("mail.enabled", True),  # without a host
        ("auth.access_token_expiry", 80_000),  # fits only a longer refresh token, see below
    ],
)
async def test_a_value_that_does_not_fit_is_refused_and_leaves_nothing(
    app: Container, key: str, value: object
) -> None:
    if value == 80_000:
        await app.settings.update(SYSTEM, "auth.refresh_token_expiry", 70_000)
    stored = "select (select count(*) from server_settings), (select count(*) from activity_log)"
    before = await rows(app, stored)
    with pytest.raises(BadValue) as refused:
        await app.settings.update(SYSTEM, key, value)
    assert refused.value.field == "value"
    assert await rows(app, stored) == before


async def test_texts_are_brought_to_one_form(app: Container) -> None:
    await app.settings.update(SYSTEM, "server.public_url", " HTTPS://Média.Example.org:443/ ")
    assert app.settings.get(PUBLIC_URL) == "https://xn--mdia-bpa.example.org"
    await app.settings.update(SYSTEM, "mail.from_address", "Revenge@Example.ORG")
    assert app.settings.get(MAIL_FROM_ADDRESS) == "Revenge@example.org"


async def test_an_unknown_key_is_not_found(app: Container) -> None:
    with pytest.raises(SettingUnknown):
        await app.settings.update(SYSTEM, "server.nonsense", 1)
    with pytest.raises(SettingUnknown):
        await app.settings.reset(SYSTEM, "server.nonsense")


async def test_what_others_need_cannot_be_taken_away(app: Container) -> None:
    await app.settings.update(SYSTEM, "mail.host", "mail.example.org")
    await app.settings.update(SYSTEM, "mail.from_address", "revenge@example.org")
    await app.settings.update(SYSTEM, "mail.enabled", True)
    with pytest.raises(BadValue):
        await app.settings.reset(SYSTEM, "mail.host")
    await app.settings.update(SYSTEM, "webauthn.origins", "https://a.example.org")
    with pytest.raises(BadValue):
        await app.settings.update(SYSTEM, "webauthn.rp_id", "ample.org")
    await app.settings.update(SYSTEM, "webauthn.rp_id", "example.org")


async def test_s10_a_secret_is_sealed_answered_by_nobody_and_never_logged(app: Container) -> None:
    state = await app.settings.update(SYSTEM, "mail.password", CANARY)
    assert (state.value, state.is_set) == (None, True)
    assert app.settings.get(MAIL_PASSWORD) == CANARY
    everything = await rows(app, "select s::text from server_settings as s")
    everything += await rows(app, "select a::text from activity_log as a")
    everything += await rows(app, "select j::text from jobs as j")
    everything += await rows(app, "select o::text from outbox as o")
    assert len(everything) >= 2
    assert CANARY not in str(everything)
    assert CANARY.encode().hex() not in str(everything)
    assert CANARY not in repr(state) + repr(await app.settings.all())


async def test_a_change_leaves_its_old_and_new_value(app: Container) -> None:
    await app.settings.update(SYSTEM, "server.name", "Ours")
    await app.settings.update(SYSTEM, "server.name", "Ours")  # changes nothing
    await app.settings.update(SYSTEM, "mail.password", "first")
    await app.settings.reset(SYSTEM, "mail.password")
    logged = await rows(app, "select action, changes, actor_name from activity_log order by id")
    assert [row[0] for row in logged] == ["settings.update"] * 3
    assert [row[1] for row in logged] == [
        {"server.name": {"old": "Revenge Media Server", "new": "Ours"}},
        {"mail.password": {"old": None, "new": "•••"}},
        {"mail.password": {"old": "•••", "new": None}},
    ]
    assert logged[0][2] == "system"


async def test_edits_at_the_same_time_do_not_break_a_rule(app: Container) -> None:
    """Two that fit what is there, but not each other: one of them is refused, every time."""
    for _ in range(5):
        await app.settings.reset(SYSTEM, "auth.access_token_expiry")
        await app.settings.reset(SYSTEM, "auth.refresh_token_expiry")
        ended = await asyncio.gather(
            app.settings.update(SYSTEM, "auth.access_token_expiry", 80_000),
            app.settings.update(SYSTEM, "auth.refresh_token_expiry", 70_000),
            return_exceptions=True,
        )
        assert [isinstance(end, BadValue) for end in ended].count(True) == 1


async def test_a_change_is_everywhere_within_a_moment(
    app: Container, database_url: str, tmp_path: Any
) -> None:
    """On an instance of its own that has no Redis at all."""
    other = Container(make_config(database_url, "redis://127.0.0.1:1/0", tmp_path))
    await other.open()
    try:
        await wait_until(lambda: other.listener.healthy)
        await app.settings.update(SYSTEM, "server.name", "Ours")
        assert app.settings.get(SERVER_NAME) == "Ours"  # at once where it was made
        await wait_until(lambda: other.settings.get(SERVER_NAME) == "Ours", 2)
        await other.settings.reset(SYSTEM, "server.name")
        await wait_until(lambda: app.settings.get(SERVER_NAME) == "Revenge Media Server", 2)
    finally:
        await other.close()


async def test_what_was_missed_is_read_when_the_listener_is_back(
    app: Container, config: Config
) -> None:
    other = Container(config)
    await other.open()
    try:
        await wait_until(lambda: other.listener.healthy)
        await app.settings.update(SYSTEM, "server.name", "Heard")
        await wait_until(lambda: other.settings.get(SERVER_NAME) == "Heard")
        async with app.db.write(SYSTEM) as tx:  # nobody is told
            await tx.execute(text("update server_settings set value = '\"Quiet\"'"))
        await asyncio.sleep(0.3)
        assert other.settings.get(SERVER_NAME) == "Heard"
        await app.db.records(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'revenge-listen'"
                " and datname = current_database()"
            )
        )
        await wait_until(lambda: other.settings.get(SERVER_NAME) == "Quiet", 5)
    finally:
        await other.close()


async def test_without_any_word_it_is_read_now_and_then(
    app: Container, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_module, "EVERY", 0.2)
    other = Container(config)
    await other.open()
    try:
        await wait_until(lambda: other.listener.healthy)
        async with app.db.write(SYSTEM) as tx:
            await tx.execute(
                text("insert into server_settings (key, value) values ('server.name', '\"Quiet\"')")
            )
        await wait_until(lambda: other.settings.get(SERVER_NAME) == "Quiet", 2)
    finally:
        await other.close()


async def test_a_read_that_fails_keeps_what_there_was(app: Container) -> None:
    await app.settings.update(SYSTEM, "server.name", "Ours")
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("alter table server_settings rename to gone"))
    try:
        assert await app.settings._snapshot.read() is False
        assert app.settings.get(SERVER_NAME) == "Ours"
    finally:
        async with app.db.write(SYSTEM) as tx:
            await tx.execute(text("alter table gone rename to server_settings"))
    assert await app.settings._snapshot.read() is True


async def test_a_start_without_the_stored_settings_fails(app: Container, config: Config) -> None:
    """Defaults would open what an administrator has closed."""
    other = Container(config)
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("alter table server_settings rename to gone"))
    try:
        with pytest.raises(Exception, match="server_settings"):
            await other.open()
    finally:
        async with app.db.write(SYSTEM) as tx:
            await tx.execute(text("alter table gone rename to server_settings"))
        await other.close()


async def test_what_cannot_be_used_has_its_default(app: Container) -> None:
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(
            text(
                "insert into server_settings (key, value) values"
                " ('server.name', '5'), ('mail.password', '\"in clear\"'), ('of.old', '1')"
            )
        )
    assert await app.settings._snapshot.read() is True
    assert app.settings.get(SERVER_NAME) == "Revenge Media Server"
    assert app.settings.get(MAIL_PASSWORD) == ""


async def test_secrets_that_cannot_be_opened_are_told_and_no_key_is_given_up(
    app: Container, database_url: str, redis_url: str, tmp_path: Any
) -> None:
    await app.settings.update(SYSTEM, "mail.password", CANARY)
    new = "another key, as long as it has to be"
    changed = make_config(database_url, redis_url, tmp_path, secret_key=new)  # the old one is lost
    other = Container(changed)
    await other.open()
    try:
        with pytest.raises(NotResealed) as caught:
            await other.reseal()
    finally:
        await other.close()
    assert (caught.value.done, caught.value.left) == (0, 1)
    changed.data.mkdir(exist_ok=True, parents=True)
    keys = (new, app.config.secret_key or "")
    write_keys(changed.data, keys)
    with pytest.raises(ConfigError, match="All keys are kept"):
        await asyncio.to_thread(reseal_everything, changed)
    assert read_keys(changed.data) == keys


async def test_secrets_are_sealed_anew_after_the_key_was_changed(
    app: Container, database_url: str, redis_url: str, tmp_path: Any
) -> None:
    await app.settings.update(SYSTEM, "mail.password", CANARY)
    old, new = app.config.secret_key, "another key, as long as it has to be"
    assert old is not None
    changed = make_config(database_url, redis_url, tmp_path, secret_key=new, old_secret_keys=[old])
    other = Container(changed)
    await other.open()
    try:
        assert other.settings.get(MAIL_PASSWORD) == CANARY
        assert await other.reseal() == 1
        assert await other.reseal() == 0
    finally:
        await other.close()
    last = Container(make_config(database_url, redis_url, tmp_path, secret_key=new))
    await last.open()
    try:
        assert last.settings.get(MAIL_PASSWORD) == CANARY
    finally:
        await last.close()
    stored = await rows(app, "select value_key_id from server_settings")
    assert stored == [(Keyring(new).key_id,)]


def test_every_default_is_a_value_and_every_description_a_sentence() -> None:
    for setting in SERVER.all():
        assert setting.check(setting.default) == setting.default, setting.key
        assert setting.description[0].isupper(), setting.key
        assert setting.description.endswith("."), setting.key
        assert not (setting.secret and setting.public), setting.key


def test_the_table_of_the_readme_is_complete_and_current() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    for setting in SERVER.all():
        default = str(setting.default)
        if setting.kind is Kind.BOOLEAN:
            default = default.lower()
        elif setting.kind is Kind.NUMBER:
            default = f"{setting.default:g}"
        marks = " Secret." * setting.secret + " Public." * setting.public
        cell = f"`{default}`" if default else ""
        assert f"| `{setting.key}` | {cell} | {setting.description}{marks} |" in readme
    own = readme.partition("### Settings while it runs")[2].partition("\n##")[0]
    written = re.findall(r"^\| `([a-z]+\.[a-z._]+)` \|", own, re.MULTILINE)
    assert written == [setting.key for setting in SERVER.all()]
