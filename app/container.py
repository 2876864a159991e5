"""The composition root: the only place where long-lived objects are constructed."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from app.activity.repository import ActivityRepository
from app.activity.service import ActivityLog
from app.apikeys.repository import ApiKeyRepository
from app.apikeys.service import ApiKeys
from app.auth.repository import (
    AttemptRepository,
    AuthRepository,
    ChallengeRepository,
    Directory,
    LetterRepository,
    SessionRepository,
)
from app.auth.service import (
    Accounts,
    Administration,
    Attempts,
    Letters,
    PasswordChanges,
    Passwords,
    Principals,
    Recovery,
    Registration,
    Sessions,
    SignIn,
    WaysIn,
)
from app.catalog.repository import CatalogRepository, CreditRepository, of_one_id
from app.catalog.service import DetailsWriters, Lengths, Orphans, Recorder
from app.core.blobs import BlobStore, LocalBlobs
from app.core.cache import Cache
from app.core.clock import Clock, SystemClock
from app.core.config import Config, ConfigError
from app.core.crypto import PasswordHasher
from app.core.db import Database
from app.core.handlers import Registry
from app.core.http import Means, Outside, SharedBucket
from app.core.keys import Keyring, NotResealed, resealed
from app.core.l2 import L2
from app.core.live import Live
from app.core.logging import get_logger
from app.core.metrics import Metrics
from app.core.notify import Listener
from app.core.outbox import OutboxPublisher
from app.core.pictures import TIGHT, Pictures
from app.core.ratelimit import RateLimiter
from app.core.redis import RedisLink
from app.core.redis_transport import RedisTransport
from app.core.sent import note_sent
from app.core.tasks import end
from app.doorbell import Doorbell
from app.enrichment.service import Editing, Refreshing, contents_of
from app.images.repository import ArtworkRepository
from app.images.service import ArtworkChoice, Images
from app.items.repository import ItemRepository
from app.libraries.repository import FileRepository, LibraryRepository, ScanRepository
from app.libraries.service import Libraries, ServerLanguages
from app.mail.service import Mail, mail_server
from app.matching.repository import UnmatchedRepository
from app.matching.service import Matching
from app.media.service.prober import Prober
from app.metadata.service import Gathering, LookingUp, ProviderChain
from app.mfa.repository import CodeRepository, DeviceRepository, PasskeyRepository
from app.mfa.service import BackupCodes, Devices, Factors, Passkeys, Totp, Verification
from app.movies.repository import MovieRepository
from app.movies.service import FilmFinder, MovieIdentifier, MovieImporter, Proposals
from app.oidc.repository import (
    LinkRepository,
    OidcSessionRepository,
    ProviderRepository,
    StateRepository,
)
from app.oidc.service import Flows, OidcSignIn, Providers, Resealing, Talk
from app.oidc.service import People as OidcPeople
from app.people.repository import PersonRepository
from app.people.service import People
from app.rbac.repository import RbacRepository, RoleRepository
from app.rbac.service import Rbac, Roles
from app.reactions import HANDLERS
from app.scanning.service import (
    Deletion,
    Facts,
    Probing,
    Purging,
    Rehoming,
    Scanner,
    Scanning,
    Watching,
    identifiers_of,
)
from app.scanning.service.mixed import importers_of
from app.search.repository import DocumentRepository, PostgresBackend, VocabularyRepository
from app.search.service import COLLECTIONS, Indexing, Searching, SearchServer
from app.server.repository import JobRepository
from app.server.service import Jobs, ServerStatus, Upkeep
from app.settings.domain import AVATAR_MAX_BYTES, MATCH_THRESHOLD, TRASH_DAYS
from app.settings.repository import SettingRepository, UserSettingRepository
from app.settings.service import Settings, Snapshot, UserSettings, limits_of
from app.shows.repository import (
    EpisodeRepository,
    NextUpRepository,
    SeasonRepository,
    ShowRepository,
    same_episode,
)
from app.shows.service import ShowIdentifier, ShowImporter
from app.uploads.repository import UploadRepository
from app.uploads.service import Uploads
from app.users.repository import UserRepository
from app.users.service import Avatars, Users
from app.watch.repository import WatchRepository
from app.watch.service import Watch

log = get_logger(__name__)
NOTE_SEEN_EVERY: Final = 60.0


class Container:
    """Everything that lives as long as the process. Constructing it does no I/O."""

    def __init__(self, config: Config, *, clock: Clock | None = None) -> None:
        if config.database_url is None or config.redis_url is None:
            raise ConfigError(
                "Set REVENGE_DATABASE_URL and REVENGE_REDIS_URL, or use `revenge up`, which starts "
                "its own servers."
            )
        if config.secret_key is None:
            raise ConfigError(
                "Set REVENGE_SECRET_KEY to 32 random characters or more, the same for all "
                "processes: it seals stored secrets."
            )
        self.config = config
        self.clock = clock or SystemClock()
        self.metrics = Metrics()
        self.registry = Registry.collect(HANDLERS)
        self._tasks: list[asyncio.Task[None]] = []
        # One for every table with a sealed column.
        self.resealers: list[Callable[[], Awaitable[int]]] = []
        self._kernel(config.database_url, config.redis_url, config.secret_key)
        self._settings()
        self._storage()
        self._identity()
        self._elsewhere()
        self._content()
        self._scanners()
        self._search()
        self._upkeep()
        self.registry.check()
        self.opened = False

    def _kernel(self, database_url: str, redis_url: str, secret_key: str) -> None:
        config, metrics = self.config, self.metrics
        self.db = Database(database_url, config.database, self.registry, metrics)
        self.redis = RedisLink(redis_url, config.cache.timeout, metrics)
        self.live = Live(self.redis, config.redis_prefix)
        self.l2 = L2(self.redis, config.redis_prefix, lambda: self.live.healthy)
        self.cache = Cache(self.l2, config.cache, metrics)
        self.live.on_stale = self.cache.stale
        self.live.on_gap = self.cache.gap
        self.doorbell = Doorbell(self.redis, config.redis_prefix)
        self.db.publisher = OutboxPublisher(
            RedisTransport(self.cache, self.l2, self.live, self.doorbell)
        )
        self.listener = Listener(self.db)
        self.keyring = Keyring(secret_key, config.old_secret_keys)
        pace = partial(SharedBucket, self.redis, config.redis_prefix)
        self.outside = Outside(metrics, Means(pace=pace))

    def _settings(self) -> None:
        repository = SettingRepository(self.db)
        snapshot = Snapshot(repository, self.keyring, self.listener)
        self.settings = Settings(self.db, repository, self.keyring, snapshot)
        self.resealers.append(self.settings.reseal)
        shared = self.redis if self.config.limits.backend == "redis" else None
        self.limiter = RateLimiter(
            shared,
            self.config.redis_prefix,
            limits_of(self.settings),
            self.metrics,
            enabled=self.config.limits.enabled,
        )
        self.user_settings = UserSettings(self.db, UserSettingRepository(self.db, self.cache))

    def _storage(self) -> None:
        # `config.storage.backend` names its class; there is one so far.
        self.blobs: BlobStore = LocalBlobs(self.config.data / "blobs")
        self.pictures = Pictures()
        self.artwork_pictures = Pictures(queue=100, limits=TIGHT)
        self.upload_repository = UploadRepository(self.db)
        most = partial(self.settings.get, AVATAR_MAX_BYTES)
        self.uploads = Uploads(self.db, self.upload_repository, self.blobs, self.clock, most)

    def _identity(self) -> None:
        self.mail = Mail(lambda: mail_server(self.settings), self.clock, self.metrics)
        self.hasher = PasswordHasher(self.config.auth, self.config.server.processes)
        self.user_repository = UserRepository(self.db, self.cache)
        self.rbac_repository = RbacRepository(self.db)
        self.role_repository = RoleRepository(self.db)
        self.auth_repository = AuthRepository(self.db)
        self.users = Users(self.db, self.user_repository, self.clock)
        self.avatars = Avatars(self)
        self.rbac = Rbac(self.db, self.rbac_repository)
        self.roles = Roles(
            self.db, self.role_repository, self.rbac_repository, self.rbac, self.clock
        )
        self._signing_in()
        self._second_factors()

    def _signing_in(self) -> None:
        self.session_repository = SessionRepository(self.db)
        self.challenge_repository = ChallengeRepository(self.db)
        self.attempt_repository = AttemptRepository(self.db)
        self.principals = Principals(self.session_repository, self.rbac, self.listener, self.clock)
        self.passwords = Passwords(self.settings)
        self.attempts = Attempts(self)
        self.sessions = Sessions(self)
        self.ways_in = WaysIn(self.auth_repository)
        self.code_repository = CodeRepository(self.db)
        self.passkey_repository = PasskeyRepository(self.db)
        self.ways_in.sources.append(self.passkey_repository)
        self.device_repository = DeviceRepository(self.db)
        self.factors = Factors(self)
        self.sign_in = SignIn(self)
        self.letter_repository = LetterRepository(self.db)
        self.letters = Letters(self)
        self.password_changes = PasswordChanges(self)
        self.accounts = Accounts(self)
        self.api_key_repository = ApiKeyRepository(self.db)
        self.api_keys = ApiKeys(self)
        self.principals.sources.append(self.api_keys)
        self.password_changes.resets.append(self.api_keys.end_all)
        self.registration = Registration(self)
        self.recovery = Recovery(self)
        self.administration = Administration(self)
        self.administration.endings.append(self.api_keys.end_all)
        self.directory = Directory(self.db)

    def _elsewhere(self) -> None:
        self.provider_chain = ProviderChain(self)
        self.metadata_lookups = LookingUp(self.provider_chain)
        self.gathering = Gathering(self.provider_chain)
        self.oidc_provider_repository = ProviderRepository(self.db)
        self.oidc_link_repository = LinkRepository(self.db)
        self.ways_in.sources.append(self.oidc_link_repository)
        self.oidc_state_repository = StateRepository(self.db)
        self.oidc_session_repository = OidcSessionRepository(self.db)
        self.oidc_talk = Talk(self)
        self.oidc_flows = Flows(self)
        self.oidc_people = OidcPeople(self)
        self.oidc_sign_in = OidcSignIn(self)
        self.oidc_providers = Providers(self)
        resealing = Resealing(self)
        self.resealers += [resealing.secrets, resealing.tokens, resealing.states]

    def _second_factors(self) -> None:
        self.totp = Totp(self)
        self.backup_codes = BackupCodes(self)
        self.passkeys = Passkeys(self)
        self.devices = Devices(self)
        self.verification = Verification(self)
        self.resealers += [self.totp.reseal, self.backup_codes.reseal]
        self.password_changes.endings.append(self.devices.end_all)
        self.administration.endings.append(self.devices.end_all)

    def _content(self) -> None:
        db, cache, clock = self.db, self.cache, self.clock
        self.library_repository = LibraryRepository(db, cache)
        self.scan_repository = ScanRepository(db)
        self.libraries = Libraries(db, self.library_repository, self.scan_repository, clock)
        self.languages = ServerLanguages(self)
        self.item_repository = items = ItemRepository(db, cache)
        self.file_repository = FileRepository(db, cache, items)
        self.watch_repository = watch = WatchRepository(db, cache, (of_one_id, same_episode))
        self.artwork_repository = artwork = ArtworkRepository(db, cache)
        self.catalog_repository = catalog = CatalogRepository(db, cache)
        self.person_repository = PersonRepository(db, cache, clock, catalog, (catalog, artwork))
        self.people = People(db, self.person_repository)
        self.movie_repository = movies = MovieRepository(db, cache)
        self.show_repository = shows = ShowRepository(db, cache)
        self.credit_repository = CreditRepository(db, cache, (movies, shows))
        self.season_repository = SeasonRepository(db, cache)
        self.episode_repository = EpisodeRepository(db, cache)
        self.contents = contents_of(self)
        self.next_up_repository = next_up = NextUpRepository(db, cache)
        self.lengths = Lengths(items, (movies, next_up))
        self.watch = Watch(watch, items, next_up, self.lengths, clock)

    def _scanners(self) -> None:
        scan, items, files = self.config.scan, self.item_repository, self.file_repository
        self.scanning = Scanning(
            self.db, self.library_repository, self.scan_repository, self.live, self.clock
        )
        probes = scan.probes or os.cpu_count() or 1
        self.prober = Prober(probes, scan.probe_timeout, scan.probe_memory)
        self.deletion = Deletion(self.library_repository, files, items)
        days = partial(self.settings.get, TRASH_DAYS)
        self.purging = Purging(self.library_repository, files, items, days, self.clock)
        self.watching = Watching(self.db, self.library_repository, files, self.scanning, scan)
        least_sure = partial(self.settings.get, MATCH_THRESHOLD)
        movies, catalog = self.movie_repository, self.catalog_repository
        finder = FilmFinder(items, movies, catalog, self.watch_repository, self.clock)
        writers = DetailsWriters(self)
        self.recorder = Recorder(writers, self.clock)
        films = MovieImporter(items, files, finder, writers.of(movies), least_sure)
        shows = ShowImporter(self, writers, least_sure)
        importers = importers_of(items, files, films, shows)
        by_hand = MovieIdentifier(items, finder, Proposals(movies, catalog), least_sure)
        identifiers = identifiers_of(by_hand, ShowIdentifier(self, shows))
        self.facts = Facts(files, items, importers, identifiers)
        rehoming = Rehoming(self.library_repository, files, items, self.watch_repository)
        self.scanner = Scanner(self.scanning, files, rehoming, self.facts, self.metrics)
        self.probing = Probing(files, self.facts, self.prober, self.metrics)
        self.images = Images(self)
        self.artwork_choice = ArtworkChoice(self)
        self.unmatched_repository = UnmatchedRepository(self.db)
        self.refreshing = Refreshing(self)
        self.editing = Editing(self)
        self.matching = Matching(self)

    def _search(self) -> None:
        self.documents = DocumentRepository(self.db, COLLECTIONS)
        self.search_words = words = VocabularyRepository(self.db, self.cache)
        self.search_server = server = SearchServer(self, COLLECTIONS)
        self.search_backends = (server.backend, PostgresBackend(self.db, words, COLLECTIONS))
        self.search_indexing = Indexing(self)
        self.searching = Searching(self)

    def _upkeep(self) -> None:
        repository = JobRepository(self.db)
        self.activity = ActivityLog(
            self.db, ActivityRepository(self.db), self.live, self.settings, self.clock
        )
        self.jobs = Jobs(self.db, repository, self.live)
        self.orphans = Orphans(self.catalog_repository, self.person_repository)
        self.upkeep = Upkeep(self.db, repository, self.metrics)
        self.server = ServerStatus(self.db, self.redis, self.config, self.clock)

    async def open(self) -> None:
        """Connect. Raises Unavailable when PostgreSQL does not answer; Redis may be away."""
        await self.db.open()
        await self.settings.open()
        await self.listener.open()
        await self.live.open()
        self._tasks = [
            asyncio.create_task(note_sent(self.db), name="outbox.sent"),
            asyncio.create_task(self._note_seen(), name="credentials.seen"),
        ]
        self.opened = True

    async def close(self) -> None:
        """Disconnect, in the opposite order."""
        self.opened = False
        await end(self._tasks)
        await self.search_words.close()
        await self.prober.aclose()
        await self.outside.close()
        await self.cache.settle()
        await self.live.close()
        await self.listener.close()
        await self.settings.close()
        await self.doorbell.close()
        await self.l2.close()
        await self.redis.close()
        await self.db.close()
        self.hasher.close()

    async def reseal(self) -> int:
        """Seal what is stored under older secret keys with the current one; says how many.

        Raises NotResealed after all that could be done.
        """
        done = left = 0
        for reseal in self.resealers:
            try:
                done += await reseal()
            except NotResealed as error:
                done, left = done + error.done, left + error.left
        return resealed(done, left)

    async def _note_seen(self) -> None:
        """Write down once a minute which credentials were used; losable, and never per request."""
        while True:
            await asyncio.sleep(NOTE_SEEN_EVERY)
            sessions, keys = self.principals.take_seen()
            try:
                await self.sessions.note_seen(sessions)
                for source in self.principals.sources:
                    await source.note_seen(keys)
                await self.searching.note_misses()
            except Exception as error:  # noqa: BLE001 - the next minute has another try
                log.warning("credentials.not_noted", error=repr(error))
