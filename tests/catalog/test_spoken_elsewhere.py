"""Which languages there are, and who reads which, is heard by every process and websocket."""

from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM
from app.libraries.domain import LibraryInput
from app.main import WebApp
from tests.catalog.spoken import TITLE, Reader, Stage, title
from tests.conftest import make_config, wait_until
from tests.support.people import People
from tests.support.sockets import connected

# -- other processes, and websockets


async def test_a_change_of_the_preference_is_heard_elsewhere(
    app: Container, stage: Stage, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """By NOTIFY, also where the viewer is kept and whole answers are; and so is what makes a
    language one of the server's.
    """
    await app.settings.reset(SYSTEM, "metadata.languages")
    other = Container(make_config(database_url, redis_url, tmp_path))
    await other.open()
    reader = Reader(WebApp(other.config, other))
    try:
        await wait_until(lambda: other.live.healthy and other.listener.healthy)
        assert other.languages.fetched() == ("en",)
        for _ in range(4):
            assert await title(reader, stage) == "Spirited Away"
        await stage.prefer("de")
        assert app.languages.fetched() == ("en", "de")  # here at once
        await wait_until(lambda: other.languages.fetched() == ("en", "de"), timeout=5)
        for _ in range(4):
            assert await title(reader, stage, "fr") == "Chihiros Reise"
        await app.libraries.update(SYSTEM, stage.shelf.id, LibraryInput(language="fr"))
        await wait_until(lambda: other.languages.fetched() == ("fr", "de"), timeout=5)
    finally:
        await reader.http.aclose()
        await other.close()


async def test_a_websocket_reads_what_its_handshake_accepts(
    app: Container, stage: Stage, web: WebApp
) -> None:
    headers = {"accept-language": "de-AT, en;q=0.5"}
    async with connected(web.asgi(), headers) as socket:
        await socket.init(stage.alice.authorization)

        async def shown(name: str) -> Any:
            socket.subscribe(name, TITLE, id=stage.shelf.movie_refs[0])
            frame = await socket.receive()
            assert (await socket.receive())["type"] == "complete"
            return frame["payload"]["data"]["movie"]["title"]

        assert await shown("1") == "Chihiros Reise"
        await stage.prefer("fr")
        names = iter(range(2, 1000))

        async def french() -> bool:
            return bool(await shown(str(next(names))) == "Le Voyage de Chihiro")

        for _ in range(100):  # its viewer is asked for anew
            if await french():
                break
        else:
            raise AssertionError("the socket never heard of it")


# -- the languages of the server


async def test_the_languages_of_the_server(app: Container, people: People) -> None:
    stage = await Stage.make(app, people)
    assert app.languages.fetched() == ("en", "de", "fr", "pt-BR")
    await app.settings.reset(SYSTEM, "metadata.languages")
    assert app.languages.fetched() == ("en",)
    await stage.prefer("de")
    for language in ("ko", "fr", "ko"):
        somebody = await people.viewer(await people.make())
        await app.user_settings.prefer(somebody, {"metadata_language": language})
    assert app.languages.fetched() == ("en", "ko", "de", "fr")  # of most users first
    for language in ("it", "es", "sv", "da", "fi", "pl", "cs", "hu"):
        somebody = await people.viewer(await people.make())
        await app.user_settings.prefer(somebody, {"metadata_language": language})
    assert len(app.languages.fetched()) == 10
    await app.settings.update(SYSTEM, "metadata.languages", "DE, pt_br")
    assert app.languages.fetched() == ("de", "pt-BR")


async def test_other_preferences_change_nothing_of_it(app: Container, stage: Stage) -> None:
    """Nor do they drop the viewer that is kept."""
    await app.principals.viewer(stage.alice.token)
    kept = app.principals._generation
    await app.user_settings.prefer(await stage.people.viewer(stage.alice), {"digest": False})
    assert app.principals._generation == kept


async def test_a_preference_of_another_version_of_the_server(
    reader: Reader, app: Container, stage: Stage
) -> None:
    """Whatever its value is, its user can sign in."""
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(
            text(
                "insert into user_settings (user_id, key, value)"
                " values (:id, 'content.metadata_language', '{\"a\": [1]}')"
            ),
            {"id": stage.alice.id},
        )
    app.principals.forget(stage.alice.id)
    await app.settings.read()
    assert await title(reader, stage, "de") == "Chihiros Reise"
