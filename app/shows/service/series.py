"""Which shows the videos of a batch belong to: the folder of a series decides, else their names."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final

from msgspec import Struct, field

from app.catalog.domain import (
    SOURCES,
    Details,
    Naming,
    TitleSource,
    differ,
)
from app.catalog.service.beside import Place
from app.catalog.service.confidence import Evidence, confidence
from app.catalog.service.finding import Named
from app.catalog.service.values import MOST_TITLE, details_values, titled
from app.naming.domain import EpisodeName, SeriesFolder
from app.naming.service import normal_title, parse_episode, parse_series_folder
from app.scanning.domain import ScannedFile
from app.shows.domain import Ordering
from app.shows.service.beside import Beside, has_series_folder, own_stem, place_of, series_place
from app.shows.service.numbers import Slot, slots_of
from app.shows.service.values import show_details

AKIN: Final = 0.75
COMPARED: Final = 100
SHOWN_AS: Final = {"GB": "UK"}


class EpisodeFile(Struct, frozen=True):
    """A video with the episodes in it, and what an NFO file says of them."""

    file: ScannedFile
    name: EpisodeName
    said: tuple[Details, ...]
    slots: tuple[Slot, ...]


class Series(Named, kw_only=True):
    """A show that some files belong to, `added` when it was made."""

    places: set[Place] = field(default_factory=set)
    files: list[EpisodeFile] = field(default_factory=list)
    parts: list["Series"] = field(default_factory=list)
    added: bool = False
    by_hand: bool = False

    @property
    def sure(self) -> float:
        """How sure it is that its files, whose numbers are known, are episodes of it."""
        return confidence(
            Evidence(
                said_by=self.title_from,
                ids=bool(self.ids) or self.by_hand,
                year=True if self.year else None,
                numbered=True,
            )
        )

    def take(self, other: "Series") -> None:
        """Make what was read as another one a part of this."""
        self.parts += [other, *other.parts]
        self.files += other.files
        self.places |= other.places
        self.learn(other)


def episode_file(file: ScannedFile, beside: Beside) -> EpisodeFile:
    """What a video's name and the NFO file beside it say."""
    name, said = parse_episode(file.relative), beside.episodes.get(own_stem(file), ())
    return EpisodeFile(file, name, said, slots_of(name, said))


def series_of(files: Sequence[EpisodeFile], beside: Beside) -> list[Series]:
    """Group videos into shows: by their folder, by ids, by a title and year with no other id."""
    found: list[Series] = []
    by_key: dict[Any, list[Series]] = defaultdict(list)
    for series in _read(files, beside):
        alike = next((s for s in _alike(series, by_key) if not differ(s.ids, series.ids)), None)
        if alike is not None:
            alike.take(series)
        else:
            found.append(series)
        for key in (*series.ids.items(), series.key):
            by_key[key].append(alike or series)
    return found


def _alike(series: Series, by_key: Mapping[Any, Sequence[Series]]) -> Iterable[Series]:
    for pair in series.ids.items():
        yield from by_key.get(pair, ())
    yield from (s for s in by_key.get(series.key, ()) if series.may_be(s))


def _read(files: Sequence[EpisodeFile], beside: Beside) -> Iterable[Series]:
    together: dict[Place, list[EpisodeFile]] = defaultdict(list)
    for file in sorted(files, key=lambda f: (f.file.root, f.file.relative)):
        together[series_place(file.file)].append(file)
    for place, some in together.items():
        if _decides(place, some, beside):
            yield _of_folder(place, some, beside)
        else:
            yield from (_of_file(file) for file in some if file.name.title is not None)


def _decides(place: Place, files: Sequence[EpisodeFile], beside: Beside) -> bool:
    """Whether a folder is one series' own: it says so, or its files do not contradict."""
    if not has_series_folder(files[0].file):
        return False
    folder = _folder(place)
    if place in beside.shows or folder.ids or folder.year:
        return True
    if any(place_of(f.file) != place for f in files) or folder.title is None:
        return True
    own = normal_title(folder.title)
    titles = {normal_title(f.name.title) for f in files if f.name.title is not None}
    return all(_akin(own, title) for title in titles)


def _akin(one: str, other: str) -> bool:
    """Whether titles are spellings of one: "show" and "show us"."""
    if f"{one} ".startswith(f"{other} ") or f"{other} ".startswith(f"{one} "):
        return True
    near = SequenceMatcher(None, one[:COMPARED], other[:COMPARED])
    return near.quick_ratio() >= AKIN and near.ratio() >= AKIN


def _folder(place: Place) -> SeriesFolder:
    root, directory = place
    return parse_series_folder((directory or root).rpartition("/")[2])


def _of_folder(place: Place, files: Sequence[EpisodeFile], beside: Beside) -> Series:
    """The folder's name and NFO file win over what its files are called."""
    folder = _folder(place)
    names = [f.name for f in files]
    title = folder.title or _usual(n.title for n in names)
    country = folder.country or _usual(n.country for n in names)
    series = _series(
        title or (place[1] or place[0]).rpartition("/")[2],
        country,
        folder.year or _usual(n.year for n in names),
        {e.source: e.value for e in folder.ids},
        beside.shows.get(place),
    )
    if title is None and series.title_from is TitleSource.NAME:
        series.title_from = TitleSource.FILE
    series.places.add(place)
    series.files += files
    return series


def _of_file(file: EpisodeFile) -> Series:
    name = file.name
    ids = {e.source: e.value for e in name.ids}
    series = _series(name.title or "", name.country, name.year, ids, None)
    series.files.append(file)
    return series


def _series(
    title: str,
    country: str | None,
    year: int | None,
    ids: Mapping[str, str],
    details: Details | None,
) -> Series:
    said = show_details(details) if details is not None else Details()
    named = f"{title} ({SHOWN_AS.get(country, country)})" if country else title
    return Series(
        title=(said.title or named)[:MOST_TITLE],
        title_from=TitleSource.NFO if said.title else TitleSource.NAME,
        key=title_key(title, country),
        name_year=year,
        years=frozenset(y for y in (said.year, year) if y is not None),
        ids={source: v for source, v in ids.items() if source in SOURCES} | dict(said.ids),
        details=said if details is not None else None,
    )


def named(naming: Naming, ids: Mapping[str, str]) -> Series:
    """A show that is known, to be found elsewhere by what it is called."""
    return Series(
        title="",
        title_from=TitleSource.NAME,
        key=naming.title_key,
        name_year=naming.name_year,
        years=frozenset(naming.years),
        ids=dict(ids),
        details=None,
    )


def title_key(title: str, country: str | None) -> str:
    """Under which key the same show is found again: "The Office (US)" is no other's."""
    key = normal_title(title) or title.casefold()
    return (f"{key} {country.casefold()}" if country else key)[:MOST_TITLE]


def _usual(values: Iterable[Any]) -> Any:
    """What is said most often, the first of those; None where nothing is said."""
    said = Counter(value for value in values if value is not None)
    return said.most_common(1)[0][0] if said else None


def show_values(series: Series) -> dict[str, Any]:
    """The columns of a new show."""
    values = {
        **titled(series.title),
        "title_from": series.title_from.value,
        "title_key": series.key,
        "name_year": series.name_year,
        "year": series.year,
        "ordering": Ordering.STANDARD.value,
    }
    return values | (details_values(series.details) if series.details else {})
