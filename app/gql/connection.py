"""Connections: every list of the API whose length nobody has bounded."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

import strawberry

from app.core.page import Page

T = TypeVar("T")


@strawberry.type(description="Information for paging through a list.")
class PageInfo:
    """Relay's page information."""

    has_next_page: bool = strawberry.field(description="Whether there is a next page.")
    has_previous_page: bool = strawberry.field(description="Whether there is a previous page.")
    start_cursor: str | None = strawberry.field(
        description="Cursor of the first element of this page."
    )
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last element of this page; pass it as `after` for the next page."
    )


@strawberry.type(name="Edge", description="An element of a list with its cursor.")
class ListEdge(Generic[T]):
    """An element with its cursor."""

    cursor: str = strawberry.field(description="Cursor of this element, for `after`.")
    node: T = strawberry.field(description="The element.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    """A page, made by the root field from a Listing; `shown` has None for what is gone.

    Cursors are made only where they are asked for.
    """

    shown: strawberry.Private[Sequence[Any]]
    page: strawberry.Private[Page[Any]]
    counter: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="Elements of the page with their cursors."
    )
    def edges(self) -> list[ListEdge[T]]:
        pairs = zip(self.page.cursors, self.shown, strict=True)
        return [ListEdge(cursor=c, node=node) for c, node in pairs if node is not None]

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="Elements of the page without cursors."
    )
    def nodes(self) -> list[T]:
        return [node for node in self.shown if node is not None]

    @strawberry.field(description="Information for paging.")  # type: ignore[untyped-decorator]
    def page_info(self) -> PageInfo:
        page = self.page
        return PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=page.cursors[0] if page.keys else None,
            end_cursor=page.cursors[-1] if page.keys else None,
        )

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="Number of elements on all pages; only counted when selected."
    )
    async def total_count(self) -> int:
        return await self.counter()
