"""What can go wrong with a provider: that one alone, never the others."""

from app.core.errors import Invalid, NotFound, Unavailable
from app.metadata.domain.records import RecordKind


class ProviderFailed(Unavailable):
    """A provider could not be asked, or not be understood; `provider` is its name."""

    def __init__(self, provider: str, sentence: str, *, retry_after: float | None = None) -> None:
        super().__init__(sentence, retry_after=retry_after)
        self.provider = provider


class ProviderRefused(ProviderFailed):
    """It does not take the key."""

    def __init__(self, provider: str, label: str) -> None:
        super().__init__(provider, f"{label} does not accept the key that is set for it.")


class ProviderUnknown(NotFound):
    """There is no provider of this name."""

    def __init__(self, field: str = "provider") -> None:
        super().__init__("There is no such metadata provider.", field=field)


class ProviderOff(Invalid):
    """It is turned off, or lacks a key."""

    def __init__(self, label: str, field: str = "provider") -> None:
        super().__init__(f"{label} is turned off or lacks its key.", field=field)


class BadProviderId(Invalid):
    """No id of this provider looks like that."""

    def __init__(self, label: str) -> None:
        super().__init__(f"This is no id of {label}.", field="id")


class CannotSearch(Invalid):
    """The provider finds nothing of this kind."""

    def __init__(self, label: str, kind: RecordKind, field: str) -> None:
        super().__init__(f"{label} has no {kind.value}s to find.", field=field)
