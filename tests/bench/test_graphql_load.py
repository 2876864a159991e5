"""The load generator of `bench.graphql`: what is made of its word, and wrk itself where it is."""

import os
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import msgspec
import pytest

from bench.graphql.__main__ import main
from bench.graphql.contenders import CONTENDERS, REST, Cores, Running
from bench.graphql.load import (
    BadAnswer,
    Load,
    Said,
    Seen,
    Summary,
    Target,
    command,
    finished,
    quantile,
    real_waits,
    started_load,
    under_load,
    version,
)
from bench.graphql.operations import Asking, Operation
from bench.graphql.seeding import Seeded, Watcher

ERRORS = {"connect": 0, "read": 0, "write": 0, "status": 0, "timeout": 0}
CONNECTIONS = 4
WATCHER = Watcher(UUID(int=1), "token")
SHOWN = tuple([UUID(int=place) for place in range(4, 7)])
SEEDED = Seeded(1, SHOWN, UUID(int=3), (WATCHER, WATCHER))
ASKING = Asking(Operation.E, WATCHER)
BODY = b'{"movies":[]}'
needs_wrk = pytest.mark.skipif(version() is None, reason="wrk is not installed")

Answer = Callable[[int], tuple[int, bytes]]


def slowly(seconds: float) -> Answer:
    """The right answer, after so long."""

    def answer(_: int) -> tuple[int, bytes]:
        time.sleep(seconds)
        return 200, BODY

    return answer


class Peer:
    """A server that says `answer(n)` to the n-th request; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.answer: Answer = lambda _: (200, BODY)
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                peer.asked.append((self.command, self.path, dict(self.headers)))
                status, body = peer.answer(len(peer.asked))
                head = f"HTTP/1.1 {status} Said\r\ncontent-length: {len(body)}\r\n\r\n"
                self.wfile.write(head.encode() + body)

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    @property
    def running(self) -> Running:
        """As if it were a contender."""
        contender = next(c for c in CONTENDERS if c.name == REST)
        address = f"http://127.0.0.1:{self.server.server_port}"
        return Running(contender, address, os.getpid(), SEEDED)


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def load(seconds: float = 0.3) -> Load:
    core = min(os.sched_getaffinity(0))
    return Load(seconds, 0.1, Cores(core, core), CONNECTIONS)


def seen(peer: Peer, how: Load) -> Seen:
    target = Target(peer.running, ASKING, how)
    with started_load(how.cores.others, command(target)) as process:
        return finished(target, process)


@needs_wrk
def test_answers_are_counted_between_two_moments(peer: Peer) -> None:
    peer.answer = slowly(0.01)
    began = time.monotonic()
    found = seen(peer, load())
    assert time.monotonic() - began < 20, "it ends when it has seen enough"
    assert found.seconds >= 0.3
    assert CONNECTIONS * 5 <= found.answers < len(peer.asked)
    assert found.answers / found.seconds < CONNECTIONS * 1000 / 10 + CONNECTIONS
    assert 10 <= found.p50 <= found.p99
    assert found.spent >= 0
    assert 0 <= found.idle <= (found.seconds + 0.1) * os.sysconf("SC_CLK_TCK")


@needs_wrk
def test_it_asks_as_is_wanted_and_for_nothing_compressed(peer: Peer) -> None:
    seen(peer, load(0.05))
    method, path, headers = peer.asked[-1]
    assert (method, path) == ("GET", "/watching")
    assert {name.lower(): value for name, value in headers.items()} == {
        "host": f"127.0.0.1:{peer.server.server_port}",
        "x-user-id": str(WATCHER.id),
    }


@needs_wrk
def test_movies_are_asked_for_in_turn(peer: Peer) -> None:
    how = load(0.05)
    peer.answer = lambda number: (200, BODY + b" " * (number % 2))
    target = Target(peer.running, Asking(Operation.B, WATCHER), how)
    with started_load(how.cores.others, command(target)) as process:
        finished(target, process)  # of any length that one of them has
    paths = [path for _, path, _ in peer.asked[len(SHOWN) :]]
    times = [paths.count(f"/movies/{movie}") for movie in SHOWN]
    assert sum(times) == len(paths)
    assert max(times) - min(times) <= CONNECTIONS


@needs_wrk
@pytest.mark.parametrize("core", sorted(os.sched_getaffinity(0))[:2])
def test_it_runs_on_the_other_core_alone(peer: Peer, core: int) -> None:
    how = Load(0.05, 0.1, Cores(contender=-1, others=core), CONNECTIONS)
    with started_load(core, command(Target(peer.running, ASKING, how))) as process:
        assert os.sched_getaffinity(process.pid) == {core}


@needs_wrk
def test_several_are_asked_at_once(peer: Peer) -> None:
    peer.answer = slowly(0.01)
    target = Target(peer.running, ASKING, load())
    one, other = under_load([target, target])
    assert min(one.to, other.to) - max(one.since, other.since) > 0.15
    assert one.answers > 0 < other.answers


@needs_wrk
def test_a_slow_contender_gets_more_time(peer: Peer) -> None:
    peer.answer = slowly(0.1)
    found = seen(peer, load(0.2))
    assert found.answers >= CONNECTIONS * 5, "five answers to each connection"
    assert found.seconds >= 0.4
    peer.answer = slowly(0.3)
    found = seen(peer, load(0.1))
    assert found.answers < CONNECTIONS * 5, "but no more than five times the seconds"


@needs_wrk
@pytest.mark.parametrize(
    ("status", "body", "what"),
    [
        (503, b"", "status 503; 1 errors of status"),
        (204, b"", "status 204"),
        (302, BODY, f"status 302 {BODY.decode()}"),
        (200, b'{"errors": "\xfc \\ \n"}', '19 bytes {"errors": "ü \\ \n"}'),
    ],
)
def test_one_wrong_answer_is_found(peer: Peer, status: int, body: bytes, what: str) -> None:
    peer.answer = lambda number: (status, body) if number == 30 else (200, BODY)
    with pytest.raises(BadAnswer) as caught:
        seen(peer, load(0.1))
    assert str(caught.value) == f"Under load rest gave {what}."


@needs_wrk
def test_wrong_answers_while_warming_up_are_found(peer: Peer) -> None:
    peer.answer = lambda number: (200, BODY + b" " * (number == 5))
    with pytest.raises(BadAnswer, match="gave 14 bytes"):
        under_load([Target(peer.running, ASKING, load(0.1))])


@needs_wrk
def test_a_contender_that_goes_away_is_told(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(number: int) -> tuple[int, bytes]:
        if number > 20:
            peer.server.socket.close()
            raise ConnectionAbortedError
        return 200, BODY

    peer.answer = gone
    monkeypatch.setattr("bench.graphql.load.TIMEOUT", 1)
    with pytest.raises(BadAnswer, match=r"Under load rest gave \d+ errors of "):
        seen(peer, load(0.1))


def corrected(waits: dict[int, int], usual: int) -> dict[int, int]:
    """As wrk adds what it would have waited for."""
    counts = dict(waits)
    for wait in sorted(waits):
        for added in range(wait - usual, usual, -usual) if wait >= 2 * usual else ():
            counts[added] = counts.get(added, 0) + waits[wait]
    return counts


def said(waits: dict[int, int], answers: int, duration: int) -> Said:
    return Said(Summary(duration, answers, ERRORS), waits=sorted(waits.items()))


def test_what_wrk_adds_to_latencies_comes_off() -> None:
    drawn = random.Random(5)
    for usual in (7, 100, 1000):
        waits: dict[int, int] = {}
        for _ in range(400):
            wait = int(drawn.paretovariate(1.1) * usual / 2)
            waits[wait] = waits.get(wait, 0) + 1
        made = corrected(waits, usual)
        assert sum(made.values()) > 400
        found = real_waits(said(made, 400, usual * 400 // CONNECTIONS), CONNECTIONS)
        assert {wait: count for wait, count in found.items() if count} == waits
        assert (
            quantile(found, 0.5)
            == sorted(wait for wait, count in waits.items() for _ in range(count))[200]
        )


def test_fewer_answers_than_connections_are_not_corrected() -> None:
    assert real_waits(said({9_000: 2, 5: 1}, 3, 10_000), CONNECTIONS) == {9_000: 2, 5: 1}
    assert real_waits(said({}, 0, 10_000), CONNECTIONS) == {}


def test_latencies_that_cannot_be_right_are_refused() -> None:
    with pytest.raises(RuntimeError, match="does not know"):
        real_waits(said({100: 10}, 9, 1000), CONNECTIONS)
    with pytest.raises(RuntimeError, match="does not know"):
        real_waits(said({100: 8}, 9, 1000), CONNECTIONS)


def test_quantiles() -> None:
    counts = {30: 1, 10: 98, 20: 1}
    assert [quantile(counts, part) for part in (0, 0.5, 0.97, 0.98, 0.99)] == [10, 10, 10, 20, 30]
    assert quantile({}, 0.5) == 0


def test_lists_and_moments_that_are_missing_are_none() -> None:
    line = b'{"summary":{"requests":0,"bytes":0,"duration":5,"errors":{"read":1}},"wrong":{}}'
    found = msgspec.json.decode(line, type=Said)
    assert (found.start, found.to, found.waits) == (None, None, [])


def test_without_wrk_nothing_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr("sys.argv", ["bench.graphql"])
    assert main() == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "bench.graphql needs wrk: apt-get install wrk. Nothing is measured.\n"


@needs_wrk
def test_its_version_is_told() -> None:
    assert "." in str(version())
