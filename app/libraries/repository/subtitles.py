"""SQL of the subtitle files that may belong to videos."""

from typing import Any, Final

from sqlalchemy import ARRAY, Select, Text, Uuid, and_, any_, bindparam, case, func, or_, select

from app.libraries.domain import FileKind
from app.libraries.models import library_files
from app.naming.service import SUBTITLE_FOLDERS

MOST_BESIDE: Final = 2_500  # of one video: the folder of a season's, in many languages


def _beside() -> Select[*tuple[Any, ...]]:
    """Videos of `ids`, with each subtitle file beside them or in a folder for those below.

    As many for each video, whichever others are asked about: what is found of one is kept.
    """
    video, other = library_files.alias("video"), library_files.alias("other")
    stem = func.lower(func.regexp_replace(video.c.name, r"\.[^.]*$", ""))
    prefix = case((video.c.dir == "", ""), else_=video.c.dir + "/")
    inner = func.lower(func.substr(other.c.dir, func.length(prefix) + 1))
    beside = and_(other.c.dir == video.c.dir, func.starts_with(func.lower(other.c.name), stem))
    wanted = bindparam("folders", sorted(SUBTITLE_FOLDERS), type_=ARRAY(Text))
    below = and_(
        func.starts_with(other.c.dir, prefix), func.split_part(inner, "/", 1) == any_(wanted)
    )
    of_one = func.row_number().over(partition_by=video.c.id, order_by=(other.c.dir, other.c.name))
    found = (
        select(
            video.c.id,
            video.c.name.label("video"),
            video.c.dir.label("place"),
            other.c.name,
            other.c.dir,
            of_one.label("number"),
        )
        .join(other, other.c.folder_id == video.c.folder_id)
        .where(
            video.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
            other.c.kind == FileKind.SUBTITLE.value,
            other.c.missing_since.is_(None),
            or_(beside, below),
        )
        .subquery()
    )
    columns = found.c.id, found.c.video, found.c.place, found.c.name, found.c.dir
    return select(*columns).where(found.c.number <= MOST_BESIDE)


SUBTITLES: Final = _beside()
