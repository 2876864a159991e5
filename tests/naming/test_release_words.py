"""Release words as the makers of many countries write them: groups, languages, sources."""

import pytest

from app.naming.domain import Modifier, Source
from app.naming.service import looks_like_episode, parse_episode, parse_movie


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("Show.S01E02.1080p.WEB.h264-One-Two.mkv", "One-Two"),
        ("Show.S01E02.1080p.WEB.h264.One-Two.mkv", "One-Two"),
        ("Show.S01E02.1080p.WEB.h264-One-Obfuscated.mkv", "One"),
        ("Show.S01E02.1080p.WEB.h264-One.sample.mkv", "One"),
        ("Show S01E02 1080p WEB-DL MP4-DAN THE MAN.mkv", "DAN THE MAN"),
        ("Show S01E02 1080p WEB x265-Encoder[TEAm].mkv", "TEAm"),
        ("Show (2017) (1080p BD DD5.1 x265-Encoder[TEAm]).mkv", "TEAm"),
        ("Show.S01E02.1080p.WEB.h264-One[rartv].mkv", "One"),
        ("Show.S01E02.1080p.WEB.h264-One[some.site.com].mkv", "One"),
        ("Show.S01E02.1080p.WEBRip.x265.10bit.Encoder.TEAm.mkv", "TEAm"),
        ("Show.S01E02.1080p.BluRay.x265.10bit.Encoder).mkv", "Encoder"),
        ("Show S01E02 1080p WEB x264 aBcD.mkv", "aBcD"),
        ("Show S01E02 HDTV XviD EXTRA.mkv", None),
        ("Шоу S01E02 WEB-DLRip от Abcde.avi", "Abcde"),
        ("Show.S01E02.2015.1080p.WEBRip.x264.AAC2.0-ABC.mkv", "ABC"),
        ("[ABC-Raws] Show - 02 [1080p].mkv", "ABC-Raws"),
    ],
)
def test_who_made_it(path: str, group: str | None) -> None:
    assert parse_episode(path).release.release_group == group


@pytest.mark.parametrize(
    ("path", "languages"),
    [
        ("Show (Season 1) (2021) WEB-DLRip Ukr/Eng", ("uk", "en")),
        ("Show (2021) 1080p 2xUkr/Eng | Sub Ukr/Eng", ("uk", "en")),
        ("Show (Temporada 3 Completa) Audio Dual Ingles/Latino 1920x1080", ("en", "es-419")),
        ("Show 7x04 audio latino.avi", ("es-419",)),
        ("Show S01E02 Un Titre FR.mkv", ("fr",)),
        ("Show.S01E02.Ger.Eng.Fre.Sub.1080p.WEB.H264-GRP.mkv", ()),
        ("Show.S01E02.German.English.Subs.1080p.WEB.H264-GRP.mkv", ("de",)),
        ("Show S02 [BDRemux 1080p AVC Esp DD2.0,Ing DTS,Cat DD2.0 Subs][GRP]", ("es", "en", "ca")),
        ("Show [2024] [1080p català-español+sub]", ("ca", "es")),
        ("[某某字幕组] Show - 02 [1080p].mkv", ("zh",)),
        ("[GRP] Show - 02 [1080p][中日双语字幕].mkv", ("zh", "ja")),
        ("Show.S01.国语音轨.1080p.WEB-DL.H264-GRP", ("zh",)),
        ("Show.S01E02.粤语.1080p.WEB-DL.H264-GRP.mkv", ("yue",)),
        ("Шоу S01E02 1080p Русский.mkv", ("ru",)),
        ("Show.S01E02.1080p.WEB-DL.Türkçe.Dublaj.x264-GRP.mkv", ("tr",)),
        ("Show.S01E02.MULTi3.VFF.1080p.WEB.H264-GRP.mkv", ("fr",)),
        ("Show.S01E02.VOSE.1080p.WEB.H264-GRP.mkv", ()),
        ("Show.S01E02.The.French.Guest.1080p.WEB.H264-GRP.mkv", ()),
        ("Spanish Show/Season 1/Show S01E02.mkv", ()),
    ],
)
def test_spoken_languages(path: str, languages: tuple[str, ...]) -> None:
    assert parse_episode(path).release.languages == languages


def test_a_slash_between_languages_divides_no_library_paths() -> None:
    name = parse_movie("Filme 2010 Deutsch/English Summer (2010).mkv")
    assert (name.title, name.year) == ("English Summer", 2010)


@pytest.mark.parametrize(
    ("path", "source", "modifier", "resolution"),
    [
        ("Show S01E02 [HDTV 1080i AVC MP2 2.0].mkv", Source.HDTV, None, 1080),
        ("Show.S01E02.1080i.HDTV.MPEG2-GRP.ts", Source.HDTV, Modifier.RAWHD, 1080),
        ("[ABC-Remux] Show - 02 [720p].mkv", None, None, 720),
        ("Show - S02E03 - A Guest - HD TV.mkv", Source.HDTV, None, None),
        ("Show - S02E03 - A Guest FHD.mkv", None, None, 1080),
    ],
)
def test_pictures(
    path: str, source: Source | None, modifier: Modifier | None, resolution: int | None
) -> None:
    release = parse_episode(path).release
    assert (release.source, release.modifier, release.resolution) == (source, modifier, resolution)


def test_titles_of_episodes_end_with_their_own_words() -> None:
    assert parse_episode("Show S01E02 Un Titre FR.mkv").episode_title == "Un Titre"
    assert parse_episode("Show S01E02 The Latin Tutor.mkv").episode_title == "The Latin Tutor"
    assert parse_episode("Show S01E02 A Proper.mkv").episode_title == "A Proper"


@pytest.mark.parametrize(
    "path",
    [
        "Назва (S1E2) / Some Title (S1E2) (2020) WEB-DL 1080p Ukr/Eng",
        "Назва (Сезон 1, серії 2) / Some Title (Season 1, episode 2) (2020) WEB-DL",
    ],
)
def test_both_titles_of_a_name_in_two_languages(path: str) -> None:
    name = parse_episode(path)
    assert (name.title, name.alternative_titles) == ("Some Title", ("Назва",))
    assert (name.season, name.episodes, name.year) == (1, (2,), 2020)


def test_all_the_episodes_of_a_season_are_the_season() -> None:
    whole, half = parse_episode("Show / S2E1-8 of 8 [2022]"), parse_episode("Show / S2E1-4 of 8")
    assert (whole.season, whole.episodes, whole.is_season_pack) == (2, (), True)
    assert (half.season, half.episodes, half.is_season_pack) == (2, (1, 2, 3, 4), False)


@pytest.mark.parametrize(
    "name",
    [
        "S78E8rJNUXOFjmOxjaDKq",
        "s5x9huZgXszfjDtehLkO",
        "9f1c2e33-8364-e133-d572-d3ce503dbd91",
    ],
)
def test_random_letters_number_nothing(name: str) -> None:
    read = parse_episode(f"{name}.mkv")
    assert (read.season, read.episodes) == (None, ())


def test_the_folder_of_one_episode_names_it() -> None:
    assert looks_like_episode("Show.S01E02.720p.HDTV-GRP/qwertzuiop_asdf.avi")
    assert not looks_like_episode("Film.2010.720p.BluRay-GRP/qwertzuiop_asdf.avi")


@pytest.mark.parametrize(
    ("path", "title", "others", "numbers"),
    [
        (
            "[某某字幕组][绿色山丘 第三季][Green Hills][05].mkv",
            "Green Hills",
            ("绿色山丘",),
            (3, (5,)),
        ),
        (
            "[GRP][国漫][绿色山丘 第2季][Green Hills Ⅱ][03].mkv",
            "Green Hills Ⅱ",
            ("绿色山丘",),
            (2, (3,)),
        ),
        ("【Green Hills】【第12话】【1080P】【简日双语】.mkv", "Green Hills", (), (None, (12,))),
        ("(アニメ) みどりの丘 第05話 「丘」 (1280x720).mkv", "みどりの丘", (), (None, (5,))),
        ("초록 언덕.시즌2.E05.230405.1080p-NEXT.mkv", "초록 언덕", (), (2, (5,))),
        ("Studio 70 Сезон 5 1080p", "Studio 70", (), (5, ())),
    ],
)
def test_titles_of_the_east(
    path: str, title: str, others: tuple[str, ...], numbers: tuple[int | None, tuple[int, ...]]
) -> None:
    name = parse_episode(path)
    assert (name.title, name.alternative_titles) == (title, others)
    assert (name.season, name.episodes, name.absolute) == (*numbers, ())


def test_japanese_quotes_hold_the_title_of_the_episode() -> None:
    name = parse_episode("みどりの丘 第5話 「最後の日」 (1280x720).mkv")
    assert (name.episode_title, name.release.release_group) == ("最後の日", None)


def test_all_of_so_many_episodes_is_a_pack() -> None:
    name = parse_episode("绿色山丘 全12集 1080p")
    assert (name.title, name.is_season_pack, name.episodes) == ("绿色山丘", True, ())


def test_a_final_season_is_no_number() -> None:
    name = parse_episode("[GRP] Green Hills - The Final Season - 05.mkv")
    assert (name.title, name.absolute) == ("Green Hills - The Final Season", (5,))


def test_a_title_stands_behind_the_number_and_the_group() -> None:
    name = parse_episode("[GRP] 06 Green Hills II (720p 8bit AAC).mkv")
    assert (name.title, name.absolute) == ("Green Hills II", (6,))
    assert name.release.release_group == "GRP"


def test_whole_series_say_so_before_release_words() -> None:
    name = parse_episode("Green.Hills.LIntegrale.FRENCH.DVDRip-GRP")
    assert (name.title, name.is_season_pack) == ("Green Hills", True)


@pytest.mark.parametrize(
    ("path", "episodes", "title", "languages"),
    [
        ("Show Stagione 2 Episodio 3 ITA.mkv", (3,), None, ("it",)),
        ("SHOW S02E03 ITA.mkv", (3,), "ITA", ()),
        ("Шоу / Show / Сезон 2 / Серии 1-3 из 10", (1, 2, 3), None, ()),
        ("Show Season 2 Episodes 1-3 of 10", (1, 2, 3), None, ()),
    ],
)
def test_what_stands_behind_the_numbers(
    path: str, episodes: tuple[int, ...], title: str | None, languages: tuple[str, ...]
) -> None:
    name = parse_episode(path)
    assert (name.season, name.episodes, name.episode_title) == (2, episodes, title)
    assert name.release.languages == languages


def test_parts_may_be_a_range() -> None:
    name = parse_episode("Green.Hills.Part1-2.720p-GRP.mkv")
    assert (name.title, name.season, name.episodes) == ("Green Hills", 1, (1, 2))


def test_the_article_of_a_whole_series_is_none_of_its_title() -> None:
    name = parse_episode("Green Hills The Complete Series 720p")
    assert (name.title, name.is_season_pack) == ("Green Hills", True)
