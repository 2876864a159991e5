"""Asking a provider: where its settings say, and as often as it lets itself be asked."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from app.core.blobs import BlobStore
from app.core.clock import Clock
from app.core.http import (
    AddressRefused,
    Answer,
    AskedTooOften,
    BadAnswer,
    Fresh,
    Outside,
    OutsideUnavailable,
    Policy,
    origin_of,
)
from app.core.http.client import Client
from app.core.metrics import Metrics
from app.metadata.domain import ProviderFailed, ProviderRefused, ProviderSpec
from app.settings.domain import METADATA_PROVIDERS, METADATA_PROXY, Setting

T = TypeVar("T")
Params = Mapping[str, str | int | None]
NOT_THERE: Final = frozenset({404, 410})
DOTS: Final = frozenset({".", ".."})  # which no quoting keeps from meaning another place
MUCH: Final = 256 << 10  # bytes that take so long to decode that nobody should wait meanwhile
KEPT: Final = 512
KEPT_BYTES: Final = 16 << 20


class SettingValues(Protocol):
    """What settings are now."""

    def get(self, setting: Setting[T]) -> T: ...


class Needs(Protocol):
    """What it takes of the container."""

    @property
    def outside(self) -> Outside: ...
    @property
    def settings(self) -> SettingValues: ...
    @property
    def metrics(self) -> Metrics: ...
    @property
    def blobs(self) -> BlobStore: ...
    @property
    def clock(self) -> Clock: ...


class Question(Struct, frozen=True):
    """What a provider is asked: `what` names the kind of it in metrics. A `document` is posted as
    JSON. Answers to a `search` are good for less long, those that are not `kept` only once. `base`
    stands for the provider's address.

    Answers are kept by address: they are the same for everybody, so whoever asks proves himself in
    headers, or by what is always the same.
    """

    what: str
    path: Sequence[str | int]
    params: Params = {}
    headers: Mapping[str, str] = {}
    document: object = None
    search: bool = False
    kept: bool = True
    base: str | None = None

    def __repr__(self) -> str:
        return f"Question({self.what!r})"  # the rest may hold a key


class Asking:
    """Asks one provider. What is not there is None; all that asks raises ProviderFailed. `anew`: it
    does not take what it was told before for an answer.
    """

    def __init__(self, spec: ProviderSpec, needs: Needs, *, anew: bool = False) -> None:
        self.spec, self._anew = spec, anew
        self._outside, self._values, self._metrics = needs.outside, needs.settings, needs.metrics
        self.blobs, self.clock = needs.blobs, needs.clock
        self._settings = METADATA_PROVIDERS[spec.name]
        self._keys = {key.key.rpartition(".")[2]: key for key in self._settings.keys}
        self._decoders: dict[Any, msgspec.json.Decoder[Any]] = {}

    @property
    def enabled(self) -> bool:
        """Whether it is turned on."""
        return self._values.get(self._settings.enabled)

    @property
    def missing(self) -> tuple[str, ...]:
        """The settings without which it cannot be asked."""
        return tuple(self._keys[n].key for n in self._settings.needs if not self.key(n))

    @property
    def ready(self) -> bool:
        """Whether it is turned on and has the keys that it needs."""
        return self.enabled and not self.missing

    @property
    def address(self) -> str:
        """Where it is: its own address, or the one that was set."""
        return self._values.get(self._settings.address) or self.spec.address

    @property
    def moved(self) -> bool:
        """Whether it is asked elsewhere than at its own address."""
        return bool(self._values.get(self._settings.address))

    @property
    def proxy(self) -> str | None:
        """The proxy through which it is asked."""
        own = self._values.get(self._settings.proxy)
        return own or self._values.get(METADATA_PROXY) or None

    def key(self, name: str) -> str:
        """One of its keys; empty where none is set."""
        return self._values.get(self._keys[name])

    async def ask(self, into: type[T], question: Question) -> T | None:
        """The JSON document that answers it."""
        body = await self.raw(question)
        if body is None:
            return None
        if len(body) > MUCH:
            return await asyncio.to_thread(self.decoded, into, body)
        return self.decoded(into, body)

    async def raw(self, question: Question) -> bytes | None:
        """Whatever answers it."""
        url = self.url(question.path, question.params, question.base)
        headers, document, fresh = question.headers, question.document, self._fresh(question)
        if document is None:
            return await self._asked(
                question.what, lambda client: client.get_kept(url, headers, fresh)
            )
        body = msgspec.json.encode(document)
        return await self._asked(
            question.what, lambda client: client.post_kept(url, body, headers, fresh)
        )

    def _fresh(self, question: Question) -> Fresh:
        seconds = self.spec.fresh
        if question.search and self.spec.fresh_search is not None:
            seconds = self.spec.fresh_search
        anew = self._anew or not question.kept
        return Fresh(seconds if question.kept else 0.0, anew, self.spec.failing)

    async def form(self, into: type[T], path: Sequence[str | int], form: Mapping[str, str]) -> T:
        """The answer to a form, such as a login; never kept."""
        url = self.url(path)
        answer = await self._asked("token", lambda client: client.post_form(url, form))
        if answer is None:
            raise self.failed("does not know how to sign one in")
        return self.decoded(into, answer)

    def url(
        self, path: Sequence[str | int], params: Params | None = None, base: str | None = None
    ) -> str:
        """An address below the provider's."""
        if not DOTS.isdisjoint(path):
            raise self.failed("has nothing of this id")
        place = "/".join(quote(str(part), safe="") for part in path)
        said = {name: str(value) for name, value in (params or {}).items() if value is not None}
        return f"{base or self.address}/{place}" + (f"?{urlencode(said)}" if said else "")

    def decoded(self, into: type[T], body: bytes) -> T:
        """A document as what it has to be; what nobody asked for is passed over."""
        decoder = self._decoders.get(into)
        if decoder is None:
            decoder = self._decoders[into] = msgspec.json.Decoder(into, strict=False)
        try:
            found: T = decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise self.failed("answers in a form that is not its own") from None
        return found

    def failed(self, why: str) -> ProviderFailed:
        """The error for what cannot be used."""
        return ProviderFailed(self.spec.name, f"{self.spec.label} {why}.")

    async def _asked(self, what: str, ask: Callable[[Client], Awaitable[Answer]]) -> bytes | None:
        name, started, status = self.spec.name, time.perf_counter(), "error"
        try:
            answer = await ask(await self._outside.client(self._policy()))
            status = "not_found" if answer.status in NOT_THERE else str(answer.status)
            body = self._body(answer)
            status = "success" if body is not None else status
        except AskedTooOften as error:
            self._metrics.metadata_limited.labels(name).inc()
            raise self._unavailable(error) from None
        except OutsideUnavailable as error:
            raise self._unavailable(error) from None
        except (AddressRefused, BadAnswer) as error:
            raise ProviderFailed(name, error.message) from None
        else:
            return body
        finally:
            self._metrics.metadata_fetches.labels(name, what, status).inc()
            self._metrics.metadata_duration.labels(name, what).observe(
                time.perf_counter() - started
            )

    def _unavailable(self, error: OutsideUnavailable) -> ProviderFailed:
        return ProviderFailed(self.spec.name, error.message, retry_after=error.retry_after)

    def _body(self, answer: Answer) -> bytes | None:
        if answer.ok:
            return answer.body
        if answer.status in NOT_THERE:
            return None
        if self.spec.used_up is not None and self.spec.used_up in answer.body:
            raise self.failed("lets itself be asked no more for now")
        if answer.status in self.spec.refused and self._keys:
            raise ProviderRefused(self.spec.name, self.spec.label)
        raise self.failed(f"answers {answer.status}")

    def _policy(self) -> Policy:
        spec = self.spec
        plain = spec.address.startswith("http://")
        return Policy(
            name=f"metadata:{spec.name}",
            label=spec.label,
            timeout=spec.timeout,
            most_bytes=spec.most_bytes,
            attempts=spec.attempts,
            rate=spec.rate,
            burst=spec.burst,
            configured=frozenset({origin_of(self.address)} if self.moved else ()),
            plain=frozenset({origin_of(spec.address)} if plain else ()),
            http_abroad=plain,
            proxy=self.proxy,
            shared=True,
            packed=True,
            most_kept=KEPT,
            most_kept_bytes=KEPT_BYTES,
        )
