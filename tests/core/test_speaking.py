"""Which of the texts that there are is read by whom: one function, by a table."""

import pytest

from app.core.speaking import accepted_languages, nearest, spoken, wanted_language

OWN, NO, NONE = "own", "", None
Texts = dict[str, str]

# Asked for, the library's language, the original one, the own text with its language, the others;
# and the tag of the text that is read, OWN for the own one.
TABLE: list[tuple[str, str, str | None, tuple[str | None, str | None], str, str | None]] = [
    # what was asked for, exactly
    ("de", "en", "ja", ("en", OWN), "de fr ja", "de"),
    ("pt-BR", "en", "pt", ("en", OWN), "pt pt-BR pt-PT", "pt-BR"),
    ("zh-Hant", "en", "zh", ("en", OWN), "zh zh-Hans zh-Hant", "zh-Hant"),
    ("sr-Latn", "en", NONE, ("en", OWN), "sr sr-Cyrl sr-Latn", "sr-Latn"),
    ("es-419", "en", NONE, ("en", OWN), "es es-419", "es-419"),
    ("yue", "en", NONE, ("en", OWN), "yue zh", "yue"),
    # the own text is in the language that was asked for
    ("en", "en", "ja", ("en", OWN), "de ja", OWN),
    ("en", "en", "ja", (NONE, OWN), "de ja", OWN),
    ("en", "en", "ja", (NONE, OWN), "en ja", OWN),
    ("fr", "en", "fr", ("fr", OWN), "en", OWN),
    ("en-GB", "en", "ja", (NONE, OWN), "de", OWN),
    # its base language, or a sibling
    ("pt-BR", "en", NONE, ("en", OWN), "pt de", "pt"),
    ("pt-BR", "en", NONE, ("en", OWN), "pt-PT de", "pt-PT"),
    ("pt-BR", "en", NONE, ("en", OWN), "pt pt-PT", "pt"),
    ("de-AT", "en", NONE, ("en", OWN), "de-CH de", "de"),
    ("de", "en", NONE, ("en", OWN), "de-CH de-AT", "de-AT"),
    ("es-MX", "en", NONE, ("en", OWN), "es-419 es-ES", "es-419"),
    ("nb", "en", NONE, ("en", OWN), "no sv", "no"),
    ("no", "en", NONE, ("en", OWN), "nb sv", "nb"),
    ("nn", "en", NONE, ("en", OWN), "nb da", "nb"),
    # the same script before another one
    ("zh-Hant", "en", NONE, ("en", OWN), "zh-Hans zh-TW", "zh-TW"),
    ("zh-Hant", "en", NONE, ("en", OWN), "zh zh-HK", "zh-HK"),
    ("zh-TW", "en", NONE, ("en", OWN), "zh zh-Hant", "zh-Hant"),
    ("zh-TW", "en", NONE, ("en", OWN), "zh-CN zh-HK", "zh-HK"),
    ("zh-Hant-HK", "en", NONE, ("en", OWN), "zh-Hans zh-TW", "zh-TW"),
    ("zh-Hans", "en", NONE, ("en", OWN), "zh-Hant zh", "zh"),
    ("zh-CN", "en", NONE, ("en", OWN), "zh-TW zh-SG", "zh-SG"),
    ("zh", "en", NONE, ("en", OWN), "zh-Hant zh-Hans", "zh-Hans"),
    ("zh-Hant", "en", NONE, ("en", OWN), "zh-Hans", "zh-Hans"),
    ("sr-Latn", "en", NONE, ("en", OWN), "sr", "sr"),
    ("sr-Latn", "en", NONE, ("en", OWN), "sr-Cyrl sr-Latn-ME", "sr-Latn-ME"),
    # the library's
    ("fr", "en", "ja", ("en", OWN), "de ja", OWN),
    ("fr", "en", "ja", (NONE, OWN), "de ja", OWN),
    ("fr", "en", "ja", ("ja", OWN), "de en", "en"),
    ("fr", "pt-BR", "ja", ("ja", OWN), "de pt", "pt"),
    ("fil", "en", "ja", ("en", OWN), "ja", OWN),
    # what the predecessor did wrong: the original title is not for who reads English
    ("en", "en", "ja", ("ja", OWN), "en ja de", "en"),
    ("en", "de", "ja", ("de", OWN), "en ja", "en"),
    ("en-US", "de", "de", ("de", OWN), "en", "en"),
    ("en", "fr", "ja", ("fr", OWN), "ja", OWN),
    # the original
    ("fr", "en", "ja", ("ja", OWN), "de", OWN),
    ("fr", "en", "ja", ("de", OWN), "ja it", "ja"),
    ("fr", "en", "pt-BR", ("de", OWN), "it pt", "pt"),
    # anything
    ("fr", "en", "ja", ("de", OWN), "it", OWN),
    ("fr", "en", NONE, ("de", OWN), "it", OWN),
    ("fr", "en", NONE, ("de", NONE), "it ko", "it"),
    ("fr", NO, NONE, (NONE, OWN), "it", OWN),
    ("fr", NO, NONE, (NONE, OWN), "it fr-CA", "fr-CA"),
    ("it", NO, NONE, (NONE, NO), "it", "it"),
    # the libraries' own texts: nothing was asked for
    ("", "en", "ja", (NONE, OWN), "de ja", OWN),
    ("", "en", "ja", ("ja", OWN), "de en", "en"),
    # empty texts are none
    ("de", "en", "ja", ("en", NO), "ja", "ja"),
    ("de", "en", NONE, ("de", NO), "fr", "fr"),
    ("de", "en", NONE, (NONE, NONE), "en", "en"),
    # nothing at all
    ("de", "en", "ja", (NONE, NONE), "", NONE),
    ("de", "en", "ja", ("de", NO), "", NONE),
    ("", NO, NONE, (NONE, NONE), "", NONE),
]


@pytest.mark.parametrize(("asked", "library", "original", "own", "tags", "read"), TABLE)
def test_the_text_that_is_read(
    asked: str,
    library: str,
    original: str | None,
    own: tuple[str | None, str | None],
    tags: str,
    read: str | None,
) -> None:
    texts = {tag: f"in {tag}" for tag in tags.split()}
    expected = read if read in {None, OWN} else f"in {read}"
    assert spoken(asked, library, original, own, texts) == expected


def test_an_empty_text_in_the_right_language_gives_way() -> None:
    """An overview that nobody has translated, beside a title that somebody has."""
    told = spoken("de-AT", "en", None, (None, "About it."), {"de-AT": "", "de": "Davon."})
    assert told == "Davon."
    assert spoken("de", "en", None, (None, "About it."), {"de": ""}) == "About it."


@pytest.mark.parametrize(
    ("asked", "offered", "found"),
    [
        ("de", "en de", "de"),
        ("de-CH", "en de", "de"),
        ("de", "en de-CH de-AT", "de-AT"),
        ("zh-TW", "zh-Hans zh-Hant", "zh-Hant"),
        ("nb-NO", "no en", "no"),
        ("fr", "en de", None),
        ("fr", "", None),
        ("fro", "fr", None),
    ],
)
def test_the_nearest_of_what_is_offered(asked: str, offered: str, found: str | None) -> None:
    assert nearest(asked, offered.split()) == found


@pytest.mark.parametrize(
    ("header", "languages"),
    [
        ("de", ("de",)),
        ("de-de,de;q=0.9,en;q=0.8", ("de-DE", "de", "en")),
        ("en;q=0.3, de;q=0.7", ("de", "en")),
        ("en;q=0.5,fr;q=0.5,de", ("de", "en", "fr")),
        ("en;q=0,de", ("de",)),
        ("*", ()),
        ("en, *;q=0.1", ("en",)),
        ("DE;Q=0.4 , fr ; q=0.6", ("fr", "de")),
        ("en;q=2, de;q=nan, it;q=-1, fr;q=x, es;q=1.0", ("es",)),
        ("en;q=0.2,en;q=0.9,de;q=0.5", ("de", "en")),
        ("ger,zh_hant_tw", ("de", "zh-Hant-TW")),
        ("xx, german, \0, en-" + "x" * 50, ()),
        ("", ()),
        (",;,;;q=1,", ()),
        (",".join(["xx"] * 30 + ["de"]), ()),
    ],
)
def test_languages_of_a_header(header: str, languages: tuple[str, ...]) -> None:
    assert accepted_languages(header) == languages


@pytest.mark.parametrize(
    ("tag", "wanted"),
    [
        ("DE", "de"),
        ("zh-hant", "zh-Hant"),
        ("ca-ES-valencia", "ca-ES"),
        ("sr_latn", "sr-Latn"),
        ("es-419", "es-419"),
        ("yue", "yue"),
        ("iw", "he"),
        ("xx", None),
        ("deutsch", None),
        ("und", None),
        ("", None),
        ("d", None),
        ("de-" + "x" * 40, None),
        ("de\n", "de"),
        ("дe", None),
    ],
)
def test_tags_that_somebody_asks_for(tag: str, wanted: str | None) -> None:
    assert wanted_language(tag) == wanted
