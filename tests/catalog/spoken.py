"""Films and a show of which something is said in several languages, and who asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import httpx
import orjson
from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM
from app.items.domain import ItemId
from app.main import WebApp
from tests.support import said
from tests.support.library import Film, Shelf, Shelves
from tests.support.people import People, Somebody
from tests.support.series import Made, Series, add_series

Texts = Mapping[str, Mapping[str, str]]
TITLE = "query($id: ID!) { movie(id: $id) { title } }"
FILMS = (
    Film("Spirited Away", collection="Saga", genres=("Drama",)),
    Film("Tonari no Totoro", collection="Saga", genres=("Drama",)),
    Film("Plain", collection="Other", genres=("Western",), cast=(), crew=()),
)
AWAY: Texts = {
    "de": {"title": "Chihiros Reise", "overview": "Ein Mädchen.", "tagline": "Ins Zauberland"},
    "fr": {"title": "Le Voyage de Chihiro"},
    "pt-BR": {"title": "A Viagem de Chihiro", "overview": ""},
}
TOTORO: Texts = {"en": {"title": "My Neighbour Totoro"}, "de": {"title": "Mein Nachbar Totoro"}}


async def say(app: Container, item_id: UUID, texts: Texts, **more: str | None) -> None:
    """What providers say of an item: texts by language, `language`, `original_language`."""
    values = {"texts": texts, "language": None, "original_language": None, **more}
    async with app.db.write(SYSTEM) as tx:
        await said.say(app, tx, {ItemId(item_id): values})


@dataclass
class Stage:
    """One library in English. What it has is in English, unless it says otherwise."""

    app: Container
    people: People
    shelf: Shelf
    show: Made
    alice: Somebody

    @classmethod
    async def make(cls, app: Container, people: People) -> Self:
        """Everything, with German, French and Brazilian beside English."""
        shelves = Shelves(app)
        shelf = await shelves.library("Films")
        await shelves.fill(shelf, FILMS)
        [show] = await add_series(app, shelf, [Series("Show", {0: 1, 1: 2})])
        away, totoro, _ = shelf.movies
        await say(app, away, AWAY, original_language="ja")
        await say(app, totoro, TOTORO, language="ja", original_language="ja")
        async with app.db.write(SYSTEM) as tx:
            originals = {away: {"original_title": "千と千尋の神隠し"}}
            await app.movie_repository.describe(tx, originals)
            for told in (
                """update genres set texts = '{"de": "Schauspiel"}' where name = 'Drama'""",
                """update collections set texts = '{"de": {"name": "Reihe",
                    "overview": "Filme."}}' where name = 'Saga'""",
            ):
                await tx.execute(text(told.replace(":", "\\:")))
        await app.settings.update(SYSTEM, "metadata.languages", "en de fr pt-BR")
        alice = await people.make(libraries=[shelf.id])
        await shelves.watched(alice.id, shelf.movies[:1])
        await shelves.watched(alice.id, [show.episodes[1, 1]], fraction=1)
        return cls(app, people, shelf, show, alice)

    async def prefer(self, language: str | None) -> None:
        """Alice wants to read this, or has never said so."""
        viewer = await self.people.viewer(self.alice)
        if language is None:
            await self.app.user_settings.reset(viewer, "content.metadata_language")
        else:
            await self.app.user_settings.prefer(viewer, {"metadata_language": language})


class Reader:
    """A program that accepts languages."""

    def __init__(self, web: WebApp) -> None:
        transport = httpx.ASGITransport(app=web.asgi())
        self.http = httpx.AsyncClient(transport=transport, base_url="http://revenge.test")

    async def send(
        self, query: str, who: Somebody | None, accepted: str = "", **variables: Any
    ) -> dict[str, Any]:
        """The answer as it is."""
        headers = {"content-type": "application/json"}
        if accepted:
            headers["accept-language"] = accepted
        if who is not None:
            headers["authorization"] = who.authorization
        body = orjson.dumps({"query": query, "variables": variables})
        response = await self.http.post("/graphql", content=body, headers=headers)
        answer: dict[str, Any] = orjson.loads(response.content)
        return answer

    async def read(
        self, query: str, who: Somebody | None, accepted: str = "", **variables: Any
    ) -> Any:
        """The data, without errors."""
        answer = await self.send(query, who, accepted, **variables)
        assert "errors" not in answer, answer
        return answer["data"]


async def title(reader: Reader, stage: Stage, accepted: str = "", index: int = 0) -> str:
    """That of a film, as Alice reads it."""
    data = await reader.read(TITLE, stage.alice, accepted, id=stage.shelf.movie_refs[index])
    return str(data["movie"]["title"])
