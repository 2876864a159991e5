"""Asking a provider: by its settings, through proxies, counted, and as often as it takes it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct, structs

from app.core.blobs import LocalBlobs
from app.core.clock import SystemClock
from app.core.http import Outside
from app.core.metrics import Metrics
from app.metadata.domain import ProviderFailed, ProviderRefused, ProviderSpec
from app.metadata.providers import markup
from app.metadata.providers import reading as read
from app.metadata.providers.asking import Asking, Question
from app.settings.domain import METADATA_PROVIDERS, METADATA_PROXY, Values
from tests.support.outside import response, site
from tests.support.providers import Library, Needs, values

SPEC = ProviderSpec(
    name="omdb", label="OMDb", priority=1, address="https://omdb.test", rate=100, burst=100
)


class Answer(Struct):
    n: int = 0


def asking(where: Values, *, spec: ProviderSpec = SPEC, anew: bool = False) -> Asking:
    metrics = Metrics()
    needs = Needs(Outside(metrics), where, metrics, LocalBlobs(Path("nowhere")), SystemClock())
    return Asking(spec, needs, anew=anew)


def counted(asked: Asking, status: str) -> float:
    registry = asked._metrics.registry
    labels = {"provider": "omdb", "type": "search", "status": status}
    return registry.get_sample_value("revenge_metadata_fetch_total", labels) or 0.0


def search(path: str = "x", **more: Any) -> Question:
    return Question("search", ("a b", path), {"q": "ä&?", "none": None}, search=True, **more)


async def test_a_question_becomes_an_address() -> None:
    library = Library({"/a b/x": {"n": "7", "more": [1, 2]}})
    async with site(library) as where:
        asked = asking(values("omdb", where.url, {"api_key": "k"}))
        assert await asked.ask(Answer, search()) == Answer(7)
        assert where.asked[0].path == "/a%20b/x?q=%C3%A4%26%3F"
        with pytest.raises(ProviderFailed, match="nothing of this id"):
            await asked.ask(Answer, search(".."))
        assert await asked.ask(Answer, search("../../y")) is None
        assert where.asked[1].path.startswith("/a%20b/..%2F..%2Fy?")
        assert (counted(asked, "success"), counted(asked, "not_found")) == (1, 1)


async def test_a_document_is_posted() -> None:
    library = Library({"/a b/x": lambda request: {"n": len(request.document["query"])}})
    async with site(library) as where:
        asked = asking(values("omdb", where.url, {}))
        assert await asked.ask(Answer, search(document={"query": "{a}"})) == Answer(3)
        assert await asked.ask(Answer, search(document={"query": "{ab}"})) == Answer(4)
        assert await asked.ask(Answer, search(document={"query": "{a}"})) == Answer(3)
        assert len(library.requests) == 2


async def test_what_is_not_kept_is_asked_each_time() -> None:
    library = Library({"/a b/x": {"n": 1}})
    async with site(library) as where:
        asked = asking(values("omdb", where.url, {}))
        for document in (None, None, {"a": 1}, {"a": 1}):
            await asked.ask(Answer, search(document=document, kept=False))
        assert len(library.requests) == 4


async def test_words_of_an_answer_count() -> None:
    spec = structs.replace(
        SPEC, refused=frozenset({401, 412}), used_up=b"day is over", failing=(b"try later",)
    )
    library = Library({"/a b/x": response(b"the day is over", 401), "/a b/y": response(b"", 412)})
    library.documents["/a b/z"] = b'{"n": 1, "said": "try later"}'
    async with site(library) as where:
        asked = asking(values("omdb", where.url, {}), spec=spec)
        with pytest.raises(ProviderFailed, match="asked no more") as failed:
            await asked.ask(Answer, search())
        assert not isinstance(failed.value, ProviderRefused)
        with pytest.raises(ProviderRefused):
            await asked.ask(Answer, search("y"))
        for _ in range(2):
            await asked.ask(Answer, search("z"))
        assert len(library.requests) == 4, "it is not kept"


async def test_a_provider_is_ready_with_its_keys_and_turned_on() -> None:
    mine = METADATA_PROVIDERS["omdb"]
    assert not asking(Values({})).ready
    assert asking(Values({})).missing == ("metadata.omdb.api_key",)
    told = {"metadata.omdb.api_key": "k"}
    assert asking(Values(told)).ready
    assert not asking(Values({**told, mine.enabled.key: False})).ready
    assert asking(Values(told)).address == "https://omdb.test"


@pytest.mark.parametrize("which", [METADATA_PROXY.key, "metadata.omdb.proxy"])
async def test_a_proxy_is_asked(which: str) -> None:
    proxy = Library()
    async with site(proxy) as through:
        address = METADATA_PROVIDERS["omdb"].address.key
        asked = asking(Values({address: "http://127.0.0.1:9", which: through.url}))
        assert await asked.ask(Answer, search()) is None
        assert through.asked[0].path.startswith("http://127.0.0.1:9/a%20b/x?")


async def test_limits_are_told_and_counted() -> None:
    library = Library({"/a b/x": response(b"", 429, retry_after="3600")})
    async with site(library) as where:
        asked = asking(values("omdb", where.url, {}))
        with pytest.raises(ProviderFailed, match="answers 429") as failed:
            await asked.ask(Answer, search())
        assert failed.value.retry_after == 3600
        with pytest.raises(ProviderFailed, match="asked too often"):
            await asked.ask(Answer, search("y"))
        assert len(library.requests) == 1, "it wants to be left alone"
        limited = asked._metrics.metadata_limited.labels("omdb")
        assert limited._value.get() == 2


async def test_an_answer_is_as_large_as_it_may_be() -> None:
    library = Library({"/a b/x": b'{"n": 1, "x": "' + b"x" * 2000 + b'"}'})
    async with site(library) as where:
        spec = structs.replace(SPEC, most_bytes=1000)
        with pytest.raises(ProviderFailed, match="more than it may"):
            await asking(values("omdb", where.url, {}), spec=spec).ask(Answer, search())


def test_what_is_read_is_checked() -> None:
    hosts = ("img.example",)
    assert read.picture("https://img.example/a.jpg", hosts) == "https://img.example/a.jpg"
    for wrong in (
        "https://img.example:99999/a.jpg",
        "https://img.example:x/a.jpg",
        "https://img.example:8443/a.jpg",
        "https://other.example/a.jpg",
        "http://img.example/a.jpg",
        "https://me@img.example/a.jpg",
        "https://[img.example/a.jpg",
        "https://img.example/ü.jpg",
    ):
        assert read.picture(wrong, hosts) is None, wrong
    assert markup.plain("<p>A &amp; b</p>&#" + "9" * 5000 + ";<br>c") == "A & b\nc"
    assert repr(Question("search", ("x",), {"api_key": "k"})) == "Question('search')"
    assert (read.count(1 << 31), read.count(1 << 40, read.MOST_MONEY)) == (None, 1 << 40)


async def test_a_large_answer_is_decoded_beside_the_loop() -> None:
    library = Library({"/a b/x": b'{"n": 3, "x": "' + b"x" * (300 << 10) + b'"}'})
    async with site(library) as where:
        asked = asking(values("omdb", where.url, {}))
        assert await asked.ask(Answer, search()) == Answer(3)


async def test_many_at_once_ask_once() -> None:
    library = Library({"/a b/x": {"n": 1}})
    async with site(library) as where:
        asked = asking(values("omdb", where.url, {}))
        await asyncio.gather(*(asked.ask(Answer, search()) for _ in range(50)))
        assert len(library.requests) == 1
        again = asking(values("omdb", where.url, {}), anew=True)
        for _ in range(2):
            await again.ask(Answer, search())
        assert len(library.requests) == 3
