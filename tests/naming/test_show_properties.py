"""What holds for every name of an episode: no error, bounded time, a rendering that reads back."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.naming.service import (
    looks_like_episode,
    parse_episode,
    parse_season_folder,
    parse_series_folder,
    render_episode,
)
from app.naming.service.wordlist import words
from tests.naming.test_properties import HOSTILE, LIMIT, PROFILE, any_text, release_like

pytestmark = pytest.mark.uncounted
WORDS = words(
    "Third Man S01E02 S01 E02 -E03 1x02 -1x04 1x02x03 S01-S03 Season Seasons Episode 1 2 12 102 "
    "2024 01 31 2024.01.31 20240131 - ~ + & to and 12v2 OVA NCOP SP01 Special Part II of 01of13 "
    "Cap.102 Folge 3. Staffel 第12話 第2季 12화 сезон серия (US) UK (2010) {tvdb-12} [12] [01-12] "
    "720p BluRay x264 -GRP [Group] 1A2B3C4D . _ / mkv Complete Series v2 a cd1 pt2 12.5 # E e x s "
    "Ukr/Eng ITA Sub Audio Latino [某字幕组] 国语 「丘」 全12集 от / of -One-Two [TEAm] FHD HD.TV "
)
numbered = st.tuples(
    st.lists(st.sampled_from(sorted(WORDS)), max_size=14), st.sampled_from([" ", ".", "_", "-", ""])
).map(lambda made: made[1].join(made[0]))
names = numbered | release_like | any_text

SHOW_HOSTILE = [
    "S01E01" + "E02" * 1364,
    "S01E01" + "-E02" * 1022,
    "S01" * 1365,
    "1x01" * 1024,
    "1x" * 2048,
    "1-2-3-4-" * 512,
    "01-999 " * 585,
    "Season " * 585,
    "Season 1 " * 455,
    "Season 1/" * 455,
    "第1" * 2048,
    "第十" * 2048,
    "12話" * 1365,
    "2024.01." * 512,
    "20240131 " * 455,
    " - 12" * 819,
    "[12]" * 1024,
    "(US)" * 1024,
    "Part II " * 512,
    "1 of 2 " * 585,
    "s1e" * 1365,
    "e1" * 2048,
    "v2" * 2048,
    "1a" * 2048,
    "OVA " * 1024,
    "S1E1 / " * 600,
    "第1季 / " * 500,
    "eng eng" + "/eng" * 1000,
    "eng " * 512 + "subs",
    "国语 " * 1300,
    "「a」" * 1300,
]


@given(names)
@PROFILE
def test_nothing_raises(name: str) -> None:
    parse_episode(name)
    parse_series_folder(name)
    parse_season_folder(name)
    looks_like_episode(name)


@given(names)
@PROFILE
def test_a_rendering_reads_back_as_itself(name: str) -> None:
    text = render_episode(parse_episode(name))
    again = parse_episode(text)
    assert render_episode(again) == text


@pytest.mark.parametrize("name", HOSTILE + SHOW_HOSTILE, ids=lambda name: repr(name[:12]))
def test_hostile_names_take_bounded_time(name: str) -> None:
    """Under 5 ms on an idle core; the best of some runs, as other work may share it."""
    best = min(_seconds(name) for _ in range(7))
    assert best < LIMIT


def _seconds(name: str) -> float:
    start = time.perf_counter()
    parse_episode(name)
    return time.perf_counter() - start


def test_speed_of_common_names() -> None:
    """At least 2,000 a second, the floor; a quarter of it is left to a busy machine."""
    paths = [
        f"The Third Man/Season 1/The.Third.Man.S01E{number:02}.720p.WEB.x264-GRP{number}.mkv"
        for number in range(100)
    ]
    best = min(_batch(paths) for _ in range(5))
    assert len(paths) / best > 500


def _batch(paths: list[str]) -> float:
    start = time.perf_counter()
    for path in paths:
        parse_episode(path)
    return time.perf_counter() - start


@pytest.mark.parametrize(
    "path",
    [
        "Third.Man.S01E02.720p.AMZN.WEB-DL.DDP5.1.H.264-GRP.mkv",
        "Third Man (US) (2010) - S01E02-E04 - Harry {tvdb-12} [German][1A2B3C4D].mkv",
        "Third Man S01E02+E04.mkv",
        "Third Man 2024-01-31 - Harry.mkv",
        "Third Man - 12v2 [1080p].mkv",
        "Third Man S01-S03 [1080p].mkv",
        "Third Man S01E02 pt2.mkv",
        "Third Man E12.mkv",
    ],
)
def test_a_rendering_says_everything(path: str) -> None:
    name = parse_episode(path)
    assert name.title == "Third Man"
    assert parse_episode(render_episode(name) + ".mkv") == name
