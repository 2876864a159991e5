"""One client of one target: everything that is asked outside goes through here."""

import asyncio
import hashlib
import ssl
import time
from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import urlencode
from weakref import WeakValueDictionary

import httpcore
import httpx
import msgspec
from msgspec import Struct

from app.core.http.errors import (
    AddressRefused,
    AskedTooOften,
    BadAnswer,
    OutsideUnavailable,
    TooLong,
)
from app.core.http.guard import AddressGuard, GuardedBackend, Resolver, SystemResolver, check_url
from app.core.http.keeping import Kept
from app.core.http.pacing import Breaker, Bucket, Monotonic, Pace, asked_wait, pause
from app.core.http.policy import PORTS, Policy, origin_of
from app.core.http.transport import GuardedTransport
from app.core.http.unpacking import Unpacking
from app.core.logging import get_logger
from app.core.metrics import Metrics

log = get_logger(__name__)
IDEMPOTENT: Final = frozenset({"GET", "HEAD"})
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
FORM: Final = "application/x-www-form-urlencoded"
# All that a redirect to another server takes along.
IMPERSONAL: Final = frozenset({"accept", "accept-language", "accept-encoding", "user-agent"})
AGENT: Final = "Revenge"
JSON: Final = "application/json"
MOST_HELD: Final = 3600.0  # seconds that a target may ask all processes to leave it alone


class Answer(Struct, frozen=True, kw_only=True):
    """What another server said. Header names are in small letters; the body is never shown."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Answer(status={self.status}, bytes={len(self.body)})"

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self, label: str) -> dict[str, Any]:
        """The body as a JSON object. Raises BadAnswer."""
        try:
            value = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError):
            raise BadAnswer(label, "does not answer with JSON") from None
        if not isinstance(value, dict):
            raise BadAnswer(label, "does not answer with a JSON object")
        return value


class Means(Struct, frozen=True, kw_only=True):
    """What a client works with; tests put their own in."""

    resolver: Resolver = SystemResolver()
    network: httpcore.AsyncNetworkBackend | None = None
    tls: ssl.SSLContext | None = None
    now: Monotonic = time.monotonic
    pace: Callable[[Policy, Monotonic], Pace] | None = None


class Fresh(Struct, frozen=True):
    """For how many `seconds` an answer is kept, or for as long as it says; not at all if it
    contains any of `unless`. `anew` asks in any case.
    """

    seconds: float | None = None
    anew: bool = False
    unless: tuple[bytes, ...] = ()


AS_IT_SAYS: Final = Fresh()


class Client:
    """Asks one target by its policy. Raises AddressRefused, OutsideUnavailable or BadAnswer."""

    def __init__(self, policy: Policy, metrics: Metrics, means: Means | None = None) -> None:
        means = means or Means()
        self.policy, self._metrics = policy, metrics
        shared = means.pace if policy.shared else None
        self._pace = (shared or Bucket)(policy, means.now)
        self._kept = Kept(policy, means.now)
        self._breaker = Breaker(policy, metrics, means.now)
        self._closed = False
        self._one_at_a_time: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._guard = AddressGuard(policy, means.resolver)
        backend = GuardedBackend(self._guard, means.network)
        self._http = httpx.AsyncClient(
            transport=GuardedTransport(policy, backend, means.tls),
            timeout=httpx.Timeout(policy.timeout, connect=policy.connect_timeout),
            headers={
                "user-agent": AGENT,
                "accept-encoding": "gzip" if policy.packed else "identity",
            },
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Close all connections; what is under way or waits fails."""
        self._closed = True
        await self._http.aclose()

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask, and ask again where that may help."""
        return await self._request(httpx.Request("GET", self._url(url), headers=headers))

    async def post_form(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a form, once: it may have had its effect even when no answer comes."""
        sent = {"content-type": FORM, **(headers or {})}
        body = urlencode(form).encode()
        return await self._request(
            httpx.Request("POST", self._url(url), headers=sent, content=body)
        )

    async def get_kept(
        self, url: str, headers: Mapping[str, str] | None = None, fresh: Fresh = AS_IT_SAYS
    ) -> Answer:
        """A document that is the same for all who ask, from the cache while it is fresh."""
        request = httpx.Request("GET", self._url(url), headers=headers)
        return await self._once_for_all(url, request, fresh)

    async def post_kept(
        self,
        url: str,
        document: bytes,
        headers: Mapping[str, str] | None = None,
        fresh: Fresh = AS_IT_SAYS,
    ) -> Answer:
        """What a JSON document asks for and does not change, such as a query of GraphQL."""
        sent = {"content-type": JSON, **(headers or {})}
        request = httpx.Request("POST", self._url(url), headers=sent, content=document)
        key = f"{url} {hashlib.sha256(document).hexdigest()}"
        return await self._once_for_all(key, request, fresh)

    async def send(self, request: httpx.Request) -> Answer:
        """What the client library of a service has put together, under this one's policy."""
        self._url(str(request.url))
        # How long it takes and how it is packed is the policy's, whatever the library has set.
        request.headers.update(self._http.headers)
        request.extensions = {"timeout": self._http.timeout.as_dict()}
        return await self._request(request)

    async def _once_for_all(self, key: str, request: httpx.Request, fresh: Fresh) -> Answer:
        before = self._kept.get(key)
        if before is not None and not fresh.anew:
            return before
        async with self._one_at_a_time.setdefault(key, asyncio.Lock()):
            now = self._kept.get(key)
            if now is not None and now is not before:
                return now  # somebody has just asked
            answer = await self._request(request, again=True)
            if not any(words in answer.body for words in fresh.unless):
                self._kept.put(key, answer, fresh.seconds)
            return answer

    def _url(self, url: str) -> httpx.URL:
        return check_url(url, self.policy)

    async def _request(self, request: httpx.Request, *, again: bool = False) -> Answer:
        """`again` may help and does no harm, as with all that only asks."""
        again = again or request.method in IDEMPOTENT
        attempts = self.policy.attempts if again else 1
        for attempt in range(1, attempts + 1):
            self._breaker.check()
            await self._pace.take()
            try:
                answer = await self._timed(request)
            except OutsideUnavailable:
                if attempt == attempts:
                    raise
                await asyncio.sleep(pause(attempt))
                continue
            if answer.status != 429 and answer.status < 500:
                return answer
            wait = asked_wait(answer.headers.get("retry-after"))
            if wait:
                await self._pace.hold(min(wait, MOST_HELD))
            delay = pause(attempt) if wait is None else wait
            if attempt == attempts or delay > self.policy.most_wait:
                error = AskedTooOften if answer.status == 429 else OutsideUnavailable
                raise error(self.policy.label, f"answers {answer.status}", retry_after=wait)
            await asyncio.sleep(delay)
        raise AssertionError("There is at least one attempt.")

    async def _timed(self, request: httpx.Request) -> Answer:
        """One attempt, told to the breaker and the metrics."""
        started, outcome = time.perf_counter(), "error"
        try:
            answer = await self._follow(request)
            outcome = str(answer.status)
            if answer.status < 500:
                self._breaker.worked()
            else:
                self._breaker.failed()
        except AddressRefused:
            outcome = "refused"
            raise
        except OutsideUnavailable:
            self._breaker.failed()
            raise
        except BadAnswer:
            outcome = "unusable"
            self._breaker.worked()
            raise
        else:
            return answer
        finally:
            name = self.policy.name
            self._metrics.outside_requests.labels(name, outcome).inc()
            self._metrics.outside_duration.labels(name).observe(time.perf_counter() - started)

    async def _follow(self, request: httpx.Request) -> Answer:
        """Send; a redirect of a GET is checked like the first address and followed."""
        try:
            async with asyncio.timeout(self.policy.timeout):
                for _ in range(self.policy.redirects + 1):
                    answer = await self._once(request)
                    if answer.status not in REDIRECTS:
                        return answer
                    if request.method not in IDEMPOTENT:
                        break
                    request = self._redirected(request, answer)
        except (httpx.TimeoutException, TimeoutError):
            raise OutsideUnavailable(self.policy.label, "does not answer in time") from None
        except httpx.InvalidURL:  # httpx looks at where an answer leads, followed or not
            raise BadAnswer(self.policy.label, "sends one to no address") from None
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            log.info("outside.failed", target=self.policy.name, error=type(error).__name__)
            raise OutsideUnavailable(self.policy.label, "cannot be reached") from None
        raise BadAnswer(self.policy.label, "sends one elsewhere")

    def _redirected(self, request: httpx.Request, answer: Answer) -> httpx.Request:
        try:
            url = str(request.url.join(answer.headers.get("location", "")))
        except (httpx.InvalidURL, ValueError):
            raise BadAnswer(self.policy.label, "sends one to no address") from None
        checked = self._url(url)
        same = origin_of(str(checked)) == origin_of(str(request.url))
        headers = [
            (name, value)
            for name, value in request.headers.multi_items()
            if name.lower() in IMPERSONAL or (same and name.lower() != "host")
        ]
        return httpx.Request(request.method, checked, headers=headers)

    async def _once(self, request: httpx.Request) -> Answer:
        for name, value in self._http.headers.items():
            request.headers.setdefault(name, value)
        request.extensions.setdefault("timeout", self._http.timeout.as_dict())
        if self._closed:
            raise OutsideUnavailable(self.policy.label, "has just been set up anew")
        if self.policy.proxy is not None:
            url = request.url
            await self._guard.vet(url.host, url.port or PORTS[url.scheme])
        answer = await self._http.send(request, stream=True, follow_redirects=False)
        try:
            return Answer(
                url=str(request.url),
                status=answer.status_code,
                headers={name.lower(): value for name, value in answer.headers.items()},
                body=await self._body(answer),
            )
        finally:
            await answer.aclose()

    async def _body(self, answer: httpx.Response) -> bytes:
        packing = answer.headers.get("content-encoding", "identity").lower()
        if packing != "identity" and not (packing == "gzip" and self.policy.packed):
            raise BadAnswer(self.policy.label, "packs its answer, which was not asked for")
        said = answer.headers.get("content-length", "")
        if said.isdigit() and int(said[:18]) > self.policy.most_bytes:
            raise TooLong(self.policy.label)
        body = Unpacking(self.policy, packed=packing == "gzip")
        async for chunk in answer.aiter_raw():
            body.add(chunk)
        return body.whole()
