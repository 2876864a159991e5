"""Starting child processes that look at what strangers sent; `sandbox` is the child's own half."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

# -I ignores the environment and the working folder, so the child is told where the program lies.
# Behind the standard library, for which nothing there may stand in, and before what is installed:
# another copy of this program there may not be of the parent's version.
_BOOT = (
    "import sys; at = [p.endswith('-packages') for p in sys.path] + [True]; "
    "sys.path.insert(at.index(True), sys.argv.pop(1)); "
    "from importlib import import_module; "
    "sys.exit(import_module(sys.argv.pop(1)).main(sys.argv[1:]))"
)
_ROOT = str(Path(__file__).resolve().parents[2])
_PASSED_ON = ("LD_LIBRARY_PATH",)  # an interpreter outside of the system's folders needs it


async def start_child(module: str, *arguments: str) -> Process:
    """A fresh interpreter that runs `main(arguments)` of a module of this program.

    Its input and output are pipes, its environment is empty. Raises OSError when none is to be had.
    """
    environment = {"LC_ALL": "C.UTF-8"}
    environment |= {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-I", "-c", _BOOT, _ROOT, module, *arguments),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        cwd="/",
        env=environment,
        start_new_session=True,
    )
