"""Tables of libraries, their folders and files, and scans."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    false,
    func,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.core.tables import metadata

libraries = Table(
    "libraries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text(collation="C"), nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("enabled", Boolean, nullable=False, server_default=true()),
    Column("scan_on_start", Boolean, nullable=False, server_default=false()),
    Column("schedule", Text),
    Column("watch", Text, nullable=False, server_default="auto"),
    Column("follow_links", Boolean, nullable=False, server_default=false()),
    # A process watches it, or has died while it did.
    Column("watched", Boolean, nullable=False, server_default=false()),
    Column("next_scan_at", DateTime(timezone=True), index=True),
    Column("language", Text, nullable=False),
    # Which providers are believed, the most believed first; null for the order of the server.
    Column("provider_priority", Text),
    Column("deleting", Boolean, nullable=False, server_default=false()),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

library_folders = Table(
    "library_folders",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column(
        "library_id",
        Uuid,
        ForeignKey("libraries.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("path", Text(collation="C"), nullable=False, unique=True),
)

# `dir` is relative to the folder, '' for the folder itself, and never starts or ends with a slash.
library_files = Table(
    "library_files",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("library_id", Uuid, ForeignKey("libraries.id"), nullable=False, index=True),
    Column("folder_id", Uuid, ForeignKey("library_folders.id"), nullable=False),
    Column("dir", Text(collation="C"), nullable=False),
    Column("name", Text(collation="C"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("inode", BigInteger, nullable=False),
    Column("content_hash", LargeBinary),
    Column("media", JSONB),
    Column("probe", Text, nullable=False, server_default="none"),
    Column("problem", Text),
    Column("missing_since", DateTime(timezone=True)),
    Column("added_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index(
    "uq_library_files_path",
    library_files.c.folder_id,
    library_files.c.dir,
    library_files.c.name,
    unique=True,
)
Index("ix_library_files_size", library_files.c.library_id, library_files.c.size)
Index(
    "ix_library_files_missing",
    library_files.c.library_id,
    postgresql_where=text("missing_since is not null"),
)
Index(
    "ix_library_files_waiting",
    library_files.c.library_id,
    library_files.c.id,
    postgresql_where=text("probe = 'pending' and missing_since is null"),
)

library_scans = Table(
    "library_scans",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("library_id", Uuid, ForeignKey("libraries.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("found", Integer, nullable=False, server_default="0"),
    Column("added", Integer, nullable=False, server_default="0"),
    Column("updated", Integer, nullable=False, server_default="0"),
    Column("unchanged", Integer, nullable=False, server_default="0"),
    Column("removed", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("fraction", Double, nullable=False, server_default="0"),
    Column("errors", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("problem", Text),
    Column("paths", JSONB(none_as_null=True)),  # null for the whole library
    Column("done_to", JSONB),  # the last directory a full scan has imported: folder, path in it
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
)
Index("ix_library_scans_recent", library_scans.c.library_id, library_scans.c.created_at)
Index(
    "uq_library_scans_open",
    library_scans.c.library_id,
    unique=True,
    postgresql_where=text("state in ('pending', 'running')"),
)

# Paths that wait for the next scan of their library; '' asks for the whole of it.
library_scan_requests = Table(
    "library_scan_requests",
    metadata,
    Column("library_id", Uuid, ForeignKey("libraries.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text(collation="C"), primary_key=True),
    Column("path", Text(collation="C"), primary_key=True),
)
