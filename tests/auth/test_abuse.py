"""What strangers and deputies could make of the rules: long work, silence, and more rights."""

import time
from typing import Any

import pytest

from app.apikeys.domain import NewApiKey
from app.auth.domain import NewRegistration
from app.auth.service.passwords import MOST_JUDGED, judged
from app.container import Container
from app.core.access import SYSTEM, Client, Permission
from app.core.errors import Code, RateLimited
from app.core.ids import encode_id
from app.rbac.domain import BuiltIn, RoleInput
from tests.auth.by_mail import FORCE, FORGOT, PASSWORD, known, register
from tests.auth.people import log_in, person
from tests.support.api import Api, ApiError
from tests.support.people import People, Somebody
from tests.support.smtp import SmtpServer

SIGNS = "4@8({[<3694&#!1/|0$57+%2"
UPDATE = "mutation($id: ID!, $age: Int) { updateUser(id: $id, input: {maxAge: $age}) { maxAge } }"
RENAME = 'mutation($id: ID!) { updateUser(id: $id, input: {displayName: "A"}) { displayName } }'
CREATE = """mutation($name: String!, $age: Int) {
  createUser(input: {username: $name, password: "correct horse battery", maxAge: $age}) {
    maxAge } }"""


async def deputy(
    app: Container, people: People, *permissions: Permission, max_age: int | None = None
) -> Somebody:
    """Somebody with a role of these permissions."""
    wanted = RoleInput(name="Deputy", description="", permissions=[p.value for p in permissions])
    role = await app.roles.create(SYSTEM, wanted)
    made = await people.make(max_age=max_age)
    async with app.db.write(SYSTEM) as tx:
        await app.rbac.set_roles(tx, made.id, [BuiltIn.USER.id, role.id])
    app.principals.forget(made.id)
    return made


async def refused(api: Api, operation: str, somebody: Somebody, **values: Any) -> None:
    with pytest.raises(ApiError) as caught:
        await api.run(operation, somebody, **values)
    assert caught.value.code == Code.FORBIDDEN


async def test_no_password_takes_long_to_be_judged(app: Container) -> None:
    """Read as letters in every way, these signs would keep a processor busy for ten seconds."""
    started = time.perf_counter()
    for password in (SIGNS * 3, f"{SIGNS}{'password' * 6}", SIGNS[::-1] * 3):
        await app.passwords.judge(password)
    assert time.perf_counter() - started < 5
    assert len(judged(SIGNS * 3)) >= 16
    assert judged("x" * 1024) == "x" * MOST_JUDGED
    assert judged("p4ssw0rd!2024") == "p4ssw0rd!2024"


async def test_a_stranger_keeps_no_letter_from_an_address(
    api: Api,
    app: Container,
    mailing: SmtpServer,
) -> None:
    await known(app, "ann", "ann@example.org")
    for number in range(6):
        await register(api, f"stranger-{number}", "ann@example.org")
    assert len(await mailing.wait(5)) == 5  # a flood is none
    await api.run(FORGOT, email="ann@example.org")
    reset = (await mailing.wait(6))[-1]
    assert "/reset-password#token=" in reset.body()


async def test_who_has_an_age_limit_gives_no_wider_one(
    api: Api, app: Container, people: People
) -> None:
    may = (Permission.USERS_LIST, Permission.USERS_CREATE, Permission.USERS_UPDATE)
    limited, other = await deputy(app, people, *may, max_age=12), await people.make(max_age=6)
    for age in (None, 13):
        await refused(api, UPDATE, limited, id=limited.ref, age=age)
        await refused(api, UPDATE, limited, id=other.ref, age=age)
        await refused(api, CREATE, limited, name="sock-puppet", age=age)
    assert await api.run(UPDATE, limited, id=other.ref, age=12) == {"updateUser": {"maxAge": 12}}
    assert await api.run(CREATE, limited, name="child", age=6) == {"createUser": {"maxAge": 6}}
    assert await api.run(RENAME, limited, id=other.ref) == {"updateUser": {"displayName": "A"}}
    admin = await people.make(BuiltIn.ADMINISTRATOR, max_age=16)
    assert await api.run(UPDATE, admin, id=limited.ref, age=None) == {
        "updateUser": {"maxAge": None}
    }


async def test_all_permissions_together_force_no_administrator(
    api: Api, app: Container, people: People
) -> None:
    admin = await person(app, "boss", BuiltIn.ADMINISTRATOR, password=PASSWORD)
    almighty = await deputy(app, people, *Permission)
    await refused(api, FORCE, almighty, id=encode_id("user", admin.id))
    assert not (await log_in(app, "boss", PASSWORD)).must_change_password


async def test_who_recovers_an_account_ends_its_api_keys(app: Container, people: People) -> None:
    """A change of one's own keeps them: programs go on."""
    somebody = await people.make()
    viewer = await people.viewer(somebody)
    made = await app.api_keys.create(viewer, NewApiKey(name="mine", scopes=("movies:list",)))
    async with app.db.write(SYSTEM) as tx:
        await app.password_changes.record(tx, somebody.id, "x", keep=viewer.session_id)
    app.principals.forget(somebody.id)
    assert (await app.principals.viewer(made.token)).signed_in
    async with app.db.write(SYSTEM) as tx:
        await app.password_changes.record(tx, somebody.id, "x")
    app.principals.forget(somebody.id)
    assert not (await app.principals.viewer(made.token)).signed_in


async def test_one_address_registers_a_few_at_a_time(app: Container) -> None:
    """Each costs a hash, a row and a mail."""
    client = Client("203.0.113.77")
    told = []
    for n in range(21):
        try:
            await app.registration.register(
                NewRegistration(
                    username=f"somebody{n}", email=f"s{n}@example.org", password=PASSWORD
                ),
                client,
            )
            told.append("ok")
        except RateLimited:
            told.append("limited")
    assert told == ["ok"] * 20 + ["limited"]
