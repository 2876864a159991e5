"""Signing in at TheTVDB, and what it answers when it does not answer."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from app.metadata.domain import ProviderFailed, ProviderRefused, Query, RecordKind
from app.metadata.providers.tvdb import Tvdb
from tests.support.outside import response
from tests.support.providers import Library, Request, provider
from tests.support.tvdb import MOVIE, tvdb_library, wrapped


@pytest.fixture
def library() -> Library:
    return tvdb_library()


@pytest.fixture
async def tvdb(library: Library) -> AsyncIterator[Tvdb]:
    async with provider(Tvdb, library, api_key="secret", pin="1234") as (made, _):
        yield made


async def test_signing_in(library: Library) -> None:
    async with provider(Tvdb, library, api_key="secret", pin="1234") as (made, _):
        await made.show("300", ["en"])
        await made.movie("4711", ["en"])
    async with provider(Tvdb, library, api_key="other") as (made, _):
        await made.show("300", ["en"])
    assert library.paths() == [
        "/login", "/series/300/extended", "/movies/4711/extended",
        "/login", "/series/300/extended",
    ]  # fmt: skip
    first, show, film, second, _ = library.requests
    assert (first.method, first.document) == ("POST", {"apikey": "secret", "pin": "1234"})
    assert (second.document, "authorization" in second.headers) == ({"apikey": "other"}, False)
    assert show.headers["authorization"] == film.headers["authorization"]
    assert show.headers["authorization"] == "Bearer token-secret-1234"
    assert not any("secret" in value for r in library.requests for value in r.params.values())


async def test_a_token_that_ends_early_is_given_up_for_another(
    tvdb: Tvdb, library: Library
) -> None:
    given = iter(["first", "second", "third"])
    library.documents["/login"] = lambda _: wrapped({"token": next(given)})
    await tvdb.show("300", ["en"])

    def only_second(request: Request) -> object:
        fine = request.headers["authorization"] == "Bearer second"
        return wrapped(MOVIE) if fine else response(b'{"status":"failure"}', 401)

    library.documents["/movies/4711/extended"] = only_second
    assert await tvdb.movie("4711", ["en"]) is not None
    assert library.paths().count("/login") == 2
    library.documents["/people/11/extended"] = response(b"{}", 401)
    with pytest.raises(ProviderRefused):
        await tvdb.person("11", ["en"])
    assert library.paths().count("/login") == 3, "once more, not for ever"


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (response(b'{"status":"failure","data":null}', 401), ProviderRefused, "does not accept"),
        (response(b"{}", 404), ProviderFailed, "does not sign one in"),
        (response(b'{"data":{}}'), ProviderFailed, "does not sign one in"),
        (response(b'{"data":{"token":""}}'), ProviderFailed, "does not sign one in"),
        (response(b'{"data":{"token":"a\\r\\nb: c"}}'), ProviderFailed, "does not sign one in"),
        (response(b'{"data":{"token":{}}}'), ProviderFailed, "not its own"),
    ],
)
async def test_no_token(
    tvdb: Tvdb, library: Library, answer: bytes, error: type[ProviderFailed], says: str
) -> None:
    library.documents["/login"] = answer
    with pytest.raises(error, match=says) as failed:
        await tvdb.show("300", ["en"])
    assert library.paths() == ["/login"]
    assert not {"secret", "1234"} & set(failed.value.message.split())


ASKS: list[tuple[str, Callable[[Tvdb], Any]]] = [
    ("/series/1/extended", lambda tvdb: tvdb.show("1", ["en"])),
    ("/movies/1/extended", lambda tvdb: tvdb.movie("1", ["en"])),
    ("/people/1/extended", lambda tvdb: tvdb.person("1", ["en"])),
    ("/series/1/episodes/official", lambda tvdb: tvdb.episode("1", 1, 1, ["en"])),
    ("/search", lambda tvdb: tvdb.search_shows(Query(title="x"))),
    ("/search/remoteid/tt1111111", lambda tvdb: tvdb.find(RecordKind.SHOW, {"imdb": "tt1111111"})),
]


@pytest.mark.parametrize("answer", [b"[]", b"[" * 100_000, b'{"data": 5}', b'{"data": "\xff"}'])
@pytest.mark.parametrize(("path", "ask"), ASKS)
async def test_answers_that_cannot_be_used(
    tvdb: Tvdb, library: Library, path: str, ask: Callable[[Tvdb], Any], answer: bytes
) -> None:
    library.documents[path] = response(answer)
    with pytest.raises(ProviderFailed, match="in a form that is not its own") as failed:
        await ask(tvdb)
    assert failed.value.provider == "tvdb"


@pytest.mark.parametrize(("path", "ask"), ASKS)
async def test_no_data_is_nothing(
    tvdb: Tvdb, library: Library, path: str, ask: Callable[[Tvdb], Any]
) -> None:
    library.documents[path] = wrapped(None)
    assert not await ask(tvdb)
