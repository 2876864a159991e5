"""AniDB's dump of titles, in the form of wiki.anidb.net/API, and searching it."""

import gzip
import time
from datetime import timedelta
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from app.core.blobs import LocalBlobs, StorageUnavailable
from app.core.clock import SteppedClock
from app.metadata.domain import DAY, ProviderFailed, Query, RecordKind
from app.metadata.providers.anidb.client import SPEC
from app.metadata.providers.anidb.index import MOST_BYTES, BadDump, indexed
from app.metadata.providers.anidb.names import Title, origin, original, shown, texts
from app.metadata.providers.anidb.titles import AGAIN, Titles
from app.metadata.providers.asking import Asking, Question
from app.settings.domain import METADATA_PROVIDERS, Values
from tests.metadata.providers.test_anidb import Quick, packed
from tests.support.outside import response
from tests.support.providers import Library, provider

PATH = "/api/anime-titles.dat.gz"
DUMP = """# created: Sat Jan  1 03:00:00 2022
# <aid>|<type>|<language>|<title>
# type: 1=primary title, 2=synonyms, 3=shorttitles, 4=official title
471|1|x-jat|Nagai Minato
471|4|en|The Long Harbour
471|4|ja|長い港
471|4|de|Der lange Hafen
471|3|en|TLH
472|1|x-jat|Nagai Minato (2024)
472|4|en|The Long Harbour Second Season
473|1|x-jat|TLH
480|1|x-zht|Gang Ge
480|2|en|Harbour|Song
481|4|en|The Lighthouse Keeper`s Tale
x|1|en|Bad id
490|9|en|Bad type
491|1|en|
492|1
493
"""


def library(body: bytes) -> Library:
    return Library({PATH: body})


def dump(text: str = DUMP) -> bytes:
    return response(gzip.compress(text.encode()), content_type="application/octet-stream")


def found(title: str, text: str = DUMP) -> list[str]:
    return [entry.aid for entry in indexed(text.encode()).search(title)]


@pytest.mark.parametrize(
    ("title", "aids"),
    [
        ("The Long Harbour", ["471", "472"]),
        ("long harbour", ["471", "472"]),
        ("the lomg harbor", ["471"]),
        ("NAGAI MINATO", ["471", "472"]),
        ("長い港", ["471"]),
        ("Der länge Häfen", ["471"]),
        ("TLH", ["473", "471"]),  # what it is called counts for more than what it is short for
        ("Harbour | Song", ["480"]),
        ("Lighthouse Keepers Tale", ["481"]),
        ("Nothing of the sort", []),
        ("", []),
        ("!", []),
    ],
)
def test_titles_are_found(title: str, aids: list[str]) -> None:
    assert found(title) == aids


def test_lines_that_are_none_are_passed_over() -> None:
    assert len(indexed(DUMP.encode())) == 5
    assert found("Fine", "1|1|en|a\n2|1|en|Fine\r\n") == ["2"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"# nothing\n",
        b"<html></html>",
        b"\x1f\x8bno gzip",
        gzip.compress(DUMP.encode())[:-20],
        gzip.compress(b"1|1|en|a" + b" " * MOST_BYTES),
    ],
)
def test_what_is_no_dump(raw: bytes) -> None:
    with pytest.raises(BadDump):
        indexed(raw)


def test_a_rude_dump_is_searched_in_time() -> None:
    many = "\n".join(f"{n % 20_000 + 1}|2|en|{'ab' * 60} {n}" for n in range(60_000))
    index = indexed(many.encode())
    started = time.process_time()
    assert index.search("ab" * 62)
    assert time.process_time() - started < 20


def test_titles_by_language() -> None:
    (entry,) = indexed(b"471|1|x-jat|Nagai Minato\n471|4|en|Harbour\n471|4|ja|\xe6\xb8\xaf").search(
        "harbour"
    )
    assert (shown(entry.titles), shown(entry.titles, "ja"), shown(entry.titles, "fr")) == (
        "Harbour", "港", "Nagai Minato",
    )  # fmt: skip
    assert (origin(entry.titles), original(entry.titles)) == ("ja", "港")
    chinese = [Title(1, "x-zht", "Gang Ge"), Title(4, "zh-Hant", "港歌"), Title(4, "x-in", "Gana")]
    assert (origin(chinese), original(chinese)) == ("zh", "港歌")
    assert [t.language for t in texts(chinese, None, ["zh"])] == ["zh-Latn", "zh-Hant"]
    assert (shown([]), origin([]), original([])) == (None, None, None)


async def test_a_search() -> None:
    there = library(dump())
    async with provider(Quick, there, client_name="h") as (made, _):
        shows = await made.search_shows(Query(title="Long Harbour", language="de-AT"))
        first, second = shows
        assert (first.kind, first.id, first.ids) == (RecordKind.SHOW, "471", {"anidb": "471"})
        assert (first.title, first.original_title, first.language) == (
            "Der lange Hafen", "長い港", "ja",
        )  # fmt: skip
        assert first.alternative_titles == ("Nagai Minato", "The Long Harbour", "長い港", "TLH")
        assert second.title == "Nagai Minato (2024)"
        (film,) = await made.search_movies(Query(title="Gang Ge"))
        assert film.kind is RecordKind.MOVIE
        assert there.paths() == [PATH], "once is enough"


async def test_processes_and_starts_share_one_dump_a_day() -> None:
    there = library(dump())
    query = Query(title="Gang Ge")
    async with provider(Quick, there, client_name="h") as (made, _):
        assert len(await made.search_shows(query)) == 1
        needs = _Needs(made._asking)
        another = Quick(Asking(SPEC, needs))
        assert len(await another.search_shows(query)) == 1
        assert there.paths() == [PATH]
        needs.clock.advance(timedelta(days=1))
        assert len(await Quick(Asking(SPEC, needs)).search_shows(query)) == 1
        assert there.paths() == [PATH, PATH]
        stored = [path for path in needs.folder.rglob("*") if path.is_file()]
        assert len(stored) == 1
        stored[0].write_bytes(b"\x00" * 100)
        assert len(await Quick(Asking(SPEC, needs)).search_shows(query)) == 1
        assert len(there.paths()) == 3, "what cannot be read is fetched"
        there.documents[PATH] = response(b"", 418)
        needs.clock.advance(timedelta(days=1))
        assert len(await Quick(Asking(SPEC, needs)).search_shows(query)) == 1, "an older one serves"


async def test_a_store_that_does_not_work_is_done_without(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    there = library(dump())
    async with provider(Quick, there, client_name="h") as (made, _):
        full = AsyncMock(side_effect=StorageUnavailable("There is no room."))
        monkeypatch.setattr(LocalBlobs, "get", full)
        monkeypatch.setattr(LocalBlobs, "put", full)
        assert len(await made.search_shows(Query(title="Gang Ge"))) == 1
    assert "anidb.titles.not_stored" in caplog.text


class _Needs:
    def __init__(self, asking: Asking) -> None:
        self.outside, self.settings = asking._outside, asking._values
        self.metrics, self.blobs = asking._metrics, asking.blobs
        self.clock = SteppedClock(asking.clock.now())

    @property
    def folder(self) -> Path:
        assert isinstance(self.blobs, LocalBlobs)
        return self.blobs._folder


async def test_a_dump_that_the_transport_unpacked() -> None:
    async with provider(Quick, library(packed(DUMP)), client_name="h") as (made, _):
        assert len(await made.search_shows(Query(title="Gang Ge"))) == 1


async def test_it_is_asked_for_once_a_day() -> None:
    now = [1000.0]
    there = library(dump("1|1|en|Old Harbour"))
    async with provider(Quick, there, client_name="h") as (made, _):
        titles, asking = Titles(lambda: now[0]), made._asking
        needs = _Needs(asking)
        asking = Asking(asking.spec, needs, anew=True)

        def later(seconds: float) -> None:
            now[0] += seconds
            needs.clock.advance(timedelta(seconds=seconds))

        assert len(await titles.search(asking, "Old Harbour")) == 1
        there.documents[PATH] = dump("1|1|en|New Harbour")
        later(DAY - 1)
        assert await titles.search(asking, "New Quay") == []
        later(1)
        (entry,) = await titles.search(asking, "New Harbour")
        assert entry.titles[0].text == "New Harbour"
        there.documents[PATH] = response(b"<html>", 418)
        later(DAY)
        assert len(await titles.search(asking, "New Harbour")) == 1, "yesterday's still serve"
        assert await titles.search(asking, "Old Pier") == []
        assert len(there.requests) == 3
        later(AGAIN)
        await titles.search(asking, "New Harbour")
        assert len(there.requests) == 4


@pytest.mark.parametrize(
    ("answer", "says", "wait"),
    [
        (response(b"", 404), "in a form that is not its own", DAY),
        (dump("# nothing"), "in a form that is not its own", DAY),
        (response(b"", 403), "does not give its titles", DAY),
        (response(b"", 418), "answers 418", AGAIN),
    ],
)
async def test_a_dump_that_cannot_be_had(answer: bytes, says: str, wait: float) -> None:
    there = library(answer)
    async with provider(Quick, there, client_name="h") as (made, _):
        with pytest.raises(ProviderFailed, match=says):
            await made.search_shows(Query(title="Harbour"))
        with pytest.raises(ProviderFailed, match="has not given its titles") as failed:
            await made.search_movies(Query(title="Harbour"))
        assert failed.value.retry_after == pytest.approx(wait, abs=60)
        assert len(there.requests) == 1, "nobody asks again at once"


async def test_where_it_is() -> None:
    async with provider(Quick, library(dump()), client_name="h") as (made, site):
        asking = made._asking
        asking._values = site_less(asking)
        assert not asking.moved
        asked: list[Question] = []

        async def raw(question: Question) -> bytes:
            asked.append(question)
            return DUMP.encode()

        asking.raw = raw  # type: ignore[method-assign]
        await Titles().search(asking, "Harbour")
        (question,) = asked
        assert asking.url(question.path, base=question.base) == (
            "https://anidb.net/api/anime-titles.dat.gz"
        )
        assert SPEC.address == "http://api.anidb.net:9001"
        assert site.asked == []


def site_less(asking: Asking) -> Values:
    """Settings that leave it where it is."""
    values = asking._values
    assert isinstance(values, Values)
    return values.without(METADATA_PROVIDERS["anidb"].address)
