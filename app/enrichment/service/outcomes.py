"""How asking providers ended."""

from collections.abc import Sequence
from typing import Any, Final

from app.catalog.domain.said import Guess, MetadataState
from app.enrichment.domain import Outcome
from app.metadata.domain import Failure, Gathered, Match

MOST_PROBLEM: Final = 500


def judged(gathered: Gathered[Any]) -> Outcome:
    """What all have lost that had an id of it is gone; what nobody could be asked about fails."""
    if gathered.records:
        return partial(gathered.failures)
    if gathered.failures:
        return failed(gathered.failures)
    if gathered.gone:
        problem = "No provider has it any more under its ids."
        return Outcome(state=MetadataState.GONE, problem=problem)
    return Outcome(state=MetadataState.UNMATCHED)


def partial(failures: Sequence[Failure]) -> Outcome:
    """Something was found, and not everybody could be asked."""
    if not failures:
        return Outcome(state=MetadataState.MATCHED)
    return _after(MetadataState.PARTIAL, failures, ())


def failed(failures: Sequence[Failure], matches: Sequence[Match] = ()) -> Outcome:
    """Nothing was found, which may be for who could not be asked."""
    return _after(MetadataState.FAILING, failures, guesses(matches))


def _after(state: MetadataState, failures: Sequence[Failure], found: tuple[Guess, ...]) -> Outcome:
    return Outcome(
        state=state,
        problem=" ".join(dict.fromkeys(f.message for f in failures))[:MOST_PROBLEM],
        guesses=found,
        retry_after=max((f.retry_after or 0 for f in failures), default=None),
    )


def guesses(matches: Sequence[Match]) -> tuple[Guess, ...]:
    """What it may be."""
    return tuple(
        Guess(
            provider=match.hit.source,
            id=match.hit.id,
            title=match.hit.title,
            year=match.hit.year,
            confidence=round(match.score, 3),
            picture_url=match.hit.picture,
        )
        for match in matches
    )
