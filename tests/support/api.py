"""GraphQL as a client sends it, through the whole ASGI application."""

from typing import Any

import httpx
import orjson

from app.container import Container
from app.core.access import NOWHERE
from app.core.errors import Code
from app.gql.origin import Origin
from app.main import WebApp
from tests.support.people import Somebody


class ApiError(AssertionError):
    """The server answered errors where data was expected."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(str(errors))
        self.errors = errors

    @property
    def code(self) -> Code:
        """The first error's code."""
        return Code(self.errors[0]["extensions"]["code"])

    @property
    def field(self) -> str | None:
        """The argument the first error names."""
        found: str | None = self.errors[0]["extensions"].get("field")
        return found

    @property
    def message(self) -> str:
        """The first error's sentence."""
        return str(self.errors[0]["message"])


class Api:
    """A client of the application in this process."""

    def __init__(self, app: Container, web: WebApp) -> None:
        self.app, self.web = app, web
        transport = httpx.ASGITransport(app=web.asgi())
        self.http = httpx.AsyncClient(transport=transport, base_url="http://revenge.test")

    async def close(self) -> None:
        """Close the client."""
        await self.http.aclose()

    async def send(
        self, query: str, variables: dict[str, Any], viewer: Somebody | None
    ) -> dict[str, Any]:
        """The answer as it is."""
        headers = {"content-type": "application/json"}
        if viewer is not None:
            headers["authorization"] = viewer.authorization
        body = orjson.dumps({"query": query, "variables": variables})
        response = await self.http.post("/graphql", content=body, headers=headers)
        answer: dict[str, Any] = orjson.loads(response.content)
        return answer

    async def run(
        self, query: str, viewer: Somebody | None = None, **variables: Any
    ) -> dict[str, Any]:
        """The data; raises ApiError for any error."""
        answer = await self.send(query, variables, viewer)
        if answer.get("errors"):
            raise ApiError(answer["errors"])
        data: dict[str, Any] = answer["data"]
        return data

    async def fails(self, query: str, viewer: Somebody | None = None, **variables: Any) -> ApiError:
        """The error; fails the test when there is none."""
        answer = await self.send(query, variables, viewer)
        assert answer.get("errors"), f"no error in {answer}"
        return ApiError(answer["errors"])


def origin(request_id: str = "test") -> Origin:
    """What a context is told of a request that came from nowhere."""
    return Origin(request_id, NOWHERE)
