"""Avatars: made by the server from what was sent, shown to those who may know the user."""

import asyncio
from io import BytesIO
from typing import Any
from uuid import UUID

import httpx
import pytest
from PIL import Image

from app.container import Container
from app.core.errors import Code
from app.core.ids import encode_id, new_id
from app.rbac.domain import BuiltIn
from app.users.domain import AVATAR_SIZES, avatar_key
from app.users.jobs import DropAvatar
from tests.auth.people import rows
from tests.support import pictures as made
from tests.support.api import Api
from tests.support.jobs import carry_out_waiting
from tests.support.people import People, Somebody
from tests.support.pictures import plain
from tests.uploads.test_uploads import files

SET = "mutation($id: ID!) { setAvatar(uploadId: $id) { id avatar { url small: url(size: 1) } } }"
DELETE = "mutation { deleteAvatar { avatar { url } } }"
USER = "query($id: ID!) { node(id: $id) { ... on User { avatar { url(size: 65) } } } }"


@pytest.fixture(autouse=True)
def empty_store(app: Container) -> None:
    for name in files(app):
        (app.config.data / "blobs" / name).unlink()


async def send(api: Api, data: bytes, somebody: Somebody) -> str:
    headers = {"authorization": somebody.authorization}
    response = await api.http.put("/uploads", content=data, headers=headers)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def avatar(api: Api, somebody: Somebody, data: bytes | None = None) -> str:
    upload = await send(api, data or plain("JPEG", (300, 200)), somebody)
    done = await api.run(SET, somebody, id=upload)
    return str(done["setAvatar"]["avatar"]["url"])


async def get(api: Api, url: str, somebody: Somebody | None, **headers: str) -> httpx.Response:
    if somebody is not None:
        headers["authorization"] = somebody.authorization
    return await api.http.get(url, headers=headers)


async def avatar_of(app: Container, somebody: Somebody) -> UUID | None:
    [(found,)] = await rows(app, "select avatar_id from users where id = :id", id=somebody.id)
    return found  # type: ignore[no-any-return]


async def test_a_picture_becomes_an_avatar_in_all_sizes(
    api: Api, people: People, app: Container
) -> None:
    ann = await people.make()
    url = await avatar(api, ann)
    assert url.endswith("/256.webp")
    avatar_id = await avatar_of(app, ann)
    assert avatar_id is not None
    assert files(app) == sorted(avatar_key(avatar_id, size).path for size in AVATAR_SIZES)
    for size in AVATAR_SIZES:
        response = await get(api, f"/avatars/{encode_id('avatar', avatar_id)}/{size}.webp", ann)
        assert response.status_code == 200
        assert response.headers["content-type"] == "image/webp"
        image = Image.open(BytesIO(response.content))
        assert (image.format, image.size) == ("WEBP", (size, size))
    assert await rows(app, "select 1 from uploads") == []


async def test_it_is_served_so_that_nothing_of_it_can_run(api: Api, people: People) -> None:
    ann = await people.make()
    response = await get(api, await avatar(api, ann), ann)
    assert response.headers["x-content-type-options"] == "nosniff"
    policies = response.headers.get_list("content-security-policy")
    assert policies == ["default-src 'none'; sandbox"]
    assert response.headers["cache-control"] == "private, max-age=31536000, immutable"
    etag = response.headers["etag"]
    again = await get(api, str(response.url), ann, **{"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")


async def test_who_sees_it(api: Api, people: People) -> None:
    """The row of the access matrix of this route: who may know the user."""
    ann = await people.make()
    url = await avatar(api, ann)
    expected: list[tuple[Any, int]] = [
        (ann, 200),
        (await people.make(BuiltIn.MODERATOR), 200),
        (await people.admin(), 200),
        (await people.make(), 404),
        (await people.make(BuiltIn.GUEST), 404),
        (None, 401),
        (Somebody(UUID(int=0), "", "rvs_wrong"), 401),
    ]
    for somebody, status in expected:
        response = await get(api, url, somebody)
        assert response.status_code == status, somebody
        if status != 200:
            assert "webp" not in response.headers["content-type"]
            assert response.headers["cache-control"] == "no-store"
    other = await people.make()
    missing = await get(api, f"/avatars/{encode_id('avatar', new_id())}/256.webp", other)
    hidden = await get(api, url, other)
    assert (missing.status_code, missing.json()) == (hidden.status_code, hidden.json())


@pytest.mark.parametrize(
    "path",
    [
        "/avatars/avatar_0/256.webp",
        "/avatars/user_{hex}/256.webp",
        "/avatars/avatar_{hex}/255.webp",
        "/avatars/avatar_{hex}/0256.webp",
        "/avatars/avatar_{hex}/-1.webp",
        "/avatars/avatar_{hex}/" + "9" * 5000 + ".webp",
        "/avatars/avatar_{hex}/256.png",
        "/avatars/avatar_{hex}/..%2f..%2fadministrator.webp",
        "/avatars/..%2f..%2fadministrator.txt/256.webp",
        "/avatars/%00/256.webp",
    ],
)
async def test_no_address_leads_anywhere_else(
    api: Api, people: People, app: Container, path: str
) -> None:
    ann = await people.make()
    await avatar(api, ann)
    avatar_id = await avatar_of(app, ann)
    assert avatar_id is not None
    response = await get(api, path.replace("{hex}", avatar_id.hex), ann)
    assert response.status_code == 404


async def test_of_50_that_use_one_upload_exactly_one_does(
    api: Api, people: People, app: Container
) -> None:
    ann = await people.make()
    upload = await send(api, plain(), ann)
    answers = await asyncio.gather(*(api.send(SET, {"id": upload}, ann) for _ in range(50)))
    errors = [a["errors"][0]["extensions"]["code"] for a in answers if a.get("errors")]
    assert errors == ["NOT_FOUND"] * 49
    avatar_id = await avatar_of(app, ann)
    assert avatar_id is not None
    assert files(app) == sorted(avatar_key(avatar_id, size).path for size in AVATAR_SIZES)


async def test_only_ones_own_upload_can_be_used(api: Api, people: People, app: Container) -> None:
    ann, root = await people.make(), await people.admin()
    upload = await send(api, plain(), ann)
    error = await api.fails(SET, root, id=upload)
    assert (error.code, error.field) == (Code.NOT_FOUND, "uploadId")
    missing = await api.fails(SET, root, id=encode_id("upload", new_id()))
    assert (missing.code, missing.field) == (error.code, error.field)
    assert await avatar_of(app, root) is None
    assert (await api.run(SET, ann, id=upload))["setAvatar"]["avatar"]


@pytest.mark.parametrize(
    "data", [made.png(9000, 9000, b""), plain("JPEG", (600, 600))[:500], made.text_bomb()]
)
async def test_a_hostile_picture_changes_nothing_and_stays_nowhere(
    api: Api, people: People, app: Container, data: bytes
) -> None:
    ann = await people.make()
    before = await avatar(api, ann)
    upload = await send(api, data, ann)
    error = await api.fails(SET, ann, id=upload)
    assert error.code == Code.INVALID
    node = await api.run(USER, ann, id=ann.ref)
    assert node["node"]["avatar"]["url"] == before.replace("256", "128")
    assert len(files(app)) == len(AVATAR_SIZES)
    assert (await api.fails(SET, ann, id=upload)).code == Code.NOT_FOUND


async def test_the_one_before_is_dropped_and_the_new_one_is_not(
    api: Api, people: People, app: Container
) -> None:
    ann = await people.make()
    first = await avatar(api, ann)
    second = await avatar(api, ann, plain("PNG", (50, 50), "blue"))
    assert first != second
    assert (await get(api, first, ann)).status_code == 404
    assert await carry_out_waiting(app, "avatars.drop") == "completed"
    avatar_id = await avatar_of(app, ann)
    assert avatar_id is not None
    assert files(app) == sorted(avatar_key(avatar_id, size).path for size in AVATAR_SIZES)
    assert (await get(api, second, ann)).status_code == 200


async def test_what_died_half_way_is_dropped(
    api: Api, people: People, app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that ends between files and commit leaves a job that deletes them."""
    ann = await people.make()
    upload = await send(api, plain(), ann)

    async def die(*_: Any) -> None:
        raise KeyError("the process is gone")

    with monkeypatch.context() as broken:
        broken.setattr(app.avatars, "_replace", die)
        assert (await api.fails(SET, ann, id=upload)).code == Code.INTERNAL
    assert len(files(app)) == len(AVATAR_SIZES)
    assert await avatar_of(app, ann) is None
    await carry_out_waiting(app, "avatars.drop")
    assert files(app) == []


async def test_deleting_it(api: Api, people: People, app: Container) -> None:
    ann = await people.make()
    url = await avatar(api, ann)
    for _ in range(2):
        assert (await api.run(DELETE, ann))["deleteAvatar"] == {"avatar": None}
    assert (await get(api, url, ann)).status_code == 404
    await carry_out_waiting(app, "avatars.drop")
    assert files(app) == []


async def test_it_is_in_the_activity_log(api: Api, people: People, app: Container) -> None:
    ann = await people.make()
    await avatar(api, ann)
    first = await avatar_of(app, ann)
    await api.run(DELETE, ann)
    logged = await rows(
        app,
        "select changes, actor_id, resource_id from activity_log"
        " where action = 'user.update' order by id",
    )
    assert logged == [
        ({"avatar": {"old": None, "new": str(first)}}, ann.id, ann.id),
        ({"avatar": {"old": str(first), "new": None}}, ann.id, ann.id),
    ]


async def test_guests_have_no_avatar_to_set(api: Api, people: People) -> None:
    guest = await people.make(BuiltIn.GUEST)
    upload = encode_id("upload", new_id())
    assert (await api.fails(SET, guest, id=upload)).code == Code.FORBIDDEN
    assert (await api.fails(DELETE, guest)).code == Code.FORBIDDEN


async def test_dropping_twice_is_dropping_once(app: Container) -> None:
    avatar_id = new_id()
    await app.avatars.drop(avatar_id)
    assert DropAvatar(avatar_id).unique_key() == DropAvatar(avatar_id).unique_key()
