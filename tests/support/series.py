"""Shows full of seasons and episodes, made through the repositories: no scan, no worker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.catalog.domain import Credit, CreditKind, Label
from app.container import Container
from app.core.access import SYSTEM
from app.core.ids import encode_id, new_id
from app.core.tx import Tx
from app.images.domain import Artwork, ArtworkKind, ArtworkSource
from app.items.domain import Item, ItemId, ItemKind, Part, Version, VersionId
from app.libraries.domain import FileId, FileKind, ProbeState
from app.libraries.repository import NewFile
from app.people.domain import PersonId
from app.shows.domain import EpisodeId, SeasonId, ShowId
from tests.support.library import SIZE, START, Shelf
from tests.support.said import credit, say

Place = tuple[int, int]
"""A season's number and an episode's."""


@dataclass(frozen=True)
class Series:
    """What a show shall be. `seasons` says how many episodes each has, 0 are the specials.

    `joined` are episodes that share one file, `absent` those without any. The first episode of
    season n is aired on `first_aired` plus n years, the others a week apart; `aired` says otherwise
    for single ones. Everything is added at `added`, `later` single episodes after so many seconds.
    """

    title: str
    seasons: Mapping[int, int] = field(default_factory=lambda: {1: 3})
    year: int | None = 2001
    joined: Sequence[Sequence[Place]] = ()
    absent: Sequence[Place] = ()
    first_aired: date | None = date(2001, 1, 7)
    aired: Mapping[Place, date | None] = field(default_factory=dict)
    certification: str | None = "TV-PG"
    age: int | None = 10
    status: str | None = "ended"
    rating: float | None = 8.0
    genres: Sequence[str] = ("Drama",)
    networks: Sequence[str] = ("ABC",)
    cast: Sequence[str] = ("Ann Actor",)
    crew: Sequence[str] = ("Cara Creator",)
    guests: Sequence[str] = ("Gus Guest",)
    external: str | None = None
    added: int = 0
    later: Mapping[Place, int] = field(default_factory=dict)


@dataclass
class Made:
    """A show that was made."""

    id: ShowId
    series: Series
    seasons: dict[int, SeasonId] = field(default_factory=dict)
    episodes: dict[Place, EpisodeId] = field(default_factory=dict)
    files: dict[Place, FileId] = field(default_factory=dict)
    genres: dict[str, UUID] = field(default_factory=dict)
    networks: dict[str, UUID] = field(default_factory=dict)

    @property
    def ref(self) -> str:
        """The show's id as the API writes it."""
        return encode_id("show", self.id)

    def season(self, number: int) -> str:
        """A season's id as the API writes it."""
        return encode_id("season", self.seasons[number])

    def episode(self, season: int, number: int) -> str:
        """An episode's id as the API writes it."""
        return encode_id("episode", self.episodes[season, number])

    @property
    def refs(self) -> list[str]:
        """The ids of the show, its seasons and its episodes as the API writes them."""
        episodes = [self.episode(*place) for place in self.episodes]
        return [self.ref, *(self.season(number) for number in self.seasons), *episodes]

    @property
    def items(self) -> list[ItemId]:
        """The show, its seasons and its episodes."""
        return [ItemId(i) for i in (self.id, *self.seasons.values(), *self.episodes.values())]


async def add_series(app: Container, shelf: Shelf, wanted: Sequence[Series]) -> list[Made]:
    """Add shows to a library with everything that they can have."""
    library = (await app.library_repository.by_ids(SYSTEM.scope, [shelf.id]))[shelf.id]
    made = [numbered(series) for series in wanted]
    async with app.db.write(SYSTEM) as tx:
        await _rows(app, tx, shelf, made)
        await _files(app, tx, shelf, library.folders[0].id, made)
        await _describe(app, tx, made)
    await app.cache.settle()
    return made


def numbered(series: Series) -> Made:
    """The ids of a show that is not there yet."""
    return Made(
        id=ShowId(new_id()),
        series=series,
        seasons={number: SeasonId(new_id()) for number in series.seasons},
        episodes={
            (season, number): EpisodeId(new_id())
            for season, count in series.seasons.items()
            for number in range(1, count + 1)
        },
    )


async def _rows(app: Container, tx: Tx, shelf: Shelf, made: Sequence[Made]) -> None:
    items: list[Item] = []
    for show in made:
        parents: list[tuple[UUID, ItemKind, UUID | None, int]] = [(show.id, ItemKind.SHOW, None, 0)]
        parents += [(i, ItemKind.SEASON, show.id, 0) for i in show.seasons.values()]
        parents += [
            (i, ItemKind.EPISODE, show.seasons[place[0]], show.series.later.get(place, 0))
            for place, i in show.episodes.items()
        ]
        items += [
            Item(
                id=ItemId(i),
                kind=kind,
                library_id=shelf.id,
                parent_id=ItemId(parent) if parent else None,
                certification=show.series.certification,
                age=show.series.age,
                added_at=START + timedelta(seconds=show.series.added + later),
            )
            for i, kind, parent, later in parents
        ]
    await app.item_repository.add(tx, items)
    await app.show_repository.add(tx, [_show(show) for show in made])
    await app.season_repository.add(tx, [row for show in made for row in _seasons(show)])
    await app.episode_repository.add(tx, [row for show in made for row in _episodes(show)])


def _seasons(show: Made) -> list[dict[str, Any]]:
    return [
        {
            "id": i,
            "show_id": show.id,
            "number": number,
            "title_from": "file",
            "release_date": _aired(show.series, (number, 1)),
        }
        for number, i in show.seasons.items()
    ]


def _show(show: Made) -> dict[str, Any]:
    series, days = show.series, [d for d in (_aired(show.series, p) for p in show.episodes) if d]
    return {
        "id": show.id,
        "title": series.title,
        "sort_title": series.title.casefold(),
        "title_from": "name",
        "title_key": series.title.casefold(),
        "name_year": series.year,
        "year": series.year,
        "release_date": series.first_aired,
        "last_air_date": max(days, default=None),
        "overview": f"About {series.title}.",
        "status": series.status,
        "ordering": "standard",
        "runtime": 1800,
        "rating": series.rating,
        "votes": 100,
    }


def _aired(series: Series, place: Place) -> date | None:
    season, number = place
    if place in series.aired or series.first_aired is None:
        return series.aired.get(place)
    first = series.first_aired
    return first.replace(year=first.year + season) + timedelta(weeks=number - 1)


def _episodes(show: Made) -> list[dict[str, Any]]:
    regular = [place for place in sorted(show.episodes) if place[0]]
    counted = {place: count for count, place in enumerate(regular, 1)}
    return [
        {
            "id": i,
            "show_id": show.id,
            "season_id": show.seasons[place[0]],
            "season": place[0],
            "number": place[1],
            "absolute": counted.get(place),
            "position": place[1],
            "title": f"{show.series.title} {place[0]}x{place[1]:02}",
            "title_from": "file",
            "overview": f"Episode {place[1]} of {show.series.title}.",
            "release_date": _aired(show.series, place),
            "runtime": 1800,
            "rating": 7.0,
            "votes": 10,
        }
        for place, i in show.episodes.items()
    ]


async def _files(app: Container, tx: Tx, shelf: Shelf, folder: UUID, made: Sequence[Made]) -> None:
    rows: list[NewFile] = []
    versions: list[Version] = []
    for show in made:
        shared = {place: group[0] for group in show.series.joined for place in group}
        for place, episode_id in show.episodes.items():
            if place in show.series.absent:
                continue
            first = shared.get(place, place)
            if first not in show.files:
                show.files[first] = FileId(new_id())
                name = f"{show.series.title} S{first[0]:02}E{first[1]:02}.mkv"
                rows.append(_file(show.files[first], shelf, folder, show, name))
            show.files[place] = show.files[first]
            part = Part(file_id=show.files[place], part=None)
            versions.append(
                Version(
                    id=VersionId(new_id()),
                    item_id=ItemId(episode_id),
                    height=1080,
                    resolution="1080p",
                    parts=(part,),
                )
            )
    await app.file_repository.add(tx, rows)
    await app.item_repository.add_versions(tx, versions)
    everyone = [ItemId(i) for show in made for i in show.episodes.values()]
    await app.item_repository.settle_states(tx, everyone, [row.id for row in rows])
    shelf.files += [row.id for row in rows]


def _file(file_id: FileId, shelf: Shelf, folder: UUID, show: Made, name: str) -> NewFile:
    return NewFile(
        id=file_id,
        library_id=shelf.id,
        folder_id=folder,
        dir=f"{show.series.title} {show.id.hex}",
        name=name,
        kind=FileKind.VIDEO,
        role="main",
        size=SIZE,
        mtime_ns=1,
        inode=file_id.int % 10**9,
        probe=ProbeState.PENDING,
    )


async def _describe(app: Container, tx: Tx, made: Sequence[Made]) -> None:
    catalog = app.catalog_repository
    named = {n for m in made for n in (*m.series.cast, *m.series.crew, *m.series.guests)}
    people = await app.person_repository.ensure(tx, dict.fromkeys(sorted(named)))
    for label, name in ((Label.GENRE, "genres"), (Label.NETWORK, "networks")):
        names = {n for show in made for n in getattr(show.series, name)}
        ids = await catalog.ensure_labels(tx, label, sorted(names))
        for show in made:
            setattr(show, name, {n: ids[n] for n in getattr(show.series, name)})
        of_items = {ItemId(show.id): list(getattr(show, name).values()) for show in made}
        await catalog.replace_labels(tx, label, of_items)
    told: dict[ItemId, list[Credit]] = {}
    for show in made:
        for episode_id in show.episodes.values():
            told[ItemId(episode_id)] = _credits(ItemId(episode_id), show.series, people)
        told[ItemId(show.id)] = [
            credit
            for credit in _credits(ItemId(show.id), show.series, people)
            if credit.kind is not CreditKind.GUEST
        ]
    await credit(app, tx, told)
    everything = [item_id for show in made for item_id in show.items]
    ids_elsewhere = {i: {"tvdb": str(i.int % 10**12)} for i in everything}
    for show in made:
        if show.series.external:
            ids_elsewhere[ItemId(show.id)] = {"tvdb": show.series.external}
    await catalog.add_external_ids(tx, ids_elsewhere)
    german = {"de": {"title": "Titel", "overview": "Inhalt"}}
    await say(app, tx, {i: {"texts": german} for i in everything})
    await app.artwork_repository.replace(
        tx, everything, [ArtworkSource.NFO], [_poster(i) for i in everything]
    )


def _poster(item_id: ItemId) -> Artwork:
    return Artwork(
        id=new_id(),
        item_id=item_id,
        kind=ArtworkKind.POSTER,
        source=ArtworkSource.NFO,
        url=f"https://static.tvmaze.com/{item_id.hex}",
    )


def _credits(item_id: ItemId, series: Series, people: Mapping[str, UUID]) -> list[Credit]:
    named = [(CreditKind.CAST, n, name) for n, name in enumerate(series.cast)]
    named += [(CreditKind.GUEST, n, name) for n, name in enumerate(series.guests)]
    named += [(CreditKind.CREW, n, name) for n, name in enumerate(series.crew)]
    return [
        Credit(
            id=new_id(),
            item_id=item_id,
            person_id=PersonId(people[name]),
            kind=kind,
            character=f"Role {n}" if kind is not CreditKind.CREW else None,
            job="Director" if kind is CreditKind.CREW else None,
            position=n,
        )
        for kind, n, name in named
    ]
