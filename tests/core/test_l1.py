"""The layer in process: its bounds, tags and lifetimes."""

import time

from app.core.l1 import L1, MOST_TAGS, Terms

KEY = ("t", "1")
FAR = time.monotonic() + 86_400


def put(l1: L1, key: str, *tags: str, size: int = 10, deadline: float = FAR) -> None:
    l1.put(("t", key), key, Terms(size, deadline, tags, l1.mark(tags)))


def test_l1_gives_way_by_entries_least_recently_used_first() -> None:
    l1 = L1(3, 1000)
    for key in "abc":
        put(l1, key)
    assert l1.get(("t", "a")) == "a"
    put(l1, "d")
    assert [l1.get(("t", key)) for key in "abcd"] == ["a", None, "c", "d"]
    assert len(l1) == 3


def test_l1_gives_way_by_bytes() -> None:
    l1 = L1(1000, 1000)
    for n in range(20):
        put(l1, str(n), size=100)
    assert len(l1) == 10
    assert l1.bytes == 1000
    put(l1, "huge", size=126)  # more than an eighth of everything
    assert l1.get(("t", "huge")) is None
    put(l1, "19", size=50)  # instead of the one of 100
    assert l1.bytes == 950
    l1.flush()
    assert (len(l1), l1.bytes) == (0, 0)


def test_l1_of_no_entries_keeps_nothing() -> None:
    l1 = L1(0, 1000)
    put(l1, "a")
    assert len(l1) == 0


def test_l1_honours_each_deadline() -> None:
    l1 = L1(10, 1000)
    put(l1, "a", deadline=time.monotonic() + 0.05)
    put(l1, "b")
    assert l1.get(("t", "a")) == "a"
    time.sleep(0.06)
    assert l1.get(("t", "a")) is None
    assert l1.get(("t", "b")) == "b"
    assert l1.bytes == 10


def test_l1_forgets_by_tag() -> None:
    l1 = L1(10, 1000)
    put(l1, "a", "x", "y")
    put(l1, "b", "y")
    put(l1, "c")
    l1.stale(["x"])
    assert [l1.get(("t", key)) for key in "abc"] == [None, "b", "c"]
    l1.stale(["y"])
    assert [l1.get(("t", key)) for key in "abc"] == [None, None, "c"]
    put(l1, "b", "y")
    assert l1.get(("t", "b")) == "b"


def test_l1_refuses_what_was_read_before_a_tag_or_everything_moved() -> None:
    l1 = L1(10, 1000)
    mark = l1.mark(["x"])
    assert not l1.moved(mark, ["x"])
    l1.stale(["x"])
    assert l1.moved(mark, ["x"])
    l1.put(KEY, "old", Terms(10, FAR, ("x",), mark))
    assert l1.get(KEY) is None
    mark = l1.mark(["x"])
    l1.flush()
    assert l1.moved(mark, ["x"])
    l1.put(KEY, "old", Terms(10, FAR, ("x",), mark))
    assert l1.get(KEY) is None
    assert l1.bytes == 0


def test_l1_holds_a_bounded_number_of_tags() -> None:
    l1 = L1(10, 1000)
    put(l1, "a", "x")
    mark = l1.mark(["x"])
    l1.stale(str(n) for n in range(MOST_TAGS + 1))
    assert len(l1._versions) < MOST_TAGS
    assert l1.get(("t", "a")) is None  # versions start anew, so nothing from before may count
    assert l1.moved(mark, ["x"])
