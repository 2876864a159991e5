"""A text in whichever language one names, and what languages cost."""

import pytest

from app.core.access import SYSTEM
from app.core.errors import Code
from app.gql.execution import Request
from app.main import WebApp
from tests.catalog.spoken import Reader, Stage
from tests.conftest import wait_until
from tests.support.statements import caused

IN = """query($id: ID!, $l: String) { node(id: $id) { ... on MediaItem {
  plain: title asked: title(language: $l) } } }"""


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("de", "Chihiros Reise"),
        ("DE_at", "Chihiros Reise"),
        ("pt-PT", "A Viagem de Chihiro"),
        ("ja", "千と千尋の神隠し"),
        ("ko", "Spirited Away"),
        ("en", "Spirited Away"),
        (None, "Le Voyage de Chihiro"),
    ],
)
async def test_a_title_in_any_language(
    reader: Reader, stage: Stage, language: str | None, shown: str
) -> None:
    """Whether the server has it or not; nobody else's is changed by it."""
    for _ in range(3):
        [both] = (
            await reader.read(IN, stage.alice, "fr", id=stage.shelf.movie_refs[0], l=language)
        ).values()
        assert both == {"plain": "Le Voyage de Chihiro", "asked": shown}


async def test_several_languages_at_once(reader: Reader, stage: Stage) -> None:
    asked = """{ movies { nodes { own: title de: title(language: "de") fr: title(language: "fr")
      null: title(language: null) about: overview(language: "de") line: tagline(language: "de") } }
      shows { nodes { title(language: "de") overview(language: "de")
        seasons { en: title(language: "en") de: title(language: "de") overview(language: "de") }
        episodes(first: 1) { title(language: "de") overview(language: "de") } } } }"""
    found = await reader.read(asked, stage.alice)
    plain, away, _ = found["movies"]["nodes"]
    assert away == {
        "own": "Spirited Away",
        "de": "Chihiros Reise",
        "fr": "Le Voyage de Chihiro",
        "null": "Spirited Away",
        "about": "Ein Mädchen.",
        "line": "Ins Zauberland",
    }
    assert {plain[name] for name in ("own", "de", "fr", "null")} == {"Plain"}
    [show] = found["shows"]["nodes"]
    assert (show["title"], show["overview"]) == ("Titel", "Inhalt")
    first, specials = show["seasons"]
    assert first == {"en": "Season 1", "de": "Titel", "overview": "Inhalt"}
    assert specials["en"] == "Specials"
    assert show["episodes"] == [{"title": "Titel", "overview": "Inhalt"}]


@pytest.mark.parametrize("language", ["", "german", "xx", "de-" + "x" * 40, "\u202e", "de; drop"])
async def test_what_is_no_language_is_told(reader: Reader, stage: Stage, language: str) -> None:
    answer = await reader.send(IN, stage.alice, id=stage.shelf.movie_refs[0], l=language)
    [error] = answer["errors"]
    assert error["extensions"]["code"] == Code.INVALID
    assert error["extensions"]["field"] == "language"
    assert error["path"] == ["node", "asked"]


async def test_a_text_in_another_language_is_dearer(stage: Stage) -> None:
    executor = WebApp(stage.app.config, stage.app).executor
    costs = []
    for asked in ("", '(language: "de")'):
        selected = " ".join(f"a{n}: title{asked}" for n in range(5))
        query = f"{{ movies(first: 10) {{ nodes {{ {selected} }} }} }}"
        costs.append(executor.prepare(Request(query, {}, None), SYSTEM).totals.cost)
    assert costs[1] - costs[0] == 10 * 5


# -- what it costs


async def statements(stage: Stage, reader: Reader, query: str, accepted: str) -> int:
    """How many statements an operation is, with nothing in the caches."""
    app = stage.app
    await wait_until(lambda: app.live.healthy)
    await reader.read("{ viewer { permissions } }", stage.alice)
    await app.cache.settle()
    app.cache.gap()
    await app.redis.client.flushdb()
    seen: list[str] = []
    app.db.statements = caused(seen)
    try:
        await reader.read(query, stage.alice, accepted)
    finally:
        app.db.statements = None
    return len(seen)


LISTED = """{ movies(first: %d) { nodes { title overview collection { name } genres { name }
  similar { title } } } shows { nodes { title seasons { title } episodes { title } } } }"""
TOLD = """{ movies(first: %d) { nodes { de: title(language: "de") fr: title(language: "fr")
  overview(language: "de") } } }"""


async def test_a_language_costs_no_statement(reader: Reader, stage: Stage) -> None:
    plain = await statements(stage, reader, LISTED % 50, "")
    assert await statements(stage, reader, LISTED % 50, "de") == plain


async def test_texts_are_read_for_all_at_once(reader: Reader, stage: Stage) -> None:
    few = await statements(stage, reader, TOLD % 1, "")
    assert await statements(stage, reader, TOLD % 50, "") == few
    assert few == 3  # the list, the films, and all that is said of them
