"""A small cache of answers that say how long they are good."""

import re
from typing import TYPE_CHECKING, Final

from app.core.http.pacing import Monotonic
from app.core.http.policy import Policy

if TYPE_CHECKING:
    from app.core.http.client import Answer

MOST_KEPT: Final = 64
MAX_AGE: Final = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
NEVER: Final = re.compile(r"(?:^|[,\s])no-(?:store|cache)\b", re.IGNORECASE)


class Kept:
    """Answers by address, for as long as they said, within the policy's bounds."""

    def __init__(self, policy: Policy, now: Monotonic) -> None:
        self._policy, self._now = policy, now
        self._answers: dict[str, tuple[float, Answer]] = {}

    def get(self, url: str) -> "Answer | None":
        """The answer, if it is still good."""
        found = self._answers.get(url)
        if found is None or found[0] <= self._now():
            self._answers.pop(url, None)
            return None
        return found[1]

    def put(self, url: str, answer: "Answer") -> None:
        """Keep an answer, if it may be."""
        fresh = self._fresh(answer.headers.get("cache-control", ""))
        self._answers.pop(url, None)
        if answer.status != 200 or fresh <= 0:
            return
        while len(self._answers) >= MOST_KEPT:
            del self._answers[next(iter(self._answers))]
        self._answers[url] = (self._now() + fresh, answer)

    def _fresh(self, said: str) -> float:
        found = MAX_AGE.search(said)
        seconds = 0.0 if found is None or NEVER.search(said) else float(found[1])
        return min(max(seconds, self._policy.least_fresh), self._policy.most_fresh)
