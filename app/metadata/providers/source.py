"""What every provider is, whatever else it can do."""

from typing import Protocol

from app.metadata.domain import ProviderSpec
from app.metadata.providers.asking import Asking


class Provider(Protocol):
    """One place where metadata comes from; what it can do, its other methods say."""

    spec: ProviderSpec

    def __init__(self, asking: Asking) -> None: ...
