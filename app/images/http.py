"""`GET /images/<id>/<width>`: pictures, for whoever has an address that this server signed."""

from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.core.errors import AppError
from app.core.pictures import PictureFormat
from app.gql.routes import problem, public
from app.images.service import Images

# Whose page it stands in makes no difference; it is never a document that runs anything.
FOR_ALL: Final = {
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "content-security-policy": "default-src 'none'; sandbox",
}
PREFERENCE: Final = (PictureFormat.AVIF, PictureFormat.WEBP)
FOR_NOW: Final = 300  # seconds for which what stands in for a picture is kept
WIDEST_AVIF: Final = 1280  # by Accept: beyond, WebP keeps more pixels


class Needs(Protocol):
    """What the route uses of the application."""

    @property
    def images(self) -> Images: ...


def routes(app: Needs) -> list[Route]:
    """The route."""

    @public
    async def show(request: Request) -> Response:
        try:
            return await _answer(app, request)
        except AppError as error:
            refused = problem(error)
            refused.headers.update(FOR_ALL)
            return refused

    return [Route("/images/{image}/{size}", show, methods=["GET"])]


async def _answer(app: Needs, request: Request) -> Response:
    given, sent = request.query_params, request.headers
    where = request.path_params
    asked = app.images.links.read(
        where["image"], where["size"], given.get("v", ""), given.get("s", "")
    )
    form = asked.form or negotiated(sent.get("accept", ""), asked.width)
    served = await app.images.open(asked.id, asked.width, form)
    kept = f"max-age={FOR_NOW}" if served.stands_in else f"max-age={asked.lasts}, immutable"
    headers = {
        "cache-control": f"public, {kept}",
        "etag": served.etag,
        **FOR_ALL,
    }
    if asked.form is None:
        headers["vary"] = "accept"
    if _matches(sent.get("if-none-match"), served.etag):
        return Response(status_code=304, headers=headers)
    return Response(served.data, headers=headers, media_type=f"image/{served.form.value}")


def negotiated(accept: str, width: int) -> PictureFormat:
    """The format that a client likes best of those that it names; JPEG, which everything reads,
    where it names none.
    """
    liked = {}
    for part in accept.split(","):
        name, *parameters = (word.strip().lower() for word in part.split(";"))
        liked[name.removeprefix("image/")] = _quality(parameters)
    named = [form for form in PREFERENCE if liked.get(form.value, 0) > 0]
    if width > WIDEST_AVIF and PictureFormat.WEBP in named:
        named = [PictureFormat.WEBP]
    best = max(named, key=lambda form: liked[form.value], default=PictureFormat.JPEG)
    return PictureFormat.JPEG if liked.get("jpeg", 0) > liked.get(best.value, 0) else best


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0


def _matches(header: str | None, etag: str) -> bool:
    if header is None:
        return False
    tags = (tag.strip().removeprefix("W/") for tag in header.split(","))
    return any(tag in (etag, "*") for tag in tags)
