"""Tokens and passwords: only hashes are kept, and hashing is bounded work.

argon2id is slow and hungry on purpose, so all of it goes through one hasher per process: a fixed
number of threads, a queue that is never longer than people would wait, and a typed refusal.
"""

import asyncio
import base64
import contextlib
import hashlib
import os
import re
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import argon2
import bcrypt
from argon2.exceptions import InvalidHashError, VerificationError

from app.core.config import AuthConfig
from app.core.errors import Invalid, RateLimited
from app.core.logging import get_logger

T = TypeVar("T")
log = get_logger(__name__)
MOST_PASSWORD: Final = 1024
MOST_MEMORY: Final = 256 << 10
MOST_PASSES: Final = 10
MOST_LANES: Final = 16
KIB_PER_SECOND: Final = 1_000_000  # a modest machine; replaced by measurements as they come
NICE: Final = 10
SALT_BYTES: Final = 16
BCRYPT: Final = ("$2a$", "$2b$", "$2y$")
BCRYPT_FORM: Final = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}")
MOST_BCRYPT: Final = 72
MOST_ROUNDS: Final = 14
HASH_BYTES: Final = 32


def new_token(prefix: str) -> str:
    """An unguessable token, `<prefix>_` and 43 characters for 256 bits."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def token_hash(text: str) -> bytes:
    """SHA-256 of a token, 32 bytes: the only form in which one is stored.

    A token is random enough for a fast hash; a password is not.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


class PasswordHasher:
    """argon2id on a bounded number of threads, with a bounded queue before them."""

    def __init__(self, config: AuthConfig, processes: int = 1) -> None:
        self._argon = argon2.PasswordHasher(
            time_cost=config.hash_time,
            memory_cost=config.hash_memory,
            parallelism=1,
            hash_len=HASH_BYTES,
            salt_len=SALT_BYTES,
        )
        self._threads = config.hash_threads or max(1, (os.cpu_count() or 1) // processes)
        self._pool = ThreadPoolExecutor(
            self._threads, thread_name_prefix="password", initializer=_step_back
        )
        self._slots = asyncio.Semaphore(self._threads)
        self._most_wait = config.hash_wait
        self._cost = config.hash_memory * config.hash_time / KIB_PER_SECOND
        self._dummy = _dummy(config)
        self._hashing = 0
        self.waiting = 0
        self.started = 0

    async def hash(self, password: str) -> str:
        """The encoded hash of a new password. Raises Invalid or RateLimited."""
        secret = _bounded(password)
        with self.turn() as turn:
            return await self._run(lambda: self._argon.hash(secret), turn)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether this is the password. Raises Invalid or RateLimited.

        None (there is no such user) and a hash that may not be computed cost the same and are
        never right, so that the time tells nothing.
        """
        with self.turn() as turn:
            return await turn.verify(stored, password)

    @contextlib.contextmanager
    def turn(self) -> Iterator["Turn"]:
        """A place in the queue, before anything is done for the sake of a hash.

        Raises RateLimited where the queue is longer than anybody would wait: it costs nothing then.
        """
        turn = Turn(self, self._enter())
        try:
            yield turn
        finally:
            turn.leave()

    async def _verify(self, stored: str | None, password: str, turn: "Turn") -> bool:
        secret = _bounded(password)
        sound = stored is not None and _within_limits(stored)
        encoded = stored if stored is not None and sound else self._dummy
        matches = await self._run(lambda: self._matches(encoded, secret), turn)
        return matches and sound

    def needs_rehash(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        foreign = stored.startswith(BCRYPT) or not _within_limits(stored)
        return foreign or self._argon.check_needs_rehash(stored)

    def close(self) -> None:
        """End the threads once they have done what they are at."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _matches(self, encoded: str, secret: bytes) -> bool:
        if encoded.startswith(BCRYPT):
            # bcrypt never looked further than this; its library refuses longer ones.
            return bcrypt.checkpw(secret[:MOST_BCRYPT], encoded.encode())
        try:
            return self._argon.verify(encoded, secret)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T], turn: "Turn") -> T:
        await self._take_slot(turn)
        self.started += 1
        running = asyncio.get_running_loop().run_in_executor(self._pool, self._timed, work)
        running.add_done_callback(self._free_slot)
        # A thread cannot be stopped: it keeps its slot even when nobody waits any more.
        value, took = await asyncio.shield(running)
        self._cost += (took - self._cost) / 5
        return value

    def _enter(self) -> float:
        """Join the queue; until when one would wait."""
        ahead = self.waiting + self._hashing
        if ahead >= self._threads:
            estimate = (self.waiting + 1) * self._cost / self._threads
            if estimate > self._most_wait:
                raise _busy(estimate)
        self.waiting += 1
        return asyncio.get_running_loop().time() + self._most_wait

    async def _take_slot(self, turn: "Turn") -> None:
        try:
            async with asyncio.timeout_at(turn.until):
                await self._slots.acquire()
        except TimeoutError:
            raise _busy(self._most_wait) from None
        finally:
            turn.leave()
        self._hashing += 1

    def _free_slot(self, ended: "asyncio.Future[tuple[T, float]]") -> None:
        self._slots.release()
        self._hashing -= 1
        if not ended.cancelled():
            ended.exception()  # nobody may be waiting for it any more

    @staticmethod
    def _timed(work: Callable[[], T]) -> tuple[T, float]:
        started = time.perf_counter()
        return work(), time.perf_counter() - started


class Turn:
    """A place in the hasher's queue: for one hash, until a moment."""

    def __init__(self, hasher: PasswordHasher, until: float) -> None:
        self._hasher, self.until = hasher, until
        self._waits = True

    async def verify(self, stored: str | None, password: str) -> bool:
        """As the hasher's `verify`."""
        return await self._hasher._verify(stored, password, self)  # noqa: SLF001 - one of a pair

    def leave(self) -> None:
        """Wait no longer."""
        if self._waits:
            self._waits = False
            self._hasher.waiting -= 1


def _step_back() -> None:
    """Strangers decide how much is hashed: the event loop goes first where both want a CPU."""
    if sys.platform.startswith("linux"):  # elsewhere niceness is the whole process's
        thread = threading.get_native_id()
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICE)


def _busy(wait: float) -> RateLimited:
    message = "Too many people are signing in just now; try again in a moment."
    return RateLimited(message, retry_after=max(1.0, wait))


def _bounded(password: str) -> bytes:
    """The bytes of a password. Raises Invalid, which never quotes it."""
    try:
        secret = password.encode()
    except UnicodeEncodeError:
        raise Invalid("A password is valid Unicode text.", field="password") from None
    if len(secret) > MOST_PASSWORD:
        message = f"A password has at most {MOST_PASSWORD} bytes."
        raise Invalid(message, field="password")
    return secret


def _within_limits(stored: str) -> bool:
    """Whether a stored hash is argon2's or bcrypt's and asks for no absurd work."""
    if stored.startswith(BCRYPT):
        form = BCRYPT_FORM.fullmatch(stored)
        return form is not None and int(form[1]) <= MOST_ROUNDS
    try:
        found = argon2.extract_parameters(stored)
    except InvalidHashError:
        log.warning("crypto.unreadable_hash")
        return False
    bearable = (
        found.memory_cost <= MOST_MEMORY
        and found.time_cost <= MOST_PASSES
        and found.parallelism <= MOST_LANES
    )
    if not bearable:
        log.warning("crypto.absurd_hash", memory=found.memory_cost, passes=found.time_cost)
    return bearable


def _dummy(config: AuthConfig) -> str:
    """A hash of today's parameters that no password has: its digest is random."""
    salt, digest = (
        base64.b64encode(os.urandom(n)).rstrip(b"=").decode() for n in (SALT_BYTES, HASH_BYTES)
    )
    return f"$argon2id$v=19$m={config.hash_memory},t={config.hash_time},p=1${salt}${digest}"
