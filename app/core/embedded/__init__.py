"""PostgreSQL and Valkey as children of `revenge up`, from programs that pip installed.

Everything here is synchronous and runs in the main thread of the parent before any event loop.
A server dies with its parent, listens where only we can knock, and is started again by calling
`start()` after `alive()` said no: same data, same password, same address.
"""

from app.core.embedded.errors import EmbeddedError
from app.core.embedded.postgres import EmbeddedPostgres
from app.core.embedded.valkey import EmbeddedValkey

__all__ = ["EmbeddedError", "EmbeddedPostgres", "EmbeddedValkey"]
