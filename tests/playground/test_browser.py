"""The playground in a real browser that cannot reach anything but this server."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import expect
from sqlalchemy import text

from app.auth.domain import Factor, NewAccount
from app.container import Container
from app.core.access import SYSTEM
from app.main import WebApp
from app.rbac.domain import BuiltIn
from tests.playground.conftest import Window, serving
from tests.support.api import Api
from tests.support.people import People, Somebody
from workers.main import WorkerProcess

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PASSWORD = "a long enough password"
CREATE = """mutation($folder: String!) {
  createLibrary(input: {name: "Films", kind: MOVIES, folders: [$folder]}) { id } }"""
SCAN = "mutation($id: ID!) { scanLibrary(libraryId: $id) { id } }"
STATE = "query($id: ID!) { scans(libraryId: $id, first: 1) { nodes { id state } } }"
FILMS = ("Metropolis (1927)", "Nosferatu (1922)", "The General (1926)")


@pytest.fixture
async def admin(app: Container, people: People) -> Somebody:
    """An administrator whose password is PASSWORD."""
    account = NewAccount(username="ann", password=PASSWORD, role_ids=(BuiltIn.ADMINISTRATOR.id,))
    boss = await people.viewer(await people.admin())
    user = await app.accounts.create_user(boss, account)
    return Somebody(user.id, "ann", await people.session(user.id))


async def scan(api: Api, admin: Somebody, library: str) -> str:
    """Start a scan."""
    found: str = (await api.run(SCAN, admin, id=library))["scanLibrary"]["id"]
    return found


async def scanned(api: Api, admin: Somebody, folder: Path) -> str:
    """A library of a few films, scanned."""
    for film in FILMS:
        (folder / film).mkdir(parents=True)
        (folder / film / f"{film}.mkv").write_bytes(b"no film at all")
    library: str = (await api.run(CREATE, admin, folder=str(folder)))["createLibrary"]["id"]
    await scan(api, admin, library)
    async with asyncio.timeout(30):
        while True:
            found = (await api.run(STATE, admin, id=library))["scans"]["nodes"]
            if found[0]["state"] == "COMPLETED":
                return library
            await asyncio.sleep(0.05)


async def test_from_signing_in_to_watching_a_scan(
    window: Window,
    address: str,
    api: Api,
    admin: Somebody,
    worker: WorkerProcess,
    tmp_path: Path,
) -> None:
    library = await scanned(api, admin, tmp_path / "films")
    page = window.page
    await window.open(address)
    await window.sign_in("ann", PASSWORD)
    await expect(page.locator("#who")).to_have_text("ann")

    # The query that stands in the editor is a good one.
    await page.get_by_role("button", name="Execute query").click()
    await window.shows("Metropolis", "Nosferatu", "The General", '"totalCount": 3', library)
    # Signing in left the token in this tab alone.
    assert await page.evaluate("Object.keys(localStorage)") == []
    assert await page.evaluate("document.cookie") == ""

    # The schema is there to be read.
    await page.get_by_label("Show Documentation Explorer").click()
    await page.get_by_role("link", name="Query", exact=True).click()
    await expect(page.get_by_text("Playable movies in your libraries")).to_be_visible()
    await page.screenshot(path=tmp_path / "playground.png")

    # A subscription runs over the websocket, with the same rights.
    await window.run(
        f'subscription {{ scanProgress(libraryId: "{library}") {{ id state fraction }} }}'
    )
    await window.shows('"state": "COMPLETED"')  # the scan of before, as it stands
    later = await scan(api, admin, library)
    await window.shows(later, '"state": "COMPLETED"', '"fraction": 1')
    await page.screenshot(path=tmp_path / "scan.png")


async def test_a_wrong_password_is_said(window: Window, address: str, admin: Somebody) -> None:
    await window.open(address)
    await window.sign_in("ann", "not the password")
    alert = window.page.get_by_role("alert")
    await expect(alert).to_have_text("The user name or the password is wrong.")
    await expect(window.page.get_by_label("Password")).to_be_focused()
    await expect(window.page.locator("#workbench")).to_be_hidden()
    await window.sign_in("ann", PASSWORD)
    await expect(window.page.locator("#who")).to_have_text("ann")


async def test_signed_out_there_is_no_schema(window: Window, address: str) -> None:
    await window.open(address)
    await window.page.wait_for_load_state("networkidle")  # it has asked
    await expect(window.page.get_by_text("Continue without signing in")).to_be_hidden()
    answer = await window.page.evaluate(
        """() => fetch("/graphql", {
          method: "POST",
          headers: {"content-type": "application/json"},
          body: JSON.stringify({query: "{ __schema { queryType { name } } }"}),
        }).then(answer => answer.json())"""
    )
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert not answer.get("data")


async def test_an_open_server_lets_everybody_read(window: Window, app: Container) -> None:
    graphql = app.config.graphql.model_copy(update={"open_introspection": True})
    opened = WebApp(app.config.model_copy(update={"graphql": graphql}), app)
    async with serving(opened) as address:
        page = window.page
        await window.open(address)
        await page.get_by_role("button", name="Continue without signing in").click()
        await page.get_by_label("Show Documentation Explorer").click()
        await page.get_by_role("link", name="Query", exact=True).click()
        await expect(page.get_by_text("Playable movies in your libraries")).to_be_visible()
        await window.run("{ movies(first: 1) { totalCount } }")
        await window.shows("UNAUTHENTICATED")  # and nothing else happens: there is no session
        await expect(page.locator("#who")).to_have_text("Not signed in")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_label("User name")).to_be_visible()
        await page.close()  # before the server


async def test_a_session_that_ended_brings_back_the_form(
    window: Window, address: str, app: Container, admin: Somebody, people: People
) -> None:
    page = window.page
    await window.open(address)
    await window.sign_in("ann", PASSWORD)
    await expect(page.locator("#who")).to_have_text("ann")
    token = await page.evaluate("sessionStorage.getItem('revenge:token')")
    mine = 'mutation { login(username: "ann", password: "wrong wrong") { __typename } }'
    await window.run(mine)
    await window.shows("UNAUTHENTICATED")  # of the operation, not of the session
    await expect(page.locator("#workbench")).to_be_visible()
    await app.sessions.sign_out(await app.principals.viewer(token))
    await window.run("{ movies(first: 1) { totalCount } }")
    await expect(page.get_by_role("alert")).to_have_text("Your session has ended. Sign in again.")
    assert await page.evaluate("sessionStorage.getItem('revenge:token')") is None

    # The same for a subscription, whose socket the server closes.
    await window.sign_in("ann", PASSWORD)
    await expect(page.locator("#who")).to_have_text("ann")
    await window.run("subscription { libraryChanged { __typename } }")
    await page.get_by_role("button", name="Stop query").wait_for()
    token = await page.evaluate("sessionStorage.getItem('revenge:token')")
    await app.sessions.sign_out(await app.principals.viewer(token))
    await expect(page.get_by_role("alert")).to_have_text("Your session has ended. Sign in again.")


async def test_the_session_outlives_its_access_token(
    window: Window, address: str, app: Container, admin: Somebody
) -> None:
    """The page fetches the next token in time, once, and again after a long sleep."""
    page = window.page
    await window.open(address)
    await window.sign_in("ann", PASSWORD)
    await expect(page.locator("#who")).to_have_text("ann")
    first = await page.evaluate("sessionStorage.getItem('revenge:token')")
    await window.run("{ viewer { user { username } } }")
    await window.shows('"username": "ann"')
    assert await page.evaluate("sessionStorage.getItem('revenge:token')") == first  # not yet
    for name, late in (("soon", 30_000), ("over", -3_600_000)):
        moment = f"new Date(Date.now() + {late}).toISOString()"
        await page.evaluate(f"sessionStorage.setItem('revenge:until', {moment})")
        if late < 0:  # the computer slept: meanwhile the server has forgotten the token
            statement = text("update sessions set access_expires_at = now() - interval '1 hour'")
            async with app.db.write(SYSTEM) as tx:
                await tx.execute(statement)
            app.principals._lost()
        await window.run(f"{{ viewer {{ user {{ {name}: username }} }} }}")
        await window.shows(f'"{name}": "ann"')
        token = await page.evaluate("sessionStorage.getItem('revenge:token')")
        assert token != first
        assert not (await app.principals.viewer(first)).signed_in
        assert (await app.principals.viewer(token)).username == "ann"
        first = token
    # Many questions at one time are one refresh: a token that comes twice would end the session.
    await page.evaluate("sessionStorage.setItem('revenge:until', new Date().toISOString())")
    asked = await page.evaluate(
        """async () => {
          const server = await import("/playground/server.js");
          return Promise.all([1, 2, 3, 4].map(() => server.viewer()));
        }"""
    )
    assert [viewer["user"]["username"] for viewer in asked] == ["ann"] * 4
    await page.reload()
    await expect(page.locator("#who")).to_have_text("ann")


class Pocket:
    """Everybody has an authenticator app."""

    async def factors(self, _: UUID) -> tuple[Factor, ...]:
        return (Factor.TOTP,)

    async def trusts(self, _: UUID, __: str) -> bool:
        return False


async def test_a_second_factor_is_not_asked_for_here(
    window: Window,
    address: str,
    app: Container,
    admin: Somebody,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app.sign_in, "second_factors", Pocket())
    await window.open(address)
    await window.sign_in("ann", PASSWORD)
    alert = window.page.get_by_role("alert")
    await expect(alert).to_contain_text("This account has a second factor")
    await expect(window.page.locator("#workbench")).to_be_hidden()
    assert await window.page.evaluate("sessionStorage.length") == 0


async def test_signing_out_ends_the_session_and_leaves_nothing(
    window: Window, address: str, app: Container, admin: Somebody
) -> None:
    page = window.page
    await window.open(address)
    await window.sign_in("ann", PASSWORD)
    await window.run("{ viewer { user { username } } }")
    await window.shows('"username": "ann"')
    token = await page.evaluate("sessionStorage.getItem('revenge:token')")
    await page.reload()
    await expect(page.locator("#who")).to_have_text("ann")  # the tab keeps it
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("User name")).to_be_visible()
    assert not (await app.principals.viewer(token)).signed_in
    await asyncio.sleep(0.8)  # GraphiQL would write down its query half a second late
    assert await page.evaluate("sessionStorage.length + localStorage.length") == 0


async def test_it_fits_on_a_phone(window: Window, address: str, admin: Somebody) -> None:
    page = window.page
    await page.set_viewport_size({"width": 375, "height": 700})
    await window.open(address)
    await window.sign_in("ann", PASSWORD)
    await window.run("{ viewer { user { username } } }")
    await window.shows('"username": "ann"')
    assert await page.evaluate("document.documentElement.scrollWidth") == 375
    for part in (".graphiql-query-editor", ".result-window", "#leave", ".graphiql-execute-button"):
        box = await page.locator(part).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 375, part
        assert box["width"] >= (250 if "-window" in part or "-editor" in part else 30)
