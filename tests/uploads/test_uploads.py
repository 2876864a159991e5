"""Files on their way in: who may send what, and that each is used once or forgotten."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM, Viewer
from app.core.blobs import StorageUnavailable
from app.core.clock import SteppedClock, SystemClock
from app.core.ids import decode_id
from app.rbac.domain import BuiltIn
from app.uploads.domain import Upload, UploadNotFound, upload_key
from app.uploads.jobs import CleanUploads
from app.uploads.service import MOST_WAITING
from tests.auth.people import rows
from tests.support.api import Api
from tests.support.jobs import carry_out
from tests.support.people import People, Somebody
from tests.support.pictures import plain

PNG = plain("PNG")


async def put(api: Api, data: Any, somebody: Somebody | None, **headers: str) -> httpx.Response:
    if somebody is not None:
        headers["authorization"] = somebody.authorization
    return await api.http.put("/uploads", content=data, headers=headers)


def code(response: httpx.Response) -> str:
    return str(response.json()["errors"][0]["extensions"]["code"])


def files(app: Container) -> list[str]:
    folder = app.config.data / "blobs"
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@pytest.fixture(autouse=True)
def empty_store(app: Container) -> None:
    for name in files(app):
        (app.config.data / "blobs" / name).unlink()


async def test_a_picture_is_kept_under_the_servers_own_name(
    api: Api, people: People, app: Container
) -> None:
    ann = await people.make()
    sent = {"content-type": "text/html", "content-disposition": 'filename="../../evil.php"'}
    response = await put(api, PNG, ann, **sent)
    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    answer = response.json()
    upload_id = decode_id("upload", answer["id"])
    assert answer["size"] == len(PNG)
    assert files(app) == [upload_key(upload_id).path]
    assert [await app.blobs.get(upload_key(upload_id), 1 << 20)] == [PNG]
    assert not any("evil" in name or "php" in name for name in files(app))


async def test_who_may_send(api: Api, people: People, app: Container) -> None:
    """The row of the access matrix of this route."""
    expected = {
        BuiltIn.GUEST: (403, "FORBIDDEN"),
        BuiltIn.USER: (201, None),
        BuiltIn.MODERATOR: (201, None),
        BuiltIn.ADMINISTRATOR: (201, None),
    }
    for role, (status, says) in expected.items():
        response = await put(api, PNG, await people.make(role))
        assert response.status_code == status
        assert says is None or code(response) == says
    before = files(app)
    for nobody in (None, Somebody(UUID(int=0), "", "rvs_wrong")):
        response = await put(api, PNG, nobody)
        assert (response.status_code, code(response)) == (401, "UNAUTHENTICATED")
    assert files(app) == before
    assert (await api.http.get("/uploads")).status_code == 405
    assert (await api.http.post("/uploads", content=PNG)).status_code == 405


@pytest.mark.parametrize(
    "data", [b"", b"x", b"<svg/>", b"GIF8", PNG[:7], b"%PDF-1.7" + bytes(100), bytes(5000)]
)
async def test_what_is_no_picture_is_refused_whatever_it_is_called(
    api: Api, people: People, app: Container, data: bytes
) -> None:
    response = await put(api, data, await people.make(), **{"content-type": "image/png"})
    assert (response.status_code, code(response)) == (415, "INVALID")
    assert files(app) == []
    assert await rows(app, "select 1 from uploads") == []


async def test_it_is_recognised_in_whatever_pieces_it_comes(
    api: Api, people: People, app: Container
) -> None:
    async def bytewise() -> AsyncGenerator[bytes]:
        for at in range(len(PNG)):
            yield PNG[at : at + 1]

    response = await put(api, bytewise(), await people.make())
    assert response.status_code == 201
    upload_id = decode_id("upload", response.json()["id"])
    assert await app.blobs.get(upload_key(upload_id), 1 << 20) == PNG


async def test_too_much_is_refused_declared_or_not(
    api: Api, people: People, app: Container
) -> None:
    most = app.uploads.most()
    ann = await people.make()

    async def endless() -> AsyncGenerator[bytes]:
        yield PNG
        while True:
            yield bytes(1 << 16)

    for data in (PNG + bytes(most), endless()):
        response = await put(api, data, ann)
        assert (response.status_code, code(response)) == (413, "INVALID")
        assert str(most) in response.text
    assert (await put(api, PNG + bytes(most - len(PNG)), ann)).status_code == 201
    assert len(files(app)) == 1


async def test_the_limit_is_a_setting(api: Api, people: People, app: Container) -> None:
    ann = await people.make()
    await app.settings.update(SYSTEM, "avatar.max_bytes", 16 << 10)
    try:
        assert (await put(api, PNG + bytes(16 << 10), ann)).status_code == 413
    finally:
        await app.settings.reset(SYSTEM, "avatar.max_bytes")


async def test_only_so_many_wait_for_use_also_at_once(
    api: Api, people: People, app: Container
) -> None:
    ann, bob = await people.make(), await people.make()
    answers = await asyncio.gather(*(put(api, PNG, ann) for _ in range(4 * MOST_WAITING)))
    refused = [a for a in answers if a.status_code != 201]
    assert len(answers) - len(refused) == MOST_WAITING == len(files(app))
    assert {(a.status_code, code(a)) for a in refused} == {(429, "RATE_LIMITED")}
    assert all(int(a.headers["retry-after"]) > 0 for a in refused)
    assert (await put(api, PNG, bob)).status_code == 201  # nobody else's business


async def test_a_full_disk_is_an_answer_and_leaves_nothing(
    api: Api, people: People, app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.core.blobs.os.write", full)
    response = await put(api, PNG, await people.make())
    assert (response.status_code, code(response)) == (503, "UNAVAILABLE")
    assert response.headers["retry-after"]
    assert str(app.config.data) not in response.text
    assert await rows(app, "select 1 from uploads") == []
    assert files(app) == []


async def test_a_sender_that_stalls_is_not_waited_for(
    api: Api, people: People, app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stalling() -> AsyncGenerator[bytes]:
        yield PNG
        await asyncio.sleep(3600)

    monkeypatch.setattr("app.uploads.http.SECONDS", 0.3)
    response = await put(api, stalling(), await people.make())
    assert (response.status_code, code(response)) == (408, "TIMEOUT")
    assert files(app) == []
    assert await rows(app, "select 1 from uploads") == []


async def sent(app: Container, api: Api, somebody: Somebody) -> UUID:
    response = await put(api, PNG, somebody)
    assert response.status_code == 201
    return decode_id("upload", response.json()["id"])


async def claim(app: Container, viewer: Viewer, upload_id: UUID) -> Upload:
    async with app.db.write(viewer) as tx:
        return await app.uploads.claim(tx, upload_id)


async def test_of_50_that_want_one_exactly_one_gets_it(
    api: Api, people: People, app: Container
) -> None:
    ann = await people.make()
    viewer, upload_id = await people.viewer(ann), await sent(app, api, ann)
    tries = [claim(app, viewer, upload_id) for _ in range(50)]
    got = await asyncio.gather(*tries, return_exceptions=True)
    won = [one for one in got if isinstance(one, Upload)]
    assert len(won) == 1
    assert sum(isinstance(one, UploadNotFound) for one in got) == 49
    assert await app.uploads.read(won[0]) == PNG
    await app.uploads.discard(won[0])
    assert files(app) == []
    assert await rows(app, "select 1 from uploads") == []


async def test_nobody_else_gets_it_nor_anybody_too_late(
    api: Api, people: People, app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, bob = await people.make(), await people.admin()
    upload_id = await sent(app, api, ann)
    for viewer, wanted in (
        (await people.viewer(bob), upload_id),
        (await people.viewer(ann), UUID(int=1)),
    ):
        with pytest.raises(UploadNotFound):
            await claim(app, viewer, wanted)
    clock = SteppedClock(SystemClock().now() + timedelta(minutes=61))
    viewer = await people.viewer(ann)
    monkeypatch.setattr(app.uploads, "_clock", clock)
    with pytest.raises(UploadNotFound):
        await claim(app, viewer, upload_id)


async def test_one_that_still_arrives_cannot_be_used(people: People, app: Container) -> None:
    ann = await people.make()
    upload_id = UUID(int=7)
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(
            text("insert into uploads values (:id, :user, null, now() + interval '1 hour', null)"),
            {"id": upload_id, "user": ann.id},
        )
    with pytest.raises(UploadNotFound):
        await claim(app, await people.viewer(ann), upload_id)


async def test_what_nobody_used_is_forgotten(
    api: Api, people: People, app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await people.make()
    used, unused = await sent(app, api, ann), await sent(app, api, ann)
    await claim(app, await people.viewer(ann), used)  # and its user died
    draft = app.config.data / "blobs" / "drafts" / "crashed.part"
    draft.write_bytes(b"half")
    assert await carry_out(app, CleanUploads()) == "completed"
    assert len(files(app)) == 3
    clock = SteppedClock(SystemClock().now() + timedelta(minutes=30))
    monkeypatch.setattr(app.uploads, "_clock", clock)
    await carry_out(app, CleanUploads())
    assert files(app) == sorted([upload_key(unused).path, "drafts/crashed.part"])
    clock.advance(timedelta(minutes=31))
    _make_old(draft)
    await carry_out(app, CleanUploads())
    assert files(app) == []
    assert await rows(app, "select 1 from uploads") == []


def _make_old(path: Path) -> None:
    os.utime(path, (0, 0))


async def test_what_cannot_be_deleted_now_is_deleted_later(
    api: Api, people: People, app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await people.make()
    upload = await claim(app, await people.viewer(ann), await sent(app, api, ann))

    async def fail(_: object) -> None:
        raise StorageUnavailable("not now")

    with monkeypatch.context() as broken:
        broken.setattr(app.blobs, "delete", fail)
        await app.uploads.discard(upload)
    assert len(files(app)) == len(await rows(app, "select 1 from uploads")) == 1
    clock = SteppedClock(SystemClock().now() + timedelta(minutes=11))
    monkeypatch.setattr(app.uploads, "_clock", clock)
    await carry_out(app, CleanUploads())
    assert files(app) == []


async def test_answers_are_json_with_the_headers_of_all(api: Api, people: People) -> None:
    for response in (await put(api, PNG, await people.make()), await put(api, b"", None)):
        assert json.loads(response.content)
        assert response.headers["content-type"].startswith("application/json")
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["x-request-id"]
