import pytest

from app.core.languages import language_of_word, normal_language
from app.libraries.repository.sidecars import sidecar_of, sidecars_of
from app.media.domain import SubtitleFormat
from app.naming.service import parse_subtitle
from app.naming.service.extensions import SUBTITLE_EXTENSIONS
from app.naming.service.languages import LANGUAGES

VIDEO = "Movie.mkv"


@pytest.mark.parametrize(
    ("name", "language", "marks", "title"),
    [
        ("Movie.srt", None, "", None),
        ("Movie.en.srt", "en", "", None),
        ("movie.EN.srt", "en", "", None),
        ("Movie.en.forced.srt", "en", "F", None),
        ("Movie.forced.en.srt", "en", "F", None),
        ("Movie.en-forced.srt", "en", "F", None),
        ("Movie.German.sdh.ass", "de", "H", None),
        ("Movie.pt-BR.srt", "pt-BR", "", None),
        ("Movie.pt_BR.srt", "pt-BR", "", None),
        ("Movie.zh-Hans.srt", "zh-Hans", "", None),
        ("Movie.chs.srt", "zh-Hans", "", None),
        ("Movie.2.eng.srt", "en", "", None),
        ("Movie.eng.2.srt", "en", "", None),
        ("Movie.ger.cc.vtt", "de", "H", None),
        ("Movie.hi.srt", "hi", "", None),
        ("Movie.en.hi.srt", "en", "H", None),
        ("Movie.hi.en.srt", "en", "H", None),
        ("Movie.default.fr.srt", "fr", "D", None),
        ("Movie.fr.default.forced.srt", "fr", "DF", None),
        ("Movie.Brazilian Portuguese.srt", "pt-BR", "", None),
        ("Movie.Portuguese-BR.srt", "pt-BR", "", None),
        ("Movie.Norwegian Bokmål.srt", "nb", "", None),
        ("Movie [English].srt", "en", "", None),
        ("Movie - French.srt", "fr", "", None),
        ("Movie_ita.srt", "it", "", None),
        ("Movie.eng.Commentary by the crew.srt", "en", "", "Commentary by the crew"),
        ("Movie.xx.srt", None, "", "xx"),
        ("Movie.yue.srt", "yue", "", None),
        ("Movie.deutsch.srt", "de", "", None),
        ("Movie.简中.srt", "zh-Hans", "", None),
        ("Movie.kr.srt", "ko", "", None),
        ("Movie-eng.srt", "en", "", None),
        ("Movie.en-US-forced.srt", "en-US", "F", None),
        ("Movie.en.usf", "en", "", None),
        ("Subs/English.srt", "en", "", None),
        ("Subs/2_English.srt", "en", "", None),
        ("Subs/3_eng,forced.srt", "en", "F", None),
        ("Subs/Movie.de.srt", "de", "", None),
        ("Subs/Movie/4_French.srt", "fr", "", None),
        ("Subtitles/Movie.srt", None, "", None),
    ],
)
def test_sidecars(name: str, language: str | None, marks: str, title: str | None) -> None:
    found = sidecar_of(VIDEO, name)
    assert found is not None
    assert found.language == language
    assert (found.default, found.forced, found.hearing_impaired) == (
        "D" in marks,
        "F" in marks,
        "H" in marks,
    )
    assert found.title == title
    assert found.format is SubtitleFormat.TEXT


@pytest.mark.parametrize(
    "name",
    [
        "Movie.mkv",
        "Movie.nfo",
        "Movie.txt",
        "Movie.en.txt",
        "Movies.en.srt",
        "Movie 2.srt",
        "Movie 2.en.srt",
        "Another.en.srt",
        "English.srt",
        "Subs/Another Film.en.srt",
        "Subs/Another Film/2_English.srt",
        "Extras/English.srt",
        "Subs/a/b/English.srt",
        "",
        ".srt",
        "Movie" + "." * 2000 + "srt",
    ],
)
def test_others_are_no_sidecars(name: str) -> None:
    assert sidecar_of(VIDEO, name) is None


def test_pair_of_pictures_and_index_share_their_stem() -> None:
    index, pictures = sidecar_of(VIDEO, "Movie.en.idx"), sidecar_of(VIDEO, "Movie.en.sub")
    assert index is not None
    assert pictures is not None
    assert index.stem == pictures.stem
    assert index.format is pictures.format is SubtitleFormat.BITMAP
    assert sidecars_of(VIDEO, ["Movie.en.idx", "Movie.en.sub"]) == (index,)
    assert sidecars_of(VIDEO, ["Movie.en.sub"]) == (pictures,)


def test_two_formats_of_one_name_are_two_subtitles() -> None:
    assert len(sidecars_of(VIDEO, ["Movie.en.ass", "Movie.en.srt"])) == 2


def test_every_subtitle_extension_is_matched() -> None:
    formats = {e: sidecar_of(VIDEO, f"Movie.en.{e}") for e in SUBTITLE_EXTENSIONS}
    assert all(formats.values())
    assert formats["mks"].format is None  # type: ignore[union-attr]
    assert formats["pgs"].format is SubtitleFormat.BITMAP  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "word", ["chs", "nb", "no", "German", "cz", "pt-BR", "Brazilian Portuguese"]
)
def test_a_name_says_the_same_with_and_without_its_video(word: str) -> None:
    found = sidecar_of(VIDEO, f"Movie.{word}.forced.srt")
    alone = parse_subtitle(f"Movie.{word}.forced.srt")
    assert found is not None
    assert found.language is not None
    assert (found.language, found.forced) == (alone.language, alone.forced)


def test_words_of_releases_agree_with_the_table_of_languages() -> None:
    for tag, rows in LANGUAGES.items():
        assert normal_language(tag) == tag
        for word in " ".join(rows).split():
            assert language_of_word(word) in {tag, None}, word


def test_words_of_the_film_are_not_its_language() -> None:
    found = sidecar_of("The French Spy (2001).mkv", "The French Spy (2001).de.srt")
    assert found is not None
    assert found.language == "de"


def test_hostile_names_cost_little() -> None:
    assert sidecar_of(VIDEO, "Movie." + "en-" * 330 + ".srt") is not None
    assert sidecar_of(VIDEO, "Movie.en.\0\x1b\ud800.srt").title is None  # type: ignore[union-attr]
