"""The segmented LRU: bounds, and floods of keys that nobody asks for twice."""

from hypothesis import given
from hypothesis import strategies as st

from app.core.lru import SegmentedLru


def test_a_flood_of_new_keys_leaves_what_is_asked_for_again() -> None:
    kept: SegmentedLru[int, str] = SegmentedLru(100, 10_000)
    for key in range(50):
        kept.put(key, "hot", 10)
        assert kept.get(key) == "hot"
    for key in range(1000, 20_000):
        kept.put(key, "once", 10)
    assert all(kept.get(key) == "hot" for key in range(50))
    assert len(kept) <= 100


def test_heavy_newcomers_do_not_push_out_what_is_protected() -> None:
    kept: SegmentedLru[int, str] = SegmentedLru(100, 1000)
    kept.put(1, "hot", 100)
    kept.get(1)
    for key in range(100, 200):
        kept.put(key, "heavy", 600)
    assert kept.get(1) == "hot"
    assert kept.weight <= 1000


def test_what_alone_is_too_heavy_is_not_kept() -> None:
    kept: SegmentedLru[int, str] = SegmentedLru(10, 100)
    kept.put(1, "heavy", 101)
    assert kept.get(1) is None
    assert kept.weight == 0


def test_the_protected_that_nobody_asks_for_any_more_give_way() -> None:
    kept: SegmentedLru[int, str] = SegmentedLru(10, 1000)
    for key in range(100):
        kept.put(key, "asked twice", 1)
        kept.get(key)
    assert len(kept) == 10
    assert kept.get(0) is None
    assert kept.get(99) == "asked twice"


@given(st.lists(st.tuples(st.sampled_from("gpd"), st.integers(0, 30), st.integers(0, 40))))
def test_bounds_and_sums_hold_whatever_is_done(steps: list[tuple[str, int, int]]) -> None:
    kept: SegmentedLru[int, int] = SegmentedLru(8, 100)
    weights: dict[int, int] = {}
    for action, key, weight in steps:
        if action == "p":
            kept.put(key, weight, weight)
            weights[key] = weight
        elif action == "d":
            kept.pop(key)
            weights.pop(key, None)
        else:
            found = kept.get(key)
            assert found is None or found == weights[key]
        held = [key for key in list(weights) if key in kept._probation or key in kept._protected]
        weights = {key: weights[key] for key in held}
        assert len(kept) == len(held) <= 8
        assert kept.weight == sum(weights.values()) <= 100
