"""Prometheus metrics, in a registry of their own, under the namespace `revenge`.

What is counted at every request, and whatever is timed, are tallies and timings: see there.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.exposition import ThreadingWSGIServer, start_http_server

from app.core.tallies import Tallies, Timings

FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SLOW = (0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)

REDIS_FIGURES = {
    "used_memory_bytes": "Memory in use.",
    "max_memory_bytes": "Memory it may use; 0 is no limit.",
    "connected_clients": "Connections.",
    "total_keys": "Keys in the database in use.",
    "commands_processed": "Commands since it started.",
    "keyspace_hits": "Look-ups that found a key, since it started.",
    "keyspace_misses": "Look-ups that found none, since it started.",
    "evicted_keys": "Keys given up for lack of memory, since it started.",
}

__all__ = ["Metrics", "ThreadingWSGIServer"]


class Metrics:
    """Every counter of the server; one per process, made by the container."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._http()
        self._graphql()
        self._cache()
        self._database()
        self._redis()
        self._jobs()
        self._library()
        self._outside()
        self._search()

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, namespace="revenge", registry=self.registry)

    def _tallies(self, name: str, text: str, *labels: str) -> Tallies:
        return Tallies(f"revenge_{name}", text, labels, self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, namespace="revenge", registry=self.registry)

    def _timings(
        self, name: str, text: str, labels: tuple[str, ...], buckets: tuple[float, ...]
    ) -> Timings:
        return Timings(f"revenge_{name}", text, labels, self.registry, buckets)

    def _http(self) -> None:
        labels = ("method", "path", "status")
        self.http_requests = self._tallies("http_requests", "HTTP requests.", *labels)
        self.http_duration = self._timings(
            "http_request_duration_seconds", "Time of HTTP requests.", labels[:2], FAST
        )
        self.ratelimit_hits = self._tallies(
            "ratelimit_hits", "Takes from rate limits.", "limiter", "action"
        )
        self.http_in_flight = self._gauge("http_requests_in_flight", "HTTP requests under way.")
        self.websockets = self._gauge("websockets_open", "Open websockets.")
        self.subscriptions = self._gauge("subscriptions_active", "Running subscriptions.")
        self.streams = self._gauge(
            "subscription_streams_active", "What subscriptions that are equal share."
        )

    def _graphql(self) -> None:
        self.gql_operations = self._tallies(
            "gql_operations", "GraphQL operations.", "type", "outcome"
        )
        self.gql_errors = self._counter("gql_errors_total", "GraphQL errors.", "code")
        self.gql_fallback = self._counter(
            "gql_fallback_total", "Operations that plans could not execute.", "reason"
        )
        self.gql_documents = self._tallies(
            "gql_documents", "Look-ups of validated documents.", "result"
        )
        self.auth_attempts = self._counter(
            "auth_attempts_total", "Attempts to sign in.", "method", "status"
        )
        self.sessions_opened = self._counter("sessions_created_total", "Sessions opened.", "method")
        self.api_key_lookups = self._counter(
            "api_key_lookups_total", "API keys looked up, and whether they were good.", "result"
        )
        self.api_keys_active = self._gauge("api_keys_active_total", "API keys that are valid.")
        self.sessions_active = self._gauge("sessions_active_total", "Sessions that are valid.")
        self.mails = self._counter("mails_total", "Mails handed over.", "template", "outcome")

    def _cache(self) -> None:
        self.cache_hits = self._tallies("cache_hits", "Entries found.", "cache", "layer")
        self.cache_misses = self._tallies("cache_misses", "Entries not found.", "cache", "layer")
        self.cache_duration = self._timings(
            "cache_operation_duration_seconds", "Time of Redis.", ("cache", "operation"), FAST
        )
        self.cache_size = self._gauge("cache_size", "Entries in process.", "cache")
        self.breaker_state = self._gauge(
            "circuitbreaker_current_state", "0 closed, 1 open.", "name"
        )
        self.breaker_changes = self._counter(
            "circuitbreaker_state_changes_total", "Changes of state.", "name", "to_state"
        )

    def _database(self) -> None:
        self.db_duration = self._timings(
            "db_query_duration_seconds", "Time of statements.", ("operation",), FAST
        )
        self.db_errors = self._counter("db_query_errors_total", "Failed statements.", "operation")
        self.pool_connections = self._gauge(
            "db_pool_connections", "Connections to PostgreSQL.", "pool", "state"
        )

    def _redis(self) -> None:
        self.redis_info = {
            name: self._gauge(f"redis_{name}", text) for name, text in REDIS_FIGURES.items()
        }

    def _jobs(self) -> None:
        self.jobs_enqueued = self._counter("jobs_enqueued_total", "Jobs enqueued.", "job_type")
        self.jobs_completed = self._counter(
            "jobs_completed_total", "Jobs that ended.", "job_type", "status"
        )
        self.jobs_duration = self._timings(
            "jobs_duration_seconds", "Time of jobs.", ("job_type",), SLOW
        )
        self.jobs_queue_size = self._gauge(
            "jobs_queue_size", "Jobs that are not over.", "queue", "state"
        )
        self.jobs_oldest = self._gauge(
            "jobs_oldest_due_seconds", "Age of the oldest due job.", "queue"
        )
        self.outbox_lag = self._gauge("outbox_lag_seconds", "Age of the oldest unsent row.")

    def _library(self) -> None:
        self.scan_duration = self._timings(
            "library_scan_duration_seconds", "Time of scans.", ("library_id",), SLOW
        )
        self.files_scanned = self._counter(
            "library_files_scanned_total", "Files seen by scans.", "library_id"
        )
        self.scan_errors = self._counter(
            "library_scan_errors_total", "Files a scan could not take.", "library_id", "error_type"
        )
        self.probes = self._counter("media_probes_total", "Files probed.", "outcome")
        self.probe_duration = self._timings(
            "media_probe_duration_seconds", "Time of probing a file.", (), FAST
        ).labels()

    def _outside(self) -> None:
        self.outside_requests = self._counter(
            "outside_requests_total", "Requests to other servers.", "target", "outcome"
        )
        self.outside_duration = self._timings(
            "outside_request_duration_seconds", "Time of requests to others.", ("target",), FAST
        )

        self.metadata_fetches = self._counter(
            "metadata_fetch_total", "Questions to metadata providers.", "provider", "type", "status"
        )
        self.metadata_duration = self._timings(
            "metadata_fetch_duration_seconds",
            "Time of questions to metadata providers.",
            ("provider", "type"),
            FAST,
        )
        self.metadata_limited = self._counter(
            "metadata_rate_limited_total", "Questions that a provider's limit put off.", "provider"
        )

    def _search(self) -> None:
        self.search_queries = self._tallies(
            "search_queries", "Questions to search, and who answered.", "type", "backend"
        )
        self.search_duration = self._timings(
            "search_query_duration_seconds",
            "Time that search backends take.",
            ("type", "backend"),
            FAST,
        )

    def serve(self, host: str, port: int) -> ThreadingWSGIServer:
        """Answer Prometheus on this address, from a thread. Raises OSError when it is taken."""
        server, _ = start_http_server(port, addr=host, registry=self.registry)
        assert isinstance(server, ThreadingWSGIServer)  # noqa: S101 - the library's typing is wider
        return server
