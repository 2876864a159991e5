"""Ages of certifications, and the order of versions."""

import pytest
from msgspec.structs import replace

from app.core.ids import new_id
from app.items.domain import ItemId, Part, Version, VersionId, age_of, playable, ranked
from app.libraries.domain import FileId


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("PG-13", 13),
        ("Rated PG-13", 13),
        ("rated r", 17),
        ("DE:FSK 12", 12),
        ("US:R", 17),
        ("NC-17", 18),
        ("K-16", 16),
        ("R15+", 15),
        ("VM14", 14),
        ("-12", 12),
        ("IN:U/A 13+", 13),
        ("UA", 12),
        ("R99", None),
        ("M/18", 18),
        ("PT:M/6", 6),
        ("16/6", 16),
        ("US:R / DE:16", 17),
        ("18+", 18),
        ("12A", 12),
        ("TV-MA", 17),
        (" G ", 0),
        ("U", 0),
        ("PG / Canada:14", 8),
        ("Not Rated", None),
        ("NR", None),
        ("", None),
        (None, None),
        ("x" * 1000, None),
        ("::::", None),
    ],
)
def test_ages(text: str | None, age: int | None) -> None:
    assert age_of(text) == age


def version(
    *, edition: str | None = None, height: int | None = None, three_d: str | None = None
) -> Version:
    part = Part(file_id=FileId(new_id()), part=None)
    return Version(
        id=VersionId(new_id()),
        item_id=ItemId(new_id()),
        edition=edition,
        height=height,
        format_3d=three_d,
        parts=(part,),
    )


def gone(shown: Version) -> Version:
    """The same with its files vanished."""
    return replace(shown, parts=tuple(replace(part, missing=True) for part in shown.parts))


def test_the_plain_big_film_comes_first() -> None:
    small, big = version(height=720), version(height=2160)
    cut, flat, unknown = version(edition="Cut", height=2160), version(three_d="sbs"), version()
    found = ranked([cut, flat, unknown, small, big])
    assert [v.id for v in found] == [v.id for v in (big, small, unknown, cut, flat)]
    assert [v.is_default for v in found] == [True, False, False, False, False]
    assert ranked([]) == ()


def test_what_is_not_there_is_not_offered() -> None:
    big, small = version(height=2160), version(height=720)
    found = playable(ranked([gone(big), small]))
    assert [(v.id, v.is_default) for v in found] == [(small.id, True)]
    assert playable(ranked([gone(big), gone(small)])) == ranked([gone(big), gone(small)])
