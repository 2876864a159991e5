"""Searches, as the API takes them."""

from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import strawberry
from sqlalchemy import Integer, column

from app.core.access import Permission
from app.core.errors import Invalid
from app.core.page import Keyset, Listing, Order, decode_cursor, encode_cursor
from app.core.ratelimit import Tier
from app.gql.access import query
from app.gql.arguments import After, Bounds, Doc, First, Length
from app.gql.connection import Connection, PageInfo
from app.gql.info import Info
from app.search.domain import MOST_HITS, MOST_QUERY, Found, Hit, Search
from app.search.graphql.inputs import (
    FACETS,
    Filter,
    Kinds,
    SearchFacet,
    SearchSort,
    filters_of,
    sort_of,
)
from app.search.graphql.views import (
    Completed,
    FacetCounts,
    Question,
    Result,
    Results,
    SearchCompletionView,
    SearchConnectionView,
    SearchFacetCountsView,
    SearchMissView,
    Tell,
    counts_of,
)
from app.search.service.searching import Answered

# How many hits are asked for, so that pages which follow each other have one answer.
DEPTHS: Final = (64, 256, MOST_HITS)
RANK: Final = (Order(column("rank", Integer)),)
MOST_COMPLETIONS: Final = 20


@strawberry.type
class SearchRoots:
    """Searching."""

    @query(SearchConnectionView, access=Permission.SEARCH_QUERY, tier=Tier.SEARCH)
    async def search(  # noqa: PLR0913 - the arguments of the query
        self,
        info: Info,
        query: Annotated[
            str,
            Doc(
                f"What is looked for, at most {MOST_QUERY} characters: words of titles, names,"
                ' genres or descriptions, a year, and "the exact words" in quotation marks.'
            ),
        ],
        *,
        kinds: Kinds = None,
        filter: Filter = None,  # noqa: A002 - its name in the API
        sort: Annotated[SearchSort, Doc("Sort order.")] = SearchSort.RELEVANCE,
        descending: Annotated[
            bool | None, Doc("Direction; descending by default. Relevance has none.")
        ] = None,
        first: First = 20,
        after: After = None,
    ) -> Results:
        """Search for movies, shows, seasons, episodes, people and accounts, the best first.

        Accents, articles and numerals do not matter, and typos are forgiven. The `search` of the
        answer's extensions tells which backend has answered, and whether it had to stand in.
        """
        asked = Search(
            text=query,
            kinds=tuple(dict.fromkeys(kinds or ())),
            filters=filters_of(filter),
            sort=sort_of(sort),
            descending=True if descending is None else descending,
        )
        name = msgspec.json.encode(asked).decode()
        start = _rank(name, after)
        depth = next(d for d in DEPTHS if d >= min(start + first + 1, MOST_HITS))
        answered = await info.app.searching.search(info.viewer, asked, depth)
        question = Question(asked, teller(info))
        question.tell(answered)
        return await _results(info, question, answered.value, (name, start, first))

    @query(
        list[SearchFacetCountsView],
        access=Permission.SEARCH_QUERY,
        tier=Tier.SEARCH,
        max=len(FACETS),
    )
    async def search_facets(
        self,
        info: Info,
        filter: Filter = None,  # noqa: A002 - its name in the API
        kinds: Kinds = None,
        names: Annotated[
            list[SearchFacet] | None,
            Length(1, len(FACETS)),
            Doc("What is counted by; by default all facets of these kinds."),
        ] = None,
    ) -> list[FacetCounts]:
        """How many of all there is have which values, after the filter."""
        asked = Search(text="", kinds=tuple(kinds or ()), filters=filters_of(filter))
        wanted = [name.value for name in names or ()]
        answered = await info.app.searching.facets(info.viewer, asked, wanted)
        teller(info)(answered)
        return await counts_of(info.app, info.viewer, answered.value)

    @query(
        list[SearchCompletionView],
        access=Permission.SEARCH_QUERY,
        tier=Tier.SEARCH,
        max=MOST_COMPLETIONS,
    )
    async def autocomplete(
        self,
        info: Info,
        prefix: Annotated[
            str, Length(1, MOST_QUERY), Doc(f"What was typed so far, 1 to {MOST_QUERY} characters.")
        ],
        kinds: Kinds = None,
        limit: Annotated[
            int, Bounds(1, MOST_COMPLETIONS), Doc(f"At most this many, 1 to {MOST_COMPLETIONS}.")
        ] = 8,
    ) -> list[Completed]:
        """Titles and names that begin so, typos forgiven: the best match, then the best known."""
        answered = await info.app.searching.complete(info.viewer, prefix, kinds or (), limit)
        teller(info)(answered)
        nodes = await _nodes(info, answered.value)
        return [
            Completed(completion=one, node=nodes[one.id])
            for one in answered.value
            if one.id in nodes
        ]

    @query(Connection[SearchMissView], access=Permission.SEARCH_REINDEX)
    async def zero_result_queries(
        self, info: Info, first: First = 20, after: After = None
    ) -> Listing[str]:
        """Queries of the last 90 days that nothing was found for, the most frequent first.

        They are counted about once a minute; queries with a filter are not.
        """
        misses = info.app.searching.misses
        return Listing(await misses.page(Keyset(first, after)), misses.count)


def teller(info: Info) -> Tell:
    """Tells the client who has answered; that one had to stand in is not told away."""
    context = info.context

    def tell(answered: Answered[Any]) -> None:
        if "search" not in context.told or answered.degraded:
            said = {"backend": answered.backend, "degraded": answered.degraded}
            context.tell("search", said)

    return tell


def _rank(question: str, after: str | None) -> int:
    """How many hits come before the page. Raises Invalid."""
    if after is None:
        return 0
    [rank] = decode_cursor(question, after, RANK)
    if not 1 <= rank <= MOST_HITS:
        raise Invalid("This is not a cursor of this list.", field="after")
    return int(rank)


async def _nodes(info: Info, found: Sequence[Any]) -> dict[UUID, Any]:
    """What hits are, one batch per kind; without what is gone or hidden by now."""
    keys = [(one.kind.value, one.id) for one in found]
    nodes = await info.context.nodes.load(info.app, info.viewer, keys)
    return {id_: node for (_, id_), node in nodes.items()}


async def _results(
    info: Info, question: Question, found: Found, place: tuple[str, int, int]
) -> Results:
    name, start, first = place
    hits: tuple[Hit, ...] = found.hits[:MOST_HITS]
    page = hits[start : start + first]
    nodes = await _nodes(info, page)
    cursors = [encode_cursor(name, [start + n]) for n in (1, len(page))] if page else [None, None]
    results = tuple(
        Result(question=name, rank=rank, text=question.asked.text, hit=hit, node=nodes[hit.id])
        for rank, hit in enumerate(page, start + 1)
        if hit.id in nodes
    )
    return Results(
        question=question,
        results=results,
        page_info=PageInfo(
            has_next_page=len(hits) > start + first,
            has_previous_page=start > 0,
            start_cursor=cursors[0],
            end_cursor=cursors[1],
        ),
        total=found.total,
        suggestion=found.suggestion,
    )
