import pytest

from app.core.languages import normal_language


@pytest.mark.parametrize(
    ("tag", "normal"),
    [
        ("eng", "en"),
        ("ger", "de"),
        ("deu", "de"),
        ("fre", "fr"),
        ("DE", "de"),
        ("pt_br", "pt-BR"),
        ("por-BR", "pt-BR"),
        ("zh-hans", "zh-Hans"),
        ("zh-Hant-TW", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("yue", "yue"),
        ("iw", "he"),
        ("scr", "hr"),
        ("en-US-x-private", "en-US"),
        ("und", None),
        ("mul", None),
        ("zxx", None),
        ("qab", None),
        ("", None),
        (None, None),
        ("not a language", None),
        ("e" * 5000, None),
        ("\0\0\0", None),
    ],
)
def test_languages_are_normalised(tag: str | None, normal: str | None) -> None:
    assert normal_language(tag) == normal
