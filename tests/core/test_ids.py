"""UUIDv7 and the ids that leave the server."""

import threading
import time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.core.ids import decode_id, encode_id, new_id, split_id


def test_ids_are_uuid7_of_now() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before - 5 <= made.int >> 80 <= time.time_ns() // 1_000_000 + 5


def test_ids_grow_in_one_process_whatever_the_clock_does(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [new_id() for _ in range(5000)]
    monkeypatch.setattr(time, "time_ns", lambda: 1)  # set back by decades
    made += [new_id() for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == 10_000
    assert sorted(made, key=str) == made  # as PostgreSQL and texts sort


def test_ids_of_threads_are_different() -> None:
    made: list[UUID] = []
    threads = [
        threading.Thread(target=lambda: made.extend(new_id() for _ in range(2000)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 16_000


@given(value=st.uuids(), kind=st.from_regex(r"[a-z]{1,10}(_[a-z]{1,5})?", fullmatch=True))
def test_wire_ids_come_back(value: UUID, kind: str) -> None:
    assert decode_id(kind, encode_id(kind, value)) == value
    assert split_id(encode_id(kind, value)) == (kind, value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "movie",
        "movie_",
        "_" + "0" * 32,
        "movie_" + "0" * 31,
        "movie_" + "0" * 33,
        "movie_" + "g" * 32,
        "movie_" + "٠" * 32,
        "Movie_" + "0" * 32,
        "movie_" + " " + "0" * 31,
        "movie_0x" + "0" * 30,
        "movie_" + "0_0" + "0" * 29,
        "0" * 32,
        "movie-" + "0" * 32,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="not an id"):
        split_id(text)


def test_an_id_of_another_kind_says_so_and_names_the_field() -> None:
    with pytest.raises(Invalid, match="id of a show; a movie id is expected") as refused:
        decode_id("movie", encode_id("show", new_id()), field="movieId")
    assert refused.value.field == "movieId"
    with pytest.raises(Invalid) as refused:
        decode_id("movie", "nonsense", field="movieId")
    assert refused.value.field == "movieId"
