"""Which video is the film, and which lies beside it."""

import pytest

from app.naming.domain import Role
from app.naming.service import is_subtitle, is_video, role_of


@pytest.mark.parametrize(
    "path",
    [
        "Heat (1995)/Heat (1995).mkv",
        "Sample (2010)/Sample (2010).mkv",
        "Sample (2010).mkv",
        "Movies/Sample.mkv",
        "Sample.2010.1080p.BluRay.mkv",
        "Love.Sample.2019.1080p.mkv",
        "The Trailer (2011)/The Trailer.mkv",
        "The Trailer.mkv",
        "The-Interview.mkv",
        "The Interview (2014)/The Interview (2014).mkv",
        "Extras (2005)/Extras (2005).mkv",
        "The Other (1972)/The Other (1972).mkv",
        "Free Samples (2012)/Free Samples.mkv",
        "Trailer Park (2006)/Trailer Park (2006).mkv",
        "Theme/Theme.mkv",
        "Very Short.mkv",
        "Shorts/Red Balloon (1956).mkv",
        "Movies/Shorts/Red Balloon (1956)/Red Balloon.mkv",
        "Heat (1995)/VIDEO_TS/VTS_01_1.VOB",
        "Heat (1995)/BDMV/STREAM/00800.m2ts",
        "Heat.1995.PROOF.SAMPLE.FiX.BDRip.mkv",
        "",
    ],
)
def test_films_are_not_lost(path: str) -> None:
    assert role_of(path) is Role.FEATURE


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("Heat (1995)/Heat-trailer.mkv", Role.TRAILER),
        ("Heat (1995)/Heat (1995)-trailer2.mp4", Role.TRAILER),
        ("Heat (1995)/trailer.mp4", Role.TRAILER),
        ("Heat (1995)/Heat trailer.mkv", Role.TRAILER),
        ("Heat (1995)/Trailers/teaser.mkv", Role.TRAILER),
        ("Heat (1995)/Sample/grp-heat-s.mkv", Role.SAMPLE),
        ("Heat.1995.1080p-GRP/sample-heat.mkv", Role.SAMPLE),
        ("Heat.1995.1080p-GRP/heat.1080p-sample.mkv", Role.SAMPLE),
        ("Heat.1995.1080p-GRP/Heat.1995.1080p.sample.mkv", Role.SAMPLE),
        ("Heat.1995.1080p-GRP/Heat.1995.sample.1080p.mkv", Role.SAMPLE),
        ("Heat (1995)/Extras/Making of.mkv", Role.EXTRA),
        ("Heat (1995)/Behind The Scenes/a.mkv", Role.EXTRA),
        ("Heat (1995)/Deleted Scenes/1.mkv", Role.EXTRA),
        ("Heat (1995)/Featurettes/Disc 1/1.mkv", Role.EXTRA),
        ("Heat (1995)/Interviews/a.mkv", Role.EXTRA),
        ("Heat (1995)/Scenes/a.mkv", Role.EXTRA),
        ("Heat (1995)/Shorts/a.mkv", Role.EXTRA),
        ("Heat (1995)/Other/a.mkv", Role.EXTRA),
        ("Heat (1995)/The set-behindthescenes.mkv", Role.EXTRA),
        ("Heat (1995)/Diner-deleted.mkv", Role.EXTRA),
        ("Heat (1995)/Diner-featurette.mkv", Role.EXTRA),
        ("Heat (1995)/Diner-interview.mkv", Role.EXTRA),
        ("Heat (1995)/Diner-scene.mkv", Role.EXTRA),
        ("Heat (1995)/Diner-short.mkv", Role.EXTRA),
        ("Heat (1995)/Diner-extra.mkv", Role.EXTRA),
        ("Heat (1995)/Diner-other.mkv", Role.EXTRA),
        ("Heat_(1995)-x02-Making_Of.mkv", Role.EXTRA),
        ("Heat (1995)/theme.mp4", Role.THEME),
        ("Heat (1995)/backdrops/city.mp4", Role.THEME),
        ("Heat (1995)/VIDEO_TS/VIDEO_TS.VOB", Role.DISC_MENU),
        ("Heat (1995)/VIDEO_TS/VTS_02_0.VOB", Role.DISC_MENU),
    ],
)
def test_what_lies_beside_a_film(path: str, role: Role) -> None:
    assert role_of(path) is role


@pytest.mark.parametrize("extension", ["mkv", "MP4", "avi", "m2ts", "ts", "vob", "webm", "rmvb"])
def test_videos(extension: str) -> None:
    assert is_video(f"Heat (1995).{extension}")
    assert not is_subtitle(f"Heat (1995).{extension}")


@pytest.mark.parametrize("name", ["Heat.srt", "Heat.en.ass", "Heat.SUP", "Heat.vtt"])
def test_subtitles(name: str) -> None:
    assert is_subtitle(name)
    assert not is_video(name)


@pytest.mark.parametrize("name", ["Heat.iso", "Heat.nfo", "Heat.jpg", "Heat", "mkv", ".mkv", ""])
def test_neither(name: str) -> None:
    assert not is_video(name)
    assert not is_subtitle(name)
