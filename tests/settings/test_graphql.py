"""Settings through the API: who sees and changes what, and what is never shown."""

from typing import Any

import pytest
from sqlalchemy import text

from app.container import Container
from app.core.errors import Code
from app.rbac.domain import BuiltIn
from app.settings.domain import SERVER, USER
from tests.support.api import Api
from tests.support.people import People
from tests.support.statements import caused

CANARY = "canary-5d20-mail-password"
WHOLE = """key category type description value default isSet isSecret isPublic allowedValues
  minimum maximum updatedAt updatedById"""
SETTINGS = f"query($c: SettingCategory) {{ settings(category: $c) {{ {WHOLE} }} }}"
UPDATE = """mutation($key: String!, $value: SettingValue!) {
  updateSetting(key: $key, value: $value) { key value isSet updatedById } }"""
RESET = "mutation($key: String!) { resetSetting(key: $key) { key value isSet } }"
SET_OWN = """mutation($key: String!, $value: SettingValue!) {
  updateUserSetting(key: $key, value: $value) { key value isSet category } }"""
PREFER = """mutation($input: UpdatePreferencesInput!) { updatePreferences(input: $input) {
  emailNotifications emailFrequency pushNotifications digest digestFrequency profileVisibility
  showEmail showActivity theme displayLanguage contentLanguage metadataLanguage
  showAdultContent showSpoilers autoPlayVideos } }"""
DEFAULTS = {
    "emailNotifications": True,
    "emailFrequency": "INSTANT",
    "pushNotifications": False,
    "digest": True,
    "digestFrequency": "WEEKLY",
    "profileVisibility": "PRIVATE",
    "showEmail": False,
    "showActivity": True,
    "theme": "SYSTEM",
    "displayLanguage": "en-US",
    "contentLanguage": None,
    "metadataLanguage": "en",
    "showAdultContent": False,
    "showSpoilers": False,
    "autoPlayVideos": True,
}


async def test_the_whole_catalogue(api: Api, people: People) -> None:
    admin = await people.admin()
    found = (await api.run(SETTINGS, admin))["settings"]
    assert [one["key"] for one in found] == [setting.key for setting in SERVER.all()]
    mail = (await api.run(SETTINGS, admin, c="MAIL"))["settings"]
    assert {one["category"] for one in mail} == {"MAIL"}
    security = next(one for one in mail if one["key"] == "mail.security")
    assert security["allowedValues"] == ["starttls", "tls", "none"]
    assert (security["value"], security["type"]) == ("starttls", "TEXT")
    port = next(one for one in mail if one["key"] == "mail.port")
    assert (port["minimum"], port["maximum"], port["value"]) == (1, 65535, 587)


async def test_what_anybody_may_know(api: Api) -> None:
    data = await api.run("{ publicSettings { key value isPublic } }")
    assert {one["key"]: one["value"] for one in data["publicSettings"]} == {
        "server.name": "Revenge Media Server",
        "server.public_url": "",
        "features.registration_enabled": True,
        "features.oidc_enabled": True,
    }


async def test_a_change_is_seen_at_once(api: Api, people: People) -> None:
    admin = await people.admin()
    changed = (await api.run(UPDATE, admin, key="server.name", value="Ours"))["updateSetting"]
    assert changed == {
        "key": "server.name",
        "value": "Ours",
        "isSet": True,
        "updatedById": admin.ref,
    }
    data = await api.run("{ publicSettings { key value } }")
    assert {"key": "server.name", "value": "Ours"} in data["publicSettings"]
    assert (await api.run(RESET, admin, key="server.name"))["resetSetting"] == {
        "key": "server.name",
        "value": "Revenge Media Server",
        "isSet": False,
    }


async def test_values_in_the_document_are_values_too(api: Api, people: People) -> None:
    admin = await people.admin()
    for literal, value in (("7", 7.0), ("7.5", 7.5)):
        document = (
            f'mutation {{ updateSetting(key: "limits.global.rate", value: {literal}) {{ value }} }}'
        )
        assert (await api.run(document, admin))["updateSetting"]["value"] == value
    for literal in ("[7]", "{a: 7}", "null", "9" * 5000):
        document = (
            f'mutation {{ updateSetting(key: "limits.global.rate", value: {literal}) {{ value }} }}'
        )
        assert (await api.fails(document, admin)).code is Code.INVALID, literal


@pytest.mark.parametrize(
    ("key", "value", "code", "field"),
    [
        ("server.name", 5, Code.INVALID, "value"),
        ("auth.password.min_length", 4, Code.INVALID, "value"),
        ("mail.enabled", True, Code.INVALID, "value"),
        ("mail.port", [587], Code.INVALID, None),
        ("mail.port", {"a": 1}, Code.INVALID, None),
        ("mail.port", None, Code.INVALID, None),
        ("server.nonsense", 1, Code.NOT_FOUND, "key"),
        ("", 1, Code.INVALID, "key"),
        ("x" * 101, 1, Code.INVALID, "key"),
    ],
)
async def test_what_is_refused(
    key: str, value: Any, code: Code, field: str | None, api: Api, people: People
) -> None:
    error = await api.fails(UPDATE, await people.admin(), key=key, value=value)
    assert (error.code, error.field) == (code, field)


async def test_s10_secret_settings_are_never_answered_in_clear(
    api: Api, app: Container, people: People
) -> None:
    admin = await people.admin()
    answer = await api.send(UPDATE, {"key": "mail.password", "value": CANARY}, admin)
    assert answer["data"]["updateSetting"] == {
        "key": "mail.password",
        "value": None,
        "isSet": True,
        "updatedById": admin.ref,
    }
    one = f'{{ setting(key: "mail.password") {{ {WHOLE} }} }}'
    shown = [
        answer,
        await api.send(SETTINGS, {}, admin),
        await api.send(one, {}, admin),
        await api.send(one, {}, await people.make(BuiltIn.MODERATOR)),
        await api.send("{ publicSettings { key value } }", {}, admin),
        await api.send(UPDATE, {"key": "mail.password", "value": CANARY * 100}, admin),
    ]
    assert CANARY not in str(shown)
    stored = await app.db.records(text("select s::text from server_settings s"))
    logged = await app.db.records(text("select a::text from activity_log a"))
    assert stored
    assert logged
    assert CANARY not in str([tuple(row) for row in [*stored, *logged]])


async def test_preferences_have_defaults_and_are_ones_own(api: Api, people: People) -> None:
    ann, bob = await people.make(), await people.make()
    assert (await api.run(PREFER, ann, input={}))["updatePreferences"] == DEFAULTS
    given = {
        "theme": "DARK",
        "displayLanguage": "de",
        "contentLanguage": "pt_br",
        "emailFrequency": "DAILY",
        "showSpoilers": True,
    }
    shown = {**given, "contentLanguage": "pt-BR"}
    assert (await api.run(PREFER, ann, input=given))["updatePreferences"] == {**DEFAULTS, **shown}
    assert (await api.run(PREFER, bob, input={}))["updatePreferences"] == DEFAULTS
    again = (await api.run(PREFER, ann, input={"contentLanguage": None}))["updatePreferences"]
    assert again == {**DEFAULTS, **shown, "contentLanguage": None}


async def test_both_ways_lead_to_the_same(api: Api, people: People) -> None:
    ann = await people.make()
    own = (await api.run(SET_OWN, ann, key="display.theme", value="light"))["updateUserSetting"]
    assert own == {"key": "display.theme", "value": "light", "isSet": True, "category": "DISPLAY"}
    assert (await api.run("{ preferences { theme } }", ann))["preferences"] == {"theme": "LIGHT"}
    await api.run(PREFER, ann, input={"theme": "DARK"})
    data = await api.run("{ userSettings(category: DISPLAY) { key value default isSet } }", ann)
    assert data["userSettings"] == [
        {"key": "display.theme", "value": "dark", "default": "system", "isSet": True},
        {"key": "display.language", "value": "en-US", "default": "en-US", "isSet": False},
    ]
    document = 'mutation { resetUserSetting(key: "display.theme") { value isSet } }'
    assert (await api.run(document, ann))["resetUserSetting"] == {"value": "system", "isSet": False}
    everything = (await api.run("{ userSettings { key } }", ann))["userSettings"]
    assert len(everything) == len(USER.all()) == len(DEFAULTS)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"displayLanguage": "klingon"}, "displayLanguage"),
        ({"metadataLanguage": "xx"}, "metadataLanguage"),
        ({"contentLanguage": "e\nn"}, "contentLanguage"),
        ({"displayLanguage": None}, "displayLanguage"),
        ({"showEmail": None, "theme": "DARK"}, "showEmail"),
        ({"theme": "DARK", "displayLanguage": "x" * 1000}, "displayLanguage"),
    ],
)
async def test_bad_preferences_change_nothing(
    given: dict[str, Any], field: str, api: Api, people: People
) -> None:
    ann = await people.make()
    error = await api.fails(PREFER, ann, input=given)
    assert (error.code, error.field) == (Code.INVALID, field)
    assert (await api.run(PREFER, ann, input={}))["updatePreferences"] == DEFAULTS


async def test_a_closed_set_is_closed(api: Api, people: People) -> None:
    ann = await people.make()
    for key, value in (("display.theme", "DARK"), ("display.theme", "pink"), ("of.old", 1)):
        assert (await api.fails(SET_OWN, ann, key=key, value=value)).code in {
            Code.INVALID,
            Code.NOT_FOUND,
        }


async def test_the_log_says_which_preferences_changed_not_to_what(
    api: Api, app: Container, people: People
) -> None:
    ann = await people.make()
    await api.run(PREFER, ann, input={"showAdultContent": True})
    rows = await app.db.records(
        text(
            "select actor_id, resource_id, changes from activity_log where action like 'settings%'"
        )
    )
    assert [tuple(row) for row in rows] == [(ann.id, ann.id, {"keys": ["content.show_adult"]})]


async def test_preferences_of_many_are_one_statement(app: Container, people: People) -> None:
    ids = [(await people.make()).id for _ in range(5)]
    seen: list[str] = []
    app.db.statements = caused(seen)
    try:
        found = await app.user_settings.of(ids)
        assert len(found) == 5
        await app.user_settings.of(ids)
    finally:
        app.db.statements = None
    assert len(seen) == 1
