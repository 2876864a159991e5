"""Connections: every list of the API whose length nobody has bounded."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import strawberry

T = TypeVar("T")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Relay's page information."""

    has_next_page: bool = strawberry.field(description="Whether more follow.")
    has_previous_page: bool = strawberry.field(description="Whether some came before.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first one here.")
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last one here; `after:` it comes the next page."
    )


@strawberry.type(name="Edge", description="One of a list, with its place in it.")
class ListEdge(Generic[T]):
    """An element with its cursor."""

    cursor: str = strawberry.field(description="Its place, for `after:`.")
    node: T = strawberry.field(description="What stands there.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    """A page, made by the root field from a Listing."""

    edges: list[ListEdge[T]] = strawberry.field(description="The elements with their cursors.")
    nodes: list[T] = strawberry.field(description="The elements alone.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")
    counter: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="How many there are in all; counted only when asked for."
    )
    async def total_count(self) -> int:
        return await self.counter()
