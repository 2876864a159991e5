"""How a refresh begins its transactions: those of a job are fenced."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

from app.core.tx import Tx

Begin: TypeAlias = Callable[[], AbstractAsyncContextManager[Tx]]
