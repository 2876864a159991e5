"""Tables of pictures: what there are, and the files that were fetched or made of them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    false,
    func,
)

from app.core.tables import metadata

# A file that is kept, under the SHA-256 of its content; `color` is 0xRRGGBB.
images = Table(
    "images",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("thumbhash", LargeBinary, nullable=False),
    Column("color", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

# A picture of one owner; `image_id` is its content once it is here.
artwork = Table(
    "artwork",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("item_id", Uuid, ForeignKey("items.id", ondelete="CASCADE"), index=True),
    Column("person_id", Uuid, ForeignKey("people.id", ondelete="CASCADE"), index=True),
    Column("collection_id", Uuid, ForeignKey("collections.id", ondelete="CASCADE"), index=True),
    Column("studio_id", Uuid, ForeignKey("studios.id", ondelete="CASCADE"), index=True),
    Column("network_id", Uuid, ForeignKey("networks.id", ondelete="CASCADE"), index=True),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("provider", Text),
    Column("url", Text),
    Column("file_id", Uuid, ForeignKey("library_files.id", ondelete="CASCADE"), index=True),
    Column("position", SmallInteger, nullable=False, server_default="0"),
    Column("language", Text),
    Column("width", Integer),
    Column("height", Integer),
    Column("score", Double),
    Column("chosen", Boolean, nullable=False, server_default=false()),
    Column("image_id", Uuid, ForeignKey("images.id", ondelete="SET NULL"), index=True),
    Column("tried_at", DateTime(timezone=True)),
    Column("failures", SmallInteger, nullable=False, server_default="0"),
    Column("problem", Text),
    CheckConstraint(
        "num_nonnulls(item_id, person_id, collection_id, studio_id, network_id) = 1", name="owner"
    ),
)
