"""Connections: every list of the API whose length nobody has bounded."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import strawberry

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
    """A page, made by the root field from a Listing."""

    edges: list[ListEdge[T]] = strawberry.field(
        description="Elements of the page with their cursors."
    )
    nodes: list[T] = strawberry.field(description="Elements of the page without cursors.")
    page_info: PageInfo = strawberry.field(description="Information for paging.")
    counter: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="Number of elements on all pages; only counted when selected."
    )
    async def total_count(self) -> int:
        return await self.counter()
