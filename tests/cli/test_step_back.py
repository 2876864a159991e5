"""Bulk work gives way to whoever browses."""

import subprocess
import sys

import pytest

LOOK = """
import os, sys
from app.cli import processes
processes.run = lambda main: print(os.nice(0))
processes.run_worker(None, sys.argv[1:])
"""


@pytest.mark.parametrize(
    ("queues", "nice"), [(("bulk",), 10), (("default", "low"), 0), (("bulk", "default"), 0)]
)
def test_a_worker_for_bulk_alone_steps_back(queues: tuple[str, ...], nice: int) -> None:
    before = int(subprocess.run(["nice"], capture_output=True, check=True).stdout)
    found = subprocess.run(
        [sys.executable, "-c", LOOK, *queues], capture_output=True, text=True, check=True
    )
    assert int(found.stdout) == min(19, before + nice)
