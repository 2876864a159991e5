"""Who is in the room with whom; every room of these tests is one worker's."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.room import Room

SOON = 5.0
NEVER = 0.2  # waited for what must not happen


class Worker:
    """A thread that enters when it is told, and leaves when it is told."""

    def __init__(self, folder: Path) -> None:
        self.room = Room(folder)
        self.inside = threading.Event()
        self._thread: threading.Thread | None = None
        self._leaves = threading.Event()

    def enter(self, *, alone: bool = False, stays: bool = False) -> None:
        self.inside.clear()
        self._leaves.clear()

        def run() -> None:
            with self.room.entered(alone=alone, stays=stays):
                self.inside.set()
                self._leaves.wait(SOON * 2)

        self._thread = threading.Thread(target=run)
        self._thread.start()

    def leave(self) -> None:
        self._leaves.set()
        if self._thread is not None:
            self._thread.join(SOON)


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[list[Worker]]:
    made = [Worker(tmp_path) for _ in range(3)]
    yield made
    for worker in made:
        worker.leave()
    for worker in made:
        worker.room.close()


def test_ordinary_tests_run_side_by_side(workers: list[Worker]) -> None:
    for worker in workers:
        worker.enter()
    assert all(worker.inside.wait(SOON) for worker in workers)


@pytest.mark.parametrize("alone", [True, False])
def test_one_that_is_alone_has_nobody_beside_it(alone: bool, workers: list[Worker]) -> None:
    first, second, _ = workers
    first.enter(alone=True)
    assert first.inside.wait(SOON)
    second.enter(alone=alone)
    assert not second.inside.wait(NEVER)
    first.leave()
    assert second.inside.wait(SOON)


def test_nobody_enters_before_one_that_waits_to_be_alone(workers: list[Worker]) -> None:
    first, second, third = workers
    first.enter()
    assert first.inside.wait(SOON)
    second.enter(alone=True)
    assert not second.inside.wait(NEVER)
    third.enter()
    assert not third.inside.wait(NEVER)
    first.leave()
    assert second.inside.wait(SOON)
    assert not third.inside.wait(NEVER)
    second.leave()
    assert third.inside.wait(SOON)


def test_between_two_tests_alone_nobody_enters(workers: list[Worker]) -> None:
    first, second, _ = workers
    first.enter(alone=True, stays=True)
    assert first.inside.wait(SOON)
    second.enter()
    first.leave()
    assert not second.inside.wait(NEVER)
    first.enter(alone=True)
    assert first.inside.wait(SOON)
    assert not second.inside.is_set()
    first.leave()
    assert second.inside.wait(SOON)


def test_who_stayed_for_nothing_lets_the_others_in(workers: list[Worker]) -> None:
    """The next test was said to be alone, and is not."""
    first, second, _ = workers
    first.enter(alone=True, stays=True)
    assert first.inside.wait(SOON)
    second.enter()
    first.leave()
    first.enter()
    assert first.inside.wait(SOON)
    assert second.inside.wait(SOON)
