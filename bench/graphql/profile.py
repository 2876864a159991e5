"""Where the time of a contender goes under load, as a flame graph."""

import shutil
import subprocess
import time
from pathlib import Path
from typing import Final

from bench.graphql.contenders import Contender, started
from bench.graphql.measuring import NEW, Load, finished, started_load
from bench.graphql.operations import Asking, Operation
from bench.graphql.seeding import Seeded
from bench.servers import Servers

SAMPLES: Final = 250  # a second
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
    warm = load.warm + NEW
    long = Load(load.seconds + warm, warm, load.cores, load.connections)
    with started(contender, made, seeded, load.cores.contender) as running:
        under_way = started_load(running, asking, long)
        time.sleep(2 * warm)
        options = {
            "--pid": running.pid,
            "--duration": max(1, round(load.seconds)),
            "--rate": SAMPLES,
            "--format": "flamegraph",
            "--output": to,
        }
        words = [str(word) for option in options.items() for word in option]
        subprocess.run([PROFILER, "record", "--nonblocking", *words], check=True)
        finished(running, under_way)
