import pytest, asyncio
from pathlib import Path
from app.auth.domain import NewAccount
from app.core.access import SYSTEM
from app.rbac.domain import Role
from tests.playground.conftest import *
from tests.conftest import *


async def test_look(window, address, app):
    await app.accounts.create_user(
        SYSTEM, NewAccount(username="ann", password="a long enough one", role=Role.ADMINISTRATOR)
    ) if False else None
    from tests.auth.people import person

    await person(app, "ann", Role.ADMINISTRATOR, password="a long enough one")
    p = window.page
    await p.goto(address + "/graphql")
    await p.wait_for_selector("#sign-in:not([hidden])")
    await p.screenshot(path="/tmp/s1.png")
    await p.fill("#username", "ann")
    await p.fill("#password", "wrong one")
    await p.click("#enter")
    await asyncio.sleep(1)
    await p.screenshot(path="/tmp/s2.png")
    await p.fill("#password", "a long enough one")
    await p.click("#enter")
    await asyncio.sleep(4)
    await p.screenshot(path="/tmp/s3.png")
    await p.set_viewport_size({"width": 390, "height": 844})
    await asyncio.sleep(1)
    await p.screenshot(path="/tmp/s4.png")
    print(window.complaints, window.strangers)
