"""Where an operation comes from, for its context: few look at more of it than the client."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final

from starlette.requests import HTTPConnection
from starlette.requests import Request as HttpRequest

from app.core.access import Client
from app.core.tasks import forever
from app.gql.credentials import NOTHING, Credential, cookies_of
from app.gql.reply import LOCAL, Cookie, Reply

HOST: Final = re.compile(
    r"(?:(?P<name>[A-Za-z0-9._-]+)|\[(?P<address>[0-9A-Fa-f:.]+)\])(?::[0-9]{1,5})?"
)


class Origin:
    """What an operation's context is told of the request: where from, what with, what to answer.

    Most of it is made when it is looked at.
    """

    def __init__(
        self,
        request_id: str,
        client: Client,
        connection: HTTPConnection | None = None,
        credential: Credential = NOTHING,
    ) -> None:
        self.request_id, self.client = request_id, client
        self._connection, self._credential = connection, credential

    @cached_property
    def cookies(self) -> Mapping[str, str]:
        """The cookies that the operation may use."""
        return {} if self._connection is None else cookies_of(self._connection, self._credential)

    @cached_property
    def reply(self) -> Reply:
        """The answer that is being made."""
        return Reply() if self._connection is None else reply_to(self._connection)

    @cached_property
    def local(self) -> str | None:
        """The address of this process's own pages, where it was asked under it."""
        return None if self._connection is None else local_address(self._connection)

    @property
    def answered(self) -> Iterable[Cookie]:
        """The cookies to send with the answer."""
        made = self.__dict__.get("reply")
        return made.cookies.values() if isinstance(made, Reply) else ()

    async def gone(self) -> None:
        """Until the client is gone."""
        if isinstance(self._connection, HttpRequest):
            await _hung_up(self._connection)
        else:
            await forever()


async def _hung_up(request: HttpRequest) -> None:
    """Until the client is gone; its body has been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def reply_to(connection: HTTPConnection) -> Reply:
    """An empty answer; cookies can be kept where the browser speaks TLS, or on this machine."""
    host = HOST.fullmatch(connection.headers.get("host", ""))
    name = (host["name"] or host["address"]).lower() if host else None
    return Reply(secure=connection.scope.get("scheme") == "https" or name in LOCAL)


def local_address(connection: HTTPConnection) -> str | None:
    """The address of this very process's pages on localhost, where it was asked under it.

    The port is the one it listens on, not what the request says: pages of other ports are others'.
    """
    port = (connection.scope.get("server") or ("", None))[1]
    host = "localhost" if port == 80 else f"localhost:{port}"
    through = {"forwarded", "x-forwarded-for", "x-forwarded-host"} & set(connection.headers)
    if through or connection.headers.get("host") != host or connection.scope["scheme"] != "http":
        return None
    return f"http://{host}"
