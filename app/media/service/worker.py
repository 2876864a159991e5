"""The parent's half of one probing child: start it, ask it, end it."""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import Process

import msgspec
from msgspec import MsgspecError

from app.core.children import start_child
from app.media.domain.probe import FailureReason, Probed, ProbeFailure, Still
from app.media.service.wire import HEADER, MOST_ANSWER, AnyRequest, Hello

_START = 30.0  # seconds for the interpreter and the libraries on a loaded machine
_END = 3.0  # seconds to wait for killed children; one that hangs in the file system is left behind
_CHILD = "app.media.service.child"
_READ_SHARE = 0.8  # of the time limit; so a slow disk ends in an answer, not in a killed child

Found = Probed | Still | ProbeFailure
_FOUND: msgspec.msgpack.Decoder[Found] = msgspec.msgpack.Decoder(Found)
_HELLO = msgspec.msgpack.Decoder(Hello)
_ENCODER = msgspec.msgpack.Encoder()


class Garbage(Exception):
    """The child did not keep to the protocol."""


class Reaper:
    """Kills children and waits for their ends in the background."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()

    def bury(self, process: Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        self._watch(asyncio.ensure_future(process.wait()))

    def bury_unborn(self, spawning: "asyncio.Task[Process]") -> None:
        async def wait() -> None:
            with contextlib.suppress(OSError):
                self.bury(await spawning)

        self._watch(asyncio.ensure_future(wait()))

    async def close(self) -> None:
        deadline = asyncio.get_running_loop().time() + _END
        while self._tasks and (left := deadline - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(self._tasks, timeout=left)

    def _watch(self, task: "asyncio.Task[object]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class Worker:
    """One child process; not for concurrent use."""

    def __init__(self, process: Process, reaper: Reaper) -> None:
        self.process = process
        self.walls: list[str] = []
        self.files = 0
        self._reaper = reaper
        self._buried = False

    @classmethod
    async def start(cls, reaper: Reaper, memory: int, cpu_seconds: int) -> "Worker":
        """A child that is ready. Raises OSError when none is to be had."""
        worker = cls(await _spawn(reaper, memory, cpu_seconds), reaper)
        try:
            async with asyncio.timeout(_START):
                worker.walls = _HELLO.decode(await worker._answer()).walls
        except (TimeoutError, Garbage, EOFError, ConnectionError, MsgspecError) as error:
            worker.end()
            raise ChildProcessError("The probing child did not become ready.") from error
        except BaseException:
            worker.end()
            raise
        return worker

    @property
    def alive(self) -> bool:
        return not self._buried and self.process.returncode is None

    def end(self) -> None:
        if not self._buried:
            self._buried = True
            self._reaper.bury(self.process)

    async def ask(self, request: AnyRequest) -> Found:
        """Look into one file, within the seconds of the request. A child that fails is ended, and
        so is one whose caller is cancelled.
        """
        self.files += 1
        reads = msgspec.structs.replace(request, seconds=request.seconds * _READ_SHARE)
        try:
            async with asyncio.timeout(request.seconds):
                await self._send(_ENCODER.encode(reads))
                return _FOUND.decode(await self._answer())
        except TimeoutError:
            self.end()
            return ProbeFailure(reason=FailureReason.TIMEOUT)
        except (EOFError, ConnectionError):
            return await self._crashed()
        except (Garbage, MsgspecError):
            self.end()
            return ProbeFailure(reason=FailureReason.CRASHED, detail="The answer made no sense.")
        except BaseException:
            self.end()
            raise

    async def _crashed(self) -> ProbeFailure:
        code = None
        try:
            async with asyncio.timeout(_END):
                code = await self.process.wait()
        except TimeoutError:
            pass
        finally:
            self.end()
        if code == -signal.SIGXCPU:
            return ProbeFailure(reason=FailureReason.TIMEOUT)
        return ProbeFailure(reason=FailureReason.CRASHED, detail=_exit_words(code))

    async def _send(self, frame: bytes) -> None:
        writer = self.process.stdin
        if writer is None or writer.is_closing():
            raise BrokenPipeError
        writer.write(len(frame).to_bytes(HEADER, "big") + frame)
        await writer.drain()

    async def _answer(self) -> bytes:
        reader = self.process.stdout
        if reader is None:
            raise BrokenPipeError
        size = int.from_bytes(await reader.readexactly(HEADER), "big")
        if not 0 < size <= MOST_ANSWER:
            raise Garbage
        return await reader.readexactly(size)


def _exit_words(code: int | None) -> str:
    if code is None:
        return "The probing process closed its output."
    if code >= 0:
        return f"The probing process ended with status {code}."
    names = {s.value: s.name for s in signal.Signals}
    return f"The probing process was ended by {names.get(-code, f'signal {-code}')}."


async def _spawn(reaper: Reaper, memory: int, cpu_seconds: int) -> Process:
    arguments = (str(memory), str(cpu_seconds), str(os.getpid()))
    spawning = asyncio.create_task(start_child(_CHILD, *arguments))
    try:
        # Shielded: a child that is being born when its caller goes away must not be forgotten.
        return await asyncio.shield(spawning)
    except asyncio.CancelledError:
        reaper.bury_unborn(spawning)
        raise
