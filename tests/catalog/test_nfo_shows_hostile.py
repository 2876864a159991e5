"""Hostile NFO files of shows, seasons and episodes: refused with a sentence, quickly, or read."""

import contextlib
import time
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.catalog.service import (
    MOST_NFO_BYTES,
    BadNfo,
    parse_episode_nfo,
    parse_nfo,
    parse_season_nfo,
    parse_show_nfo,
)

Parser = Callable[[bytes], object]
PARSERS = ((parse_show_nfo, "tvshow"), (parse_episode_nfo, "episodedetails"),
           (parse_season_nfo, "season"))  # fmt: skip
BILLION = "<!DOCTYPE a [<!ENTITY b 'bb'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>]>"


@pytest.mark.parametrize(("parse", "root"), PARSERS)
@pytest.mark.parametrize(
    "form",
    [
        "",
        "nothing here",
        "<",
        "<{0}>",
        "<{0}><a></b></{0}>",
        "<!DOCTYPE a><{0}/>",
        BILLION + "<{0}><title>&c;</title></{0}>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><{0}><title>&x;</title></{0}>",
        "<{0}/></several><several><{0}/>",
        "<{0}>&undefined;</{0}>",
        "<{0}>&#0;</{0}>",
        "<{0}>" + "<a>" * 100 + "</a>" * 100 + "</{0}>",
        "<{0}>" * 30_000,
        "<{0}>" + "<a/>" * 6000 + "</{0}>",
        "<movie><title>A film</title></movie>",
        "<html><body>404</body></html>",
    ],
)
def test_what_is_refused(parse: Parser, root: str, form: str) -> None:
    with pytest.raises(BadNfo) as refused:
        parse(form.format(root).encode())
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(("parse", "root"), PARSERS)
def test_too_large(parse: Parser, root: str) -> None:
    with pytest.raises(BadNfo, match="too large"):
        parse(f"<{root}>{' ' * MOST_NFO_BYTES}</{root}>".encode())


@pytest.mark.parametrize(("parse", "root"), PARSERS)
def test_hostile_shapes_are_refused_quickly(parse: Parser, root: str) -> None:
    started = time.perf_counter()
    for text in (
        f"<{root}>" + "<a>" * 70_000 + "</a>" * 70_000 + f"</{root}>",
        f"<{root} " + " ".join(f'a{n}=""' for n in range(40_000)) + "/>",
        f"<{root}/>" * 30_000,
        "<?xml " * 80_000 + f"<{root}/>",
        f"<{root}/>" + "thetvdb.com/?tab=series&id=" * 19_000,
        f"<{root}>" + "<![CDATA[" * 40_000 + f"</{root}>",
    ):
        with contextlib.suppress(BadNfo):
            parse(text.encode())
    assert time.perf_counter() - started < 5


ELEMENTS = (
    "tvshow", "season", "episodedetails", "title", "namedseason number='1'", "thumb season='1'",
    "actor", "name", "type", "uniqueid type='tvdb'", "id", "aired", "episode", "absolute_number",
    "ratings", "rating", "value", "votes", "art", "season num='1'", "studio", "runtime",
)  # fmt: skip
WORDS = st.text(max_size=8) | st.sampled_from(
    ("1", "-1", "0", "nan", "1e9", "2012-13-40", "https://a.test/", "GuestStar", "٣", "tt7654321")
)
PIECES = st.lists(
    st.sampled_from([f"<{e}>" for e in ELEMENTS] + [f"</{e.split()[0]}>" for e in ELEMENTS])
    | WORDS
    | st.sampled_from(
        ("<?xml version='1.0'?>", "<!--", "-->", "<![CDATA[", "]]>", "&amp;", "&#0;")
    ),
    max_size=40,
).map("".join)
TREES = st.recursive(
    WORDS.map(lambda t: t.replace("&", "").replace("<", "")),
    lambda inner: st.tuples(st.sampled_from(ELEMENTS), st.lists(inner, max_size=6)).map(
        lambda e: f"<{e[0]}>{''.join(e[1])}</{e[0].split()[0]}>"
    ),
    max_leaves=30,
)


@given(
    root=st.sampled_from(("tvshow", "season", "episodedetails")),
    inner=PIECES | TREES,
    encoding=st.sampled_from(("utf-8", "utf-16", "cp1252")),
)
@example(root="season", inner="", encoding="utf-8")
def test_nothing_but_refusals_is_raised(root: str, inner: str, encoding: str) -> None:
    raw = f"<{root}>{inner}</{root}>".encode(encoding, "replace")
    for parse in (parse_nfo, parse_show_nfo, parse_episode_nfo, parse_season_nfo):
        with contextlib.suppress(BadNfo):
            found = parse(raw)
            for details in found if isinstance(found, tuple) else (found,):
                assert details.season is None or 0 <= details.season <= 9999
                assert "\x00" not in repr(details)


@given(raw=st.binary(max_size=300))
def test_nothing_but_refusals_is_raised_by_bytes(raw: bytes) -> None:
    for _, root in PARSERS:
        for parse, _ in PARSERS:
            with contextlib.suppress(BadNfo):
                parse(raw)
            with contextlib.suppress(BadNfo):
                parse(f"<{root}>".encode() + raw + f"</{root}>".encode())
