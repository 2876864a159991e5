"""What the names of pictures say."""

import pytest

from app.images.domain import ArtworkKind, artwork_kind


@pytest.mark.parametrize(
    ("stem", "video", "kind"),
    [
        ("poster", None, ArtworkKind.POSTER),
        ("FOLDER", None, ArtworkKind.POSTER),
        ("cover", None, ArtworkKind.POSTER),
        ("fanart", None, ArtworkKind.BACKDROP),
        ("fanart-1", None, ArtworkKind.BACKDROP),
        ("backdrop12", None, ArtworkKind.BACKDROP),
        ("clearlogo", None, ArtworkKind.LOGO),
        ("banner", None, ArtworkKind.BANNER),
        ("landscape", None, ArtworkKind.THUMB),
        ("disc", None, ArtworkKind.DISC),
        ("clearart", None, ArtworkKind.CLEARART),
        ("Film (1990)", "Film (1990)", ArtworkKind.POSTER),
        ("film (1990)-fanart", "Film (1990)", ArtworkKind.BACKDROP),
        ("Film (1990)-poster2", "Film (1990)", ArtworkKind.POSTER),
        ("screenshot", None, None),
        ("", None, None),
        ("123", None, None),
        ("Film (1990)-", "Film (1990)", None),
        ("Other-poster", "Film (1990)", None),
    ],
)
def test_names(stem: str, video: str | None, kind: ArtworkKind | None) -> None:
    assert artwork_kind(stem, video) is kind
