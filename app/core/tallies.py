"""Figures of what happens at every request: one thread alone counts them, without a lock.

Any thread may count with prometheus-client's own, so each count takes a lock and checks itself;
that is a tenth of what a small request costs. Here it is one addition. Only the event loop's thread
counts. A scrape comes from a thread of its own and reads the numbers as they are.
"""

import time
from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Generic, TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

ENDLESS: Final = float("inf")
REST: Final = "+Inf"  # the name of its bucket


class Tally:
    """How often something happened."""

    __slots__ = ("created", "value")

    def __init__(self) -> None:
        self.created, self.value = time.time(), 0

    def inc(self, amount: int = 1) -> None:
        """It happened, so many times."""
        self.value += amount


class Timing:
    """How long something took, each time."""

    __slots__ = ("_bounds", "created", "times", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.created, self.total = time.time(), 0.0
        self._bounds = bounds
        self.times = [0] * len(bounds)  # those of each bound alone, not of the smaller ones

    def observe(self, seconds: float) -> None:
        """It took so long."""
        self.times[bisect_left(self._bounds, seconds)] += 1
        self.total += seconds

    @contextmanager
    def time(self) -> Iterator[None]:
        """It takes as long as what is done within, well or not."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.observe(time.perf_counter() - started)


Figure = TypeVar("Figure", Tally, Timing)


class Series(Collector, Generic[Figure]):
    """Figures of one name, one for every combination of its labels."""

    def __init__(
        self, name: str, text: str, labelnames: Sequence[str], registry: CollectorRegistry
    ) -> None:
        self._name, self._text, self._labelnames = name, text, tuple(labelnames)
        self._figures: dict[tuple[str, ...], Figure] = {}
        registry.register(self)

    def labels(self, *values: str) -> Figure:
        """The figure of these labels; who counts often keeps it."""
        found = self._figures.get(values)
        if found is None:
            if len(values) != len(self._labelnames):
                raise ValueError(f"{self._name} has the labels {', '.join(self._labelnames)}.")
            found = self._figures[values] = self._new()
        return found

    @abstractmethod
    def _new(self) -> Figure:
        """A figure at nothing."""

    @abstractmethod
    def _shown(self, figures: Iterable[tuple[tuple[str, ...], Figure]]) -> Metric:
        """Figures in the form of a scrape."""

    def describe(self) -> Iterator[Metric]:
        """The name and what it is of, for the registry to see that it is the only one."""
        yield self._shown(())

    def collect(self) -> Iterator[Metric]:
        """What a scrape gets."""
        yield self._shown(tuple(self._figures.items()))


class Tallies(Series[Tally]):
    """A counter."""

    def _new(self) -> Tally:
        return Tally()

    def _shown(self, figures: Iterable[tuple[tuple[str, ...], Tally]]) -> Metric:
        family = CounterMetricFamily(self._name, self._text, labels=self._labelnames)
        for values, tally in figures:
            family.add_metric(values, tally.value, created=tally.created)
        return family


class Timings(Series[Timing]):
    """A histogram."""

    def __init__(
        self,
        name: str,
        text: str,
        labelnames: Sequence[str],
        registry: CollectorRegistry,
        bounds: Sequence[float],
    ) -> None:
        self._bounds = (*map(float, bounds), ENDLESS)
        super().__init__(name, text, labelnames, registry)

    def _new(self) -> Timing:
        return Timing(self._bounds)

    def _shown(self, figures: Iterable[tuple[tuple[str, ...], Timing]]) -> Metric:
        family = HistogramMetricFamily(self._name, self._text, labels=self._labelnames)
        for values, timing in figures:
            total, buckets = 0, []
            for bound, times in zip(self._bounds, tuple(timing.times), strict=True):
                total += times
                buckets.append((REST if bound == ENDLESS else str(bound), total))
            family.add_metric(values, buckets, timing.total)
            labels = dict(zip(self._labelnames, values, strict=True))
            family.add_sample(f"{self._name}_created", labels, timing.created)
        return family
