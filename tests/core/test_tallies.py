"""Figures without locks: the same as prometheus-client's own, line by line."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.registry import DuplicateTimeseries

from app.core.tallies import Tallies, Timings

BOUNDS = (0.0005, 0.1, 1, 2.5, 10)
CREATED = re.compile(rb"(_created\S* )\S+")
Counted = list[tuple[str, int]]
Timed = list[tuple[str, float]]
KINDS = st.sampled_from(["a", "b", 'c"\n'])
SECONDS = st.one_of(st.sampled_from([0.0, *map(float, BOUNDS)]), st.floats(0, 20))


def lines(registry: CollectorRegistry) -> list[bytes]:
    """What a scrape gets, but for when the counting began."""
    return CREATED.sub(rb"\1then", generate_latest(registry)).splitlines()


@given(st.lists(st.tuples(KINDS, st.integers(0, 9))), st.lists(st.tuples(KINDS, SECONDS)))
def test_a_scrape_sees_what_prometheus_client_would_show(counted: Counted, timed: Timed) -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    tallies = Tallies("things", "Things.", ["kind"], ours)
    timings = Timings("times_seconds", "Times.", ["kind"], ours, BOUNDS)
    counter = Counter("things", "Things.", ["kind"], registry=theirs)
    histogram = Histogram("times_seconds", "Times.", ["kind"], registry=theirs, buckets=BOUNDS)
    for kind, times in counted:
        tallies.labels(kind).inc(times)
        counter.labels(kind).inc(times)
    for kind, seconds in timed:
        timings.labels(kind).observe(seconds)
        histogram.labels(kind).observe(seconds)
    assert lines(ours) == lines(theirs)


def test_a_figure_is_found_again_and_its_labels_are_those_declared() -> None:
    tallies = Tallies("things", "Things.", ["kind", "colour"], CollectorRegistry())
    assert tallies.labels("a", "b") is tallies.labels("a", "b")
    with pytest.raises(ValueError, match="kind, colour"):
        tallies.labels("a")


def test_a_name_is_taken_once() -> None:
    registry = CollectorRegistry()
    Tallies("things", "Things.", [], registry)
    with pytest.raises(DuplicateTimeseries):
        Counter("things", "Others.", registry=registry)


def test_what_is_timed_counts_though_it_fails() -> None:
    timing = Timings("times_seconds", "Times.", [], CollectorRegistry(), BOUNDS).labels()
    with timing.time():
        pass
    with pytest.raises(ZeroDivisionError), timing.time():
        raise ZeroDivisionError
    assert sum(timing.times) == 2
    assert 0 < timing.total < 1
