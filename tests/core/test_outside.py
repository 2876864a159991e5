"""Other servers are slow, rude, down or too talkative; asking them stays bounded."""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.http import Answer, BadAnswer, Fresh, Outside, OutsideUnavailable, Policy
from app.core.http.client import Means
from app.core.http.pacing import asked_wait
from app.core.metrics import Metrics
from tests.support.outside import Asked, Site, Write, response, site


class Teller:
    """Answers in turn; the last answer again and again."""

    def __init__(self) -> None:
        self.answers: list[bytes] = [response(b'{"a": 1}')]

    async def __call__(self, _: Asked, write: Write) -> None:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        await write(answer)


class Time:
    """A monotonic clock that stands still."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def teller() -> Teller:
    return Teller()


@pytest.fixture
async def other(teller: Teller) -> AsyncIterator[Site]:
    async with site(teller) as made:
        yield made


@pytest.fixture
def now() -> Time:
    return Time()


@pytest.fixture
async def outside(now: Time) -> AsyncIterator[Outside]:
    made = Outside(Metrics(), Means(now=now))
    yield made
    await made.close()


def policy(to: Site, **more: Any) -> Policy:
    values: dict[str, Any] = {"timeout": 2, "most_wait": 1, **more}
    return Policy(name="other", label="Other", configured=frozenset({to.url}), **values)


async def test_an_answer(outside: Outside, other: Site) -> None:
    client = await outside.client(policy(other))
    answer = await client.get(f"{other.url}/x?y=1")
    assert (answer.status, answer.json("Other")) == (200, {"a": 1})
    assert other.asked[0].path == "/x?y=1"
    assert other.asked[0].headers["host"] == f"127.0.0.1:{other.port}"
    assert await outside.client(policy(other)) is client
    assert await outside.client(policy(other, timeout=1)) is not client


@pytest.mark.parametrize("status", [500, 502, 503, 429])
async def test_what_may_pass_is_asked_again(
    outside: Outside, other: Site, teller: Teller, status: int
) -> None:
    teller.answers = [response(b"x", status), response(b"", status), response(b"{}")]
    client = await outside.client(policy(other))
    assert (await client.get(other.url)).ok
    assert len(other.asked) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_what_will_not_pass_is_answered_at_once(
    outside: Outside, other: Site, teller: Teller, status: int
) -> None:
    teller.answers = [response(b"{}", status)]
    client = await outside.client(policy(other))
    assert (await client.get(other.url)).status == status
    assert len(other.asked) == 1


async def test_a_form_is_sent_once(outside: Outside, other: Site, teller: Teller) -> None:
    teller.answers = [response(b"secret detail", 503)]
    client = await outside.client(policy(other))
    with pytest.raises(OutsideUnavailable) as failed:
        await client.post_form(other.url, {"a": "b c&"})
    assert len(other.asked) == 1
    assert other.asked[0].body == b"a=b+c%26"
    assert "secret" not in failed.value.message


async def test_retry_after_is_honoured(outside: Outside, other: Site, teller: Teller) -> None:
    teller.answers = [response(b"", 429, retry_after="1"), response(b"{}")]
    client = await outside.client(policy(other))
    started = time.monotonic()
    assert (await client.get(other.url)).ok
    assert time.monotonic() - started >= 0.95


async def test_a_long_retry_after_is_told_and_not_waited_for(
    outside: Outside, other: Site, teller: Teller
) -> None:
    teller.answers = [response(b"", 503, retry_after="120")]
    client = await outside.client(policy(other))
    with pytest.raises(OutsideUnavailable) as failed:
        await client.get(other.url)
    assert failed.value.retry_after == 120
    assert len(other.asked) == 1


def test_both_forms_of_retry_after() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert asked_wait("7") == 7
    assert asked_wait("Thu, 01 Jan 2026 00:01:00 GMT", at) == 60
    assert asked_wait("Thu, 01 Jan 1970 00:00:00 GMT", at) == 0
    far = "Sun, 06 Nov 99999999999 08:49:37 GMT"
    for bad in ("", "-1", "soon", "1e9", "²", far, "Mon, 01 Jan 0001 00:00:00 +2400", None):
        assert asked_wait(bad, at) is None


@pytest.mark.parametrize("said", [True, False])
async def test_too_much_is_not_read(outside: Outside, said: bool) -> None:
    sent = 0

    async def flood(_: Asked, write: Write) -> None:
        nonlocal sent
        length = b"content-length: 1000000000\r\n" if said else b"transfer-encoding: chunked\r\n"
        await write(b"HTTP/1.1 200 X\r\n" + length + b"\r\n")
        for _i in range(2000):
            await write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            sent += 65536

    async with site(flood) as other:
        client = await outside.client(policy(other, most_bytes=100_000))
        with pytest.raises(BadAnswer):
            await client.get(other.url)
        await asyncio.sleep(0.05)
        assert sent < 20_000_000


async def test_a_packed_answer_is_not_unpacked(
    outside: Outside, other: Site, teller: Teller
) -> None:
    teller.answers = [response(gzip.compress(b"0" * 10_000_000), content_encoding="gzip")]
    client = await outside.client(policy(other))
    with pytest.raises(BadAnswer):
        await client.get(other.url)
    assert other.asked[0].headers["accept-encoding"] == "identity"


async def test_where_it_may_be_packed_it_is_unpacked(
    outside: Outside, other: Site, teller: Teller
) -> None:
    teller.answers = [response(gzip.compress(b'{"a": 2}'), content_encoding="gzip")]
    client = await outside.client(policy(other, packed=True))
    assert (await client.get(other.url)).json("Other") == {"a": 2}
    assert other.asked[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(b"0" * 10_000_000),
        gzip.compress(b'{"a": 2}' * 1000)[:-20],
        b"no gzip at all",
        gzip.compress(b"\x00" * 200_000) * 50,
    ],
    ids=["bomb", "cut", "other", "many"],
)
async def test_what_is_packed_badly_or_too_tightly_is_not_taken(
    outside: Outside, other: Site, teller: Teller, body: bytes
) -> None:
    teller.answers = [response(body, content_encoding="gzip")]
    client = await outside.client(policy(other, packed=True, most_bytes=100_000))
    with pytest.raises(BadAnswer):
        await client.get(other.url)


async def test_nothing_may_be_said_to_be_packed(
    outside: Outside, other: Site, teller: Teller
) -> None:
    teller.answers = [response(b"", 404, content_encoding="gzip")]
    client = await outside.client(policy(other, packed=True))
    assert (await client.get(other.url)).status == 404


async def test_who_waits_while_it_is_set_up_anew_is_told(outside: Outside, other: Site) -> None:
    client = await outside.client(policy(other, rate=5, burst=1))
    await client.get(other.url)
    waits = asyncio.create_task(client.get(other.url))
    await asyncio.sleep(0)
    await outside.client(policy(other, rate=6))
    with pytest.raises(OutsideUnavailable, match="set up anew"):
        await waits


async def test_a_question_is_posted_again_and_its_answer_kept(
    outside: Outside, other: Site, teller: Teller, now: Time
) -> None:
    teller.answers = [response(b"", 503), response(b"{}")]
    client = await outside.client(policy(other))
    for _ in range(2):
        assert (await client.post_kept(other.url, b'{"query":"{a}"}', fresh=Fresh(10))).ok
    assert [asked.body for asked in other.asked] == [b'{"query":"{a}"}'] * 2
    assert other.asked[0].headers["content-type"] == "application/json"
    await client.post_kept(other.url, b'{"query":"{b}"}', fresh=Fresh(10))
    assert len(other.asked) == 3, "another question"
    now.at += 11
    await client.post_kept(other.url, b'{"query":"{b}"}', fresh=Fresh(10))
    await client.post_kept(other.url, b'{"query":"{b}"}', fresh=Fresh(10, anew=True))
    assert len(other.asked) == 5


async def test_what_is_kept_is_bounded_in_bytes(
    outside: Outside, other: Site, teller: Teller
) -> None:
    teller.answers = [response(b"x" * 400)]
    client = await outside.client(policy(other, most_kept_bytes=1000))
    for path in ("a", "b", "c", "b", "c"):
        await client.get_kept(f"{other.url}/{path}", fresh=Fresh(10))
    assert len(other.asked) == 3
    await client.get_kept(f"{other.url}/a", fresh=Fresh(10))
    assert len(other.asked) == 4, "the oldest gave way"
    teller.answers = [response(b"x" * 1001)]
    for _ in range(2):
        await client.get_kept(f"{other.url}/large", fresh=Fresh(10))
    assert len(other.asked) == 6, "what is larger than all of it is not kept"


async def test_a_trickle_ends(outside: Outside) -> None:
    async def trickle(_: Asked, write: Write) -> None:
        await write(b"HTTP/1.1 200 X\r\ncontent-length: 1000\r\n\r\n")
        for _i in range(100):
            await write(b"x")
            await asyncio.sleep(0.05)

    async with site(trickle) as other:
        client = await outside.client(policy(other, timeout=0.3, attempts=1))
        started = time.monotonic()
        with pytest.raises(OutsideUnavailable):
            await client.get(other.url)
        assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "raw",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\nx", b"\x16\x03\x01",
     b"HTTP/1.1 200 X\r\n" + b"a: b\r\n" * 100_000],
)  # fmt: skip
async def test_what_is_no_http(outside: Outside, other: Site, teller: Teller, raw: bytes) -> None:
    teller.answers = [raw]
    client = await outside.client(policy(other, attempts=1))
    with pytest.raises(OutsideUnavailable):
        await client.get(other.url)


@pytest.mark.parametrize("body", [b"", b"[]", b"nul", b"[" * 100_000, b"\xff", b'"x"'])
def test_what_is_no_json_object(body: bytes) -> None:
    answer = Answer(url="", status=200, headers={}, body=body)
    with pytest.raises(BadAnswer):
        answer.json("Other")
    assert "body" not in repr(answer)


async def test_the_breaker_opens_and_closes(
    outside: Outside, other: Site, teller: Teller, now: Time
) -> None:
    teller.answers = [response(b"", 500)]
    client = await outside.client(policy(other, attempts=1, failures_to_open=3, open_for=30))
    for _ in range(3):
        with pytest.raises(OutsideUnavailable):
            await client.get(other.url)
    with pytest.raises(OutsideUnavailable) as closed:
        await client.get(other.url)
    assert len(other.asked) == 3
    assert closed.value.retry_after == 30
    state = client._metrics.breaker_state.labels("other")._value
    assert state.get() == 1
    now.at += 31
    teller.answers = [response(b"{}")]
    assert (await client.get(other.url)).ok
    assert (await client.get(other.url)).ok
    assert state.get() == 0


async def test_only_one_tries_while_it_is_half_open(
    outside: Outside, other: Site, teller: Teller, now: Time
) -> None:
    teller.answers = [response(b"", 500)]
    client = await outside.client(policy(other, attempts=1, failures_to_open=1))
    with pytest.raises(OutsideUnavailable):
        await client.get(other.url)
    now.at += 31
    await asyncio.gather(*(client.get(other.url) for _ in range(10)), return_exceptions=True)
    assert len(other.asked) == 2


async def test_the_bucket_bounds_how_often(outside: Outside, other: Site, now: Time) -> None:
    client = await outside.client(policy(other, rate=0.1, burst=2, most_wait=0))
    await client.get(other.url)
    await client.get(other.url)
    with pytest.raises(OutsideUnavailable) as full:
        await client.get(other.url)
    assert len(other.asked) == 2
    assert full.value.retry_after is not None
    now.at += 10
    await client.get(other.url)
    assert len(other.asked) == 3


@pytest.mark.parametrize(
    ("said", "asked"),
    [("max-age=60", 1), ("public, max-age=60", 1), ("no-store, max-age=60", 2), ("", 2),
     ("max-age=0", 2), ("s-maxage=60", 2), ("max-age=soon", 2)],
)  # fmt: skip
async def test_what_says_that_it_keeps_is_kept(
    outside: Outside, other: Site, teller: Teller, said: str, asked: int
) -> None:
    teller.answers = [response(b"{}", cache_control=said)]
    client = await outside.client(policy(other))
    await client.get_kept(other.url)
    await client.get_kept(other.url)
    assert len(other.asked) == asked


async def test_how_long_it_is_kept(
    outside: Outside, other: Site, teller: Teller, now: Time
) -> None:
    teller.answers = [response(b"{}", cache_control="max-age=99999999")]
    client = await outside.client(policy(other, most_fresh=100))
    await client.get_kept(other.url)
    now.at += 99
    await client.get_kept(other.url)
    assert len(other.asked) == 1
    now.at += 2
    await client.get_kept(other.url)
    assert len(other.asked) == 2
    await client.get_kept(other.url, fresh=Fresh(anew=True))
    assert len(other.asked) == 3


async def test_errors_are_not_kept(outside: Outside, other: Site, teller: Teller) -> None:
    teller.answers = [response(b"{}", 404, cache_control="max-age=60"), response(b"{}")]
    client = await outside.client(policy(other, least_fresh=60))
    assert (await client.get_kept(other.url)).status == 404
    assert (await client.get_kept(other.url)).status == 200
    assert (await client.get_kept(other.url)).status == 200
    assert len(other.asked) == 2


async def test_fifty_at_once_ask_once(outside: Outside, other: Site) -> None:
    client = await outside.client(policy(other, least_fresh=60))
    await asyncio.gather(*(client.get_kept(other.url) for _ in range(50)))
    assert len(other.asked) == 1


async def test_cookies_are_neither_kept_nor_sent(
    outside: Outside, other: Site, teller: Teller
) -> None:
    teller.answers = [response(b"{}", set_cookie="a=b")]
    client = await outside.client(policy(other))
    await client.get(other.url)
    await client.get(other.url)
    assert "cookie" not in other.asked[1].headers


async def test_nobody_there(outside: Outside, other: Site) -> None:
    client = await outside.client(
        Policy(name="gone", label="Gone", attempts=2, configured=frozenset({"http://127.0.0.1:1"}))
    )
    with pytest.raises(OutsideUnavailable) as gone:
        await client.get("http://127.0.0.1:1/secret?token=x")
    assert gone.value.message == "Gone cannot be reached."
