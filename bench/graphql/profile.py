"""Where the time of a contender goes under load, as a flame graph."""

import shutil
import subprocess
import time
from pathlib import Path
from typing import Final

from bench.graphql.contenders import Contender, started
from bench.graphql.load import Load, Target, command, finished, started_load, under_load
from bench.graphql.measuring import NEW
from bench.graphql.operations import Asking, Operation
from bench.graphql.seeding import Seeded
from bench.servers import Servers

SAMPLES: Final = 250  # a second
STARTING: Final = 2.0  # seconds, of the load and of the profiler
PROFILER: Final = "py-spy"


def installed() -> bool:
    """Whether the profiler can be found."""
    return shutil.which(PROFILER) is not None


def record(
    contender: Contender, operation: Operation, where: tuple[Servers, Seeded], load: Load, to: Path
) -> None:
    """Write an SVG of one operation, of the time after warming up. Raises CalledProcessError."""
    made, seeded = where
    asking = Asking(operation, seeded.watchers[0])
    warming = Load(load.warm, load.warm + NEW, load.cores, load.connections)
    longer = Load(load.seconds + STARTING, load.warm, load.cores, load.connections)
    options = {
        "--duration": max(1, round(load.seconds)),
        "--rate": SAMPLES,
        "--format": "flamegraph",
        "--output": to,
    }
    words = [str(word) for option in options.items() for word in option]
    with started(contender, made, seeded, load.cores.contender) as running:
        under_load([Target(running, asking, warming)])
        target = Target(running, asking, longer)
        with started_load(load.cores.others, command(target)) as under_way:
            time.sleep(STARTING / 2)
            recorder = [PROFILER, "record", "--nonblocking", "--pid", str(running.pid), *words]
            subprocess.run(recorder, check=True)
            finished(target, under_way)
