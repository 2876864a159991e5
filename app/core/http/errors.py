"""What can go wrong outside. No sentence quotes an answer or an address with a query."""

from app.core.errors import Invalid, Unavailable


class AddressRefused(Invalid):
    """The address leads where this server does not go."""


class OutsideUnavailable(Unavailable):
    """The other server does not answer, answers too slowly, or says that it cannot now."""

    def __init__(self, name: str, why: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"{name} {why}.", retry_after=retry_after)


class AskedTooOften(OutsideUnavailable):
    """It lets itself be asked only so often, and that is used up for now."""


class BadAnswer(Unavailable):
    """The other server answers something that cannot be used."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} {why}.")


class TooLong(BadAnswer):
    """It answers with more than anything of the kind should be."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "answers with more than it may")
