"""Files that belong to nothing, and saying by hand what files are."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from app.core.access import Permission, Viewer
from app.core.ids import decode_id, encode_id, split_id
from app.core.page import Keyset
from app.gql.access import mutation, query
from app.gql.arguments import After, Doc, First, Length, Ref
from app.gql.connection import Connection
from app.gql.edge import edge
from app.gql.enums import expose
from app.gql.info import Info
from app.gql.view import field, view
from app.items.domain import ItemId, ItemKind, VersionId
from app.items.graphql import VersionView
from app.libraries.domain import FileId, LibraryId
from app.libraries.graphql import FileView, LibraryRef, file_by_id
from app.matching.domain import (
    MOST_EPISODES,
    MOST_FILES,
    BadTarget,
    Choice,
    Identified,
    Numbers,
    Title,
    Unmatched,
)
from app.scanning.domain import Candidate, Reason

if TYPE_CHECKING:
    from app.container import Container

FileRefs = Annotated[
    list[UUID], Ref("file"), Length(1, MOST_FILES), Doc("Ids of videos, all of one library.")
]

expose(
    Reason,
    "Why a file belongs to nothing.",
    {
        Reason.BY_HAND: "Somebody took it from what it belonged to (`unidentify`).",
        Reason.NO_MEANING: "Neither its name nor anything else says a title.",
        Reason.MISPLACED: "Its name is of the other kind: an episode's among films.",
        Reason.NO_NUMBER: "Its name does not say which episode it is.",
        Reason.DOUBTFUL: "What is said of it is less sure than `scanning.match_threshold`.",
    },
    name="UnmatchedReason",
)


async def unmatched_by_id(
    app: "Container", viewer: Viewer, ids: Collection[FileId]
) -> Mapping[FileId, Unmatched]:
    return await app.matching.read(viewer, ids)


async def candidates_by_file(
    app: "Container", viewer: Viewer, ids: Collection[FileId]
) -> Mapping[FileId, Sequence[Candidate]]:
    return await app.matching.candidates(viewer, ids)


@view(Candidate)
class MatchCandidateView:
    """What a file may be: something that is there, or a new title."""

    confidence: float = field("How sure it is, from 0 to 1.")
    kind: ItemKind = field("What it would be.")
    item_id: strawberry.ID | None = field(
        "Id of the movie or episode, if there is one.",
        of=lambda c: encode_id(c.kind, c.item_id) if c.item_id else None,
    )
    show_id: strawberry.ID | None = field(
        "Id of the show that the episode is of, if there is one.",
        of=lambda c: encode_id(ItemKind.SHOW, c.show_id) if c.show_id else None,
    )
    title: str = field("Title of the film or of the show.")
    year: int | None = field("Year of the film, or in which the show began.")
    season: int | None = field("Season; 0 holds the specials.")
    episodes: list[int] = field("Numbers of the episodes in their season.")


@view(Unmatched, load=unmatched_by_id)
class UnmatchedFileView:
    """A video of a library that belongs to no title, and what its name was read as."""

    file: FileView | None = edge(file_by_id, "The file.")
    path: str = field("Path below the library's folder.")
    reason: Reason = field("Why it belongs to nothing.")
    title: str | None = field("Title that its name was read as.")
    year: int | None = field("Year that its name was read as.")
    season: int | None = field("Season that its name was read as.")
    episodes: list[int] = field("Episodes that its name was read as.")
    candidates: list[MatchCandidateView] = edge(
        candidates_by_file, "What it may be, the surest first.", max=10, usual=5
    )


@strawberry.input(description="The id of a film or show elsewhere.")
class ExternalIdInput:
    """A source and a value."""

    source: str = strawberry.field(
        description="Source: tmdb, imdb, tvdb, trakt, anidb, tvmaze or wikidata."
    )
    value: str = strawberry.field(description="The id there.")


@strawberry.input(description="A film or a show by its title. One that is there is found by it.")
class TitleInput:
    """A title, and what tells it from others of that title."""

    title: str | None = strawberry.field(
        default=None, description="Title, 1 to 500 characters; or give its record."
    )
    record: str | None = strawberry.field(
        default=None,
        description="A metadata provider and its id of it, such as tmdb:603: title, year and ids"
        " are taken from there.",
    )
    year: int | None = strawberry.field(
        default=None, description="Year of release, or in which the show began."
    )
    ids: list[ExternalIdInput] = strawberry.field(
        default_factory=list, description="Its ids elsewhere, at most 10."
    )


@strawberry.input(
    description="Episodes, by one way of counting: in their season, through all seasons, by date."
)
class EpisodeTargetInput:
    """Which episodes of which show."""

    show_id: strawberry.ID | None = strawberry.field(
        default=None, description="Id of the show; or say its title."
    )
    show: TitleInput | None = strawberry.field(
        default=None, description="The show by its title; or give its id."
    )
    season: int | None = strawberry.field(
        default=None, description="Season of `episodes`; 0 holds the specials."
    )
    episodes: list[int] | None = strawberry.field(
        default=None, description="Numbers in the season; several where each file holds several."
    )
    absolute: list[int] | None = strawberry.field(
        default=None, description="Numbers that run through all seasons."
    )
    air_date: date | None = strawberry.field(
        default=None, description="The day on which it was first aired."
    )


@strawberry.input(one_of=True, description="What files are.")
class IdentifyTarget:
    """Exactly one of these."""

    item_ids: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="Id of a movie, or ids of the episodes that each of the files holds."
    )
    movie: strawberry.Maybe[TitleInput] = strawberry.field(description="A film by its title.")
    episode: strawberry.Maybe[EpisodeTargetInput] = strawberry.field(
        description="Episodes by their numbers."
    )


@strawberry.type(description="What was done with files.")
class IdentifyResult:
    """The ids of all items that it concerns."""

    files: int = strawberry.field(description="Number of files.")
    item_ids: list[strawberry.ID] = strawberry.field(
        description="Ids of the items that the files belong to now."
    )
    missing_ids: list[strawberry.ID] = strawberry.field(
        description="Ids of items that have no file any more."
    )


def _title(given: TitleInput) -> Title:
    ids = {entry.source: entry.value for entry in given.ids}
    return Title(title=given.title or "", year=given.year, ids=ids, record=given.record)


def _numbers(given: EpisodeTargetInput) -> Numbers:
    show = given.show_id
    return Numbers(
        show_id=ItemId(decode_id("show", show, "target")) if show is not None else None,
        show=_title(given.show) if given.show is not None else None,
        season=given.season,
        episodes=tuple(given.episodes or ()),
        absolute=tuple(given.absolute or ()),
        air_date=given.air_date,
    )


def choice_of(target: IdentifyTarget) -> Choice:
    """The target as the service takes it. Raises Invalid."""
    ids = target.item_ids.value if target.item_ids else []
    if len(ids) > MOST_EPISODES:
        raise BadTarget(f"At most {MOST_EPISODES} episodes at once.")
    return Choice(
        items=tuple(split_id(text) for text in ids),
        movie=_title(target.movie.value) if target.movie else None,
        episode=_numbers(target.episode.value) if target.episode else None,
    )


async def _result(info: Info, done: Identified) -> IdentifyResult:
    wanted = [*done.items, *done.left]
    found = await info.app.item_repository.by_ids(info.viewer.scope, wanted)
    refs = {i: strawberry.ID(encode_id(item.kind, i)) for i, item in found.items()}
    return IdentifyResult(
        files=done.files,
        item_ids=[refs[i] for i in done.items if i in refs],
        missing_ids=[refs[i] for i in done.left if i in refs],
    )


@strawberry.type
class MatchingRoots:
    """What waits to be identified."""

    @query(Connection[UnmatchedFileView], access=Permission.LIBRARIES_SCAN)
    async def unmatched(
        self, info: Info, library_id: LibraryRef, first: First = 20, after: After = None
    ) -> Any:
        """Videos of a library that you manage of which it is not known what they are, by path."""
        page = Keyset(first, after)
        return await info.app.matching.unmatched(info.viewer, LibraryId(library_id), page)


@strawberry.type
class MatchingMutations:
    """Saying by hand what files are."""

    @mutation(IdentifyResult, access=Permission.LIBRARIES_SCAN)
    async def identify(
        self,
        info: Info,
        file_ids: FileRefs,
        target: Annotated[IdentifyTarget, Doc("What each of these files is.")],
    ) -> Any:
        """Say what files are, also of files that are something else so far. Scans leave it at that.

        A title that loses all its files is missing; progress goes along if a scan had made it.
        """
        ids = [FileId(i) for i in dict.fromkeys(file_ids)]
        done = await info.app.matching.identify(info.viewer, ids, choice_of(target))
        return await _result(info, done)

    @mutation(IdentifyResult, access=Permission.LIBRARIES_SCAN)
    async def unidentify(self, info: Info, file_ids: FileRefs) -> Any:
        """Take files from what they belong to. They stay in `unmatched` until you identify them."""
        ids = [FileId(i) for i in dict.fromkeys(file_ids)]
        return await _result(info, await info.app.matching.unidentify(info.viewer, ids))

    @mutation(VersionView, access=Permission.LIBRARIES_SCAN)
    async def set_default_version(
        self,
        info: Info,
        *,
        id: Annotated[UUID, Ref("version"), Doc("Id of a version of a movie or episode.")],  # noqa: A002
        chosen: Annotated[bool, Doc("With false the choice is left to the server again.")] = True,
    ) -> Any:
        """Choose the version that is played by default, for everybody."""
        return await info.app.matching.set_default(info.viewer, VersionId(id), chosen=chosen)
