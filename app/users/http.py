"""`GET /avatars/<id>/<size>.webp`: what the server itself made, for those who may know the user."""

from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.core.access import Permission, Viewer
from app.core.errors import Invalid
from app.core.ids import decode_id
from app.gql.routes import Identify, guarded
from app.users.domain import AVATAR_SIZES, AvatarNotFound
from app.users.service import Avatars

# The address changes with the picture. Shared caches do not keep it: not everybody may see it.
FOR_EVER: Final = "private, max-age=31536000, immutable"

SIZES: Final = {str(size): size for size in AVATAR_SIZES}


class Needs(Protocol):
    """What the route uses of the application."""

    @property
    def avatars(self) -> Avatars: ...


def routes(app: Needs, identify: Identify) -> list[Route]:
    """The route."""

    async def show(request: Request, viewer: Viewer) -> Response:
        size = SIZES.get(request.path_params["size"], 0)
        try:
            avatar_id = decode_id("avatar", request.path_params["avatar"])
        except Invalid:
            raise AvatarNotFound from None
        data = await app.avatars.open(viewer, avatar_id, size)
        etag = f'"{avatar_id.hex}-{size}"'
        headers = {
            "cache-control": FOR_EVER,
            "vary": "authorization, cookie, x-api-key",
            "etag": etag,
            "content-security-policy": "default-src 'none'; sandbox",
        }
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(data, headers=headers, media_type="image/webp")

    path = "/avatars/{avatar}/{size}.webp"
    endpoint = guarded(show, identify, access=Permission.PROFILE_READ)
    return [Route(path, endpoint, methods=["GET"])]
