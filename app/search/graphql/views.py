"""Results of searches as the API shows them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry
from msgspec import Struct

from app.auth.graphql import UserView
from app.catalog.domain.genres import GENRES
from app.catalog.graphql import PersonView
from app.catalog.graphql.people import artwork_by_person
from app.core.access import Viewer
from app.core.ids import encode_id
from app.core.page import encode_cursor
from app.gql.arguments import Length
from app.gql.connection import PageInfo
from app.gql.edge import REQUIRED, Argument, edge
from app.gql.view import field, view
from app.images.graphql import ARGUMENTS as ARTWORK_ARGUMENTS
from app.images.graphql import ArtworkView, ShownArtwork, artwork_by_item
from app.items.domain import ItemId
from app.libraries.domain import LibraryId
from app.movies.graphql import MovieView
from app.people.domain import PersonId
from app.search.domain import Completion, Facets, Hit, Search, SearchKind
from app.search.domain.highlights import Highlight, Range
from app.search.graphql.inputs import FACETS, GENRE, LIBRARY, SearchFacet
from app.search.repository.misses import Miss
from app.search.service.searching import Answered
from app.shows.graphql import EpisodeView, SeasonView, ShowView

if TYPE_CHECKING:
    from app.container import Container

ITEMS: Final = frozenset({SearchKind.MOVIE, SearchKind.SHOW, SearchKind.SEASON, SearchKind.EPISODE})
MOST_HIGHLIGHTS: Final = 30  # two of each field, of which there are few
SearchResult = Annotated[
    MovieView | ShowView | SeasonView | EpisodeView | PersonView | UserView,
    strawberry.union("SearchResult", description="What a search finds."),
]
Tell = Callable[[Answered[Any]], None]


class Question(Struct, frozen=True):
    """What was asked, and whom to tell which backend has answered."""

    asked: Search
    tell: Tell

    def __repr__(self) -> str:
        return f"Question({self.asked!r})"


class FacetValue(Struct, frozen=True, kw_only=True):
    """A value of a facet as it is shown."""

    value: str
    label: str
    count: int


class FacetCounts(Struct, frozen=True, kw_only=True):
    """A facet with its values."""

    name: Any
    values: tuple[FacetValue, ...]


class Result(Struct, frozen=True, kw_only=True):
    """A hit with what it is: the entity of its kind. `rank` is from 1 on."""

    question: str
    rank: int
    text: str
    hit: Hit
    node: Any

    @property
    def match(self) -> tuple[str, UUID]:
        """What highlights are asked by."""
        return self.text, self.hit.id


class Results(Struct, frozen=True, kw_only=True):
    """A page of results."""

    question: Question
    results: tuple[Result, ...]
    page_info: Any
    total: int
    suggestion: str | None


class Completed(Struct, frozen=True, kw_only=True):
    """A completion with what it is."""

    completion: Completion
    node: Any

    @property
    def key(self) -> tuple[SearchKind, UUID]:
        """What pictures are asked by."""
        return self.completion.kind, self.completion.id


async def highlights_by_match(
    app: "Container", viewer: Viewer, matches: Collection[tuple[str, UUID]]
) -> Mapping[tuple[str, UUID], tuple[Highlight, ...]]:
    return await app.searching.highlights(viewer, matches)


async def facets_by_question(
    app: "Container", viewer: Viewer, questions: Collection[Question], names: tuple[Any, ...]
) -> Mapping[Question, Sequence[FacetCounts]]:
    found = {}
    for question in questions:  # a root field has one
        wanted = [name.value for name in names]
        answered = await app.searching.facets(viewer, question.asked, wanted)
        question.tell(answered)
        found[question] = await counts_of(app, viewer, answered.value)
    return found


async def counts_of(app: "Container", viewer: Viewer, facets: Facets) -> list[FacetCounts]:
    """Facets as they are shown: libraries by their ids and names, genres in the viewer's language.

    A library that was deleted, or whose grant was taken away, a moment ago is left out.
    """
    libraries = {id_ for one in facets.get(LIBRARY, ()) if (id_ := _library(one.value)) is not None}
    seen = await app.library_repository.by_ids(viewer.scope, libraries) if libraries else {}
    named = {id_: (encode_id("library", id_), one.name) for id_, one in seen.items()}
    found = []
    for name, counts in facets.items():
        values: list[FacetValue] = []
        for count in counts:
            value, label = count.value, count.value
            if name == GENRE:
                label = genre_name(value, viewer.language)
            elif name == LIBRARY:
                if (id_ := _library(value)) is None or (library := named.get(id_)) is None:
                    continue
                value, label = library
            values.append(FacetValue(value=value, label=label, count=count.count))
        found.append(FacetCounts(name=SearchFacet(name), values=tuple(values)))
    return found


def _library(value: str) -> LibraryId | None:
    """The library that a value names; None where a search server says something else."""
    try:
        return LibraryId(UUID(value))
    except ValueError:
        return None


def genre_name(slug: str, language: str) -> str:
    """A genre's name in a language, in English, or as its slug spells it."""
    names = GENRES.get(slug, {})
    told = names.get(language.partition("-")[0]) or names.get("en")
    return told or slug.replace("-", " ").title()


async def artwork_by_key(
    app: "Container",
    viewer: Viewer,
    keys: Collection[tuple[SearchKind, UUID]],
    **given: Any,
) -> Mapping[tuple[SearchKind, UUID], list[ShownArtwork]]:
    """Batch of the pictures of items and people; accounts have an avatar instead."""
    items = [ItemId(id_) for kind, id_ in keys if kind in ITEMS]
    people = [PersonId(id_) for kind, id_ in keys if kind is SearchKind.PERSON]
    found: dict[Any, list[ShownArtwork]] = {}
    if items:
        found.update(await artwork_by_item(app, viewer, items, **given))
    if people:
        found.update(await artwork_by_person(app, viewer, people, **given))
    return {(kind, id_): found[id_] for kind, id_ in keys if id_ in found}


async def miss_by_query(
    app: "Container",
    viewer: Viewer,  # noqa: ARG001 - the root field asks for the permission
    queries: Collection[str],
) -> Mapping[str, Miss]:
    return await app.searching.misses.by_queries(queries)


@view(Range)
class HighlightRangeView:
    """Part of a text, counted in Unicode code points."""

    start: int = field("Where it starts, from 0.")
    end: int = field("Where the text goes on after it.")


@view(Highlight)
class HighlightView:
    """A passage that says what was asked for: nothing but the field's own text."""

    text: str = field("The passage, at most 160 characters.")
    ranges: list[HighlightRangeView] = field("Where in it the words are that were asked for.")
    field: str = field("Where it stands, such as `title`, `cast` or `overview`.")


@view(FacetValue)
class SearchFacetValueView:
    """A value of a facet."""

    value: str = field("The value, as filters take it; of a library its id.")
    label: str = field("The value to be shown.")
    count: int = field("How many results have it.")


@view(FacetCounts)
class SearchFacetCountsView:
    """How many results have each value of a facet."""

    name: SearchFacet = field("The facet.")
    values: list[SearchFacetValueView] = field("The most frequent values, at most 50.")


@view(Result)
class SearchEdgeView:
    """A result with its cursor."""

    cursor: str = field(
        "Cursor of this result, for `after`.",
        of=lambda result: encode_cursor(result.question, [result.rank]),
    )
    score: float = field(
        "How well it matches; results of one search compare, higher is better.",
        of=lambda result: result.hit.score,
    )
    highlights: list[HighlightView] = edge(
        highlights_by_match,
        "Passages that say what was asked for, the most telling fields first.",
        key="match",
        max=MOST_HIGHLIGHTS,
        usual=3,
    )
    node: SearchResult = field("What was found.")


@view(Results)
class SearchConnectionView:
    """One page of results."""

    edges: list[SearchEdgeView] = field(
        "Results of the page with their cursors.", of=lambda results: results.results
    )
    nodes: list[SearchResult] = field(
        "Results of the page without cursors.",
        of=lambda results: [result.node for result in results.results],
    )
    page_info: PageInfo = field("Information for paging, through 1,000 results at most.")
    total_count: int = field("Number of results on all pages.", of=lambda results: results.total)
    facets: list[SearchFacetCountsView] = edge(
        facets_by_question,
        "How many of all results have which values.",
        key="question",
        max=len(FACETS),
        usual=4,
        names=Argument(
            list[SearchFacet], REQUIRED, (Length(1, len(FACETS)),), "What is counted by."
        ),
    )
    suggestion: str | None = field(
        "What may have been meant: a query that finds something; null where there is none."
    )


@view(Completed)
class SearchCompletionView:
    """What may be meant by the beginning of a text."""

    id: strawberry.ID = field(
        "Its id.", of=lambda one: encode_id(one.completion.kind.value, one.completion.id)
    )
    kind: SearchKind = field("What it is.", of=lambda one: one.completion.kind)
    title: str = field("The title or name that matches.", of=lambda one: one.completion.title)
    year: int | None = field("Year of release, or of birth.", of=lambda one: one.completion.year)
    artwork: list[ArtworkView] = edge(
        artwork_by_key, "Its pictures, the best first.", key="key", **ARTWORK_ARGUMENTS
    )
    node: SearchResult = field("What it is, with all that is known of it.")


@view(Miss, load=miss_by_query)
class SearchMissView:
    """A query that nothing was found for."""

    query: str = field("The query, in small letters and without accents.")
    times: int = field("How often it was asked.")
    last_at: datetime = field("When it was asked last.")
