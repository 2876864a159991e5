"""`PUT /uploads`: a file's bytes, for an id that a mutation takes."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final, Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.core.access import Permission, Viewer
from app.core.blobs import BlobTooLarge
from app.core.errors import Invalid, TimedOut
from app.core.ids import encode_id
from app.gql.routes import Identify, guarded
from app.uploads.service import Uploads

SECONDS: Final = 60  # for all of it, however it trickles in


class Needs(Protocol):
    """What the route uses of the application."""

    @property
    def uploads(self) -> Uploads: ...


def routes(app: Needs, identify: Identify) -> list[Route]:
    """The route. What the client says of type and name is not looked at."""

    async def put(request: Request, viewer: Viewer) -> Response:
        _check_declared(request, app.uploads.most())
        try:
            async with asyncio.timeout(SECONDS):
                upload = await app.uploads.receive(viewer, _body(request))
        except TimeoutError:
            raise TimedOut("The file did not arrive in time.") from None
        except ClientDisconnect:
            raise Invalid("The file did not arrive wholly.") from None
        answer = {
            "id": encode_id("upload", upload.id),
            "size": upload.size,
            "expiresAt": upload.expires_at.isoformat(),
        }
        return JSONResponse(answer, 201, {"cache-control": "no-store"})

    endpoint = guarded(put, identify, access=Permission.PROFILE_UPDATE, writes=True)
    return [Route("/uploads", endpoint, methods=["PUT"])]


def _check_declared(request: Request, most: int) -> None:
    """Refuse what says that it is too large before a byte of it is read."""
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:18]) > most:
        raise BlobTooLarge(most)


async def _body(request: Request) -> AsyncGenerator[bytes]:
    async for piece in request.stream():
        yield piece
