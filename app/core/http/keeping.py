"""A small cache of answers that say how long they are good."""

import re
from typing import TYPE_CHECKING, Final

from app.core.http.pacing import Monotonic
from app.core.http.policy import Policy

if TYPE_CHECKING:
    from app.core.http.client import Answer

MAX_AGE: Final = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
NEVER: Final = re.compile(r"(?:^|[,\s])no-(?:store|cache)\b", re.IGNORECASE)


class Kept:
    """Answers by address, for as long as they said, within the policy's bounds."""

    def __init__(self, policy: Policy, now: Monotonic) -> None:
        self._policy, self._now = policy, now
        self._answers: dict[str, tuple[float, Answer]] = {}
        self._bytes = 0

    def get(self, url: str) -> "Answer | None":
        """The answer, if it is still good."""
        found = self._answers.get(url)
        if found is None:
            return None
        if found[0] <= self._now():
            self._drop(url)
            return None
        return found[1]

    def put(self, url: str, answer: "Answer", fresh: float | None = None) -> None:
        """Keep an answer, if it may be: for `fresh` seconds, or as long as it says itself."""
        if fresh is None:
            fresh = self._fresh(answer.headers.get("cache-control", ""))
        self._drop(url)
        size, policy = _size(url, answer), self._policy
        if answer.status != 200 or fresh <= 0 or size > policy.most_kept_bytes:
            return
        self._answers[url] = (self._now() + fresh, answer)
        self._bytes += size
        while len(self._answers) > policy.most_kept or self._bytes > policy.most_kept_bytes:
            self._drop(next(iter(self._answers)))

    def _drop(self, url: str) -> None:
        found = self._answers.pop(url, None)
        if found is not None:
            self._bytes -= _size(url, found[1])

    def _fresh(self, said: str) -> float:
        found = MAX_AGE.search(said)
        seconds = 0.0 if found is None or NEVER.search(said) else float(found[1])
        return min(max(seconds, self._policy.least_fresh), self._policy.most_fresh)


def _size(url: str, answer: "Answer") -> int:
    """About how much memory it takes."""
    heads = sum(len(name) + len(value) for name, value in answer.headers.items())
    return len(answer.body) + heads + 2 * len(url)
