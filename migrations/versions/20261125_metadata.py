"""What providers say: texts, ratings, provenance and locks of items; people and collections with
ids of their own; keywords, studios, what is like an item, pictures that are kept.

Revision ID: 20261125_metadata
Revises: 20261124_counts
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

revision = "20261125_metadata"
down_revision = "20261124_counts"
branch_labels = None
depends_on = None

C = "C"
NO_MAPPING = sa.text("'{}'::jsonb")
NO_LIST = sa.text("'[]'::jsonb")
NO_TEXTS = sa.text("'{}'::text[]")
TIME = sa.DateTime(timezone=True)
# What parts the words of a name, beside spaces.
PUNCTUATION = "-‐''’`.,;:!?&/\\\"()[]_·"
WORDS = (
    f"array_to_tsvector(array_remove(string_to_array(translate(name_key, '{PUNCTUATION}',"
    f" '{' ' * (len(PUNCTUATION) - 1)}'), ' '), ''))"
)


def upgrade() -> None:
    _items()
    _labels()
    _credits()
    _people()
    _collections()
    _related()
    _pictures()
    _guide()
    op.add_column("libraries", sa.Column("provider_priority", sa.Text(), nullable=True))


def _of(table: str, column: str, target: str, ondelete: str | None = "CASCADE") -> sa.Constraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete)


def _json(name: str, empty: sa.TextClause) -> sa.Column[object]:
    return sa.Column(name, JSONB(), server_default=empty, nullable=False)


def _items() -> None:
    op.create_table(
        "item_metadata",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("original_language", sa.Text(), nullable=True),
        _json("texts", NO_MAPPING),
        sa.Column("alternative_titles", ARRAY(sa.Text()), server_default=NO_TEXTS, nullable=False),
        _json("ratings", NO_LIST),
        _json("certifications", NO_MAPPING),
        _json("videos", NO_LIST),
        sa.Column("countries", ARRAY(sa.Text()), server_default=NO_TEXTS, nullable=False),
        sa.Column("homepage", sa.Text(), nullable=True),
        sa.Column("budget", sa.BigInteger(), nullable=True),
        sa.Column("revenue", sa.BigInteger(), nullable=True),
        _json("provenance", NO_MAPPING),
        sa.Column("locks", ARRAY(sa.Text()), server_default=NO_TEXTS, nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        _json("candidates", NO_LIST),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("failures", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("refreshed_at", TIME, nullable=True),
        sa.Column("due_at", TIME, nullable=True),
        _of("item_metadata", "item_id", "items"),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_item_metadata")),
    )
    due = sa.text("due_at is not null")
    op.create_index("ix_item_metadata_due", "item_metadata", ["due_at"], postgresql_where=due)
    op.create_index("ix_item_metadata_state", "item_metadata", ["state", "item_id"])
    op.execute(
        "insert into item_metadata (item_id, texts) select item_id, jsonb_object_agg(language,"
        " jsonb_strip_nulls(jsonb_build_object('title', title, 'overview', overview, 'tagline',"
        " tagline))) from item_texts group by item_id"
    )
    op.drop_table("item_texts")


def _labels() -> None:
    op.add_column("genres", _json("texts", NO_MAPPING))
    for name in ("keyword", "studio"):
        op.create_table(
            f"{name}s",
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("slug", sa.Text(collation=C), nullable=False),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}s")),
            sa.UniqueConstraint("slug", name=op.f(f"uq_{name}s_slug")),
        )
        links = f"item_{name}s"
        op.create_table(
            links,
            sa.Column("item_id", sa.Uuid(), nullable=False),
            sa.Column(f"{name}_id", sa.Uuid(), nullable=False),
            sa.Column("position", sa.SmallInteger(), nullable=False),
            _of(links, "item_id", "items"),
            _of(links, f"{name}_id", f"{name}s", None),
            sa.PrimaryKeyConstraint("item_id", f"{name}_id", name=op.f(f"pk_{links}")),
        )
        op.create_index(op.f(f"ix_{links}_{name}_id"), links, [f"{name}_id"])
    for table in ("studios", "networks"):
        op.add_column(table, sa.Column("logo_url", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("country", sa.Text(), nullable=True))


def _credits() -> None:
    op.add_column("credits", sa.Column("department", sa.Text(), nullable=True))


def _people() -> None:
    for column in (
        sa.Column("identified", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("biography", sa.Text(), nullable=True),
        _json("texts", NO_MAPPING),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("death_date", sa.Date(), nullable=True),
        sa.Column("birth_place", sa.Text(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("homepage", sa.Text(), nullable=True),
        sa.Column("also_known_as", ARRAY(sa.Text()), server_default=NO_TEXTS, nullable=False),
        sa.Column("popularity", sa.Double(), nullable=True),
        sa.Column("locks", ARRAY(sa.Text()), server_default=NO_TEXTS, nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("failures", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("refreshed_at", TIME, nullable=True),
        sa.Column("due_at", TIME, nullable=True),
    ):
        op.add_column("people", column)
    op.add_column("people", sa.Column("words", TSVECTOR(), sa.Computed(WORDS, persisted=True)))
    op.create_index("ix_people_words", "people", ["words"], postgresql_using="gin")
    op.create_index(
        "ix_people_popularity",
        "people",
        [sa.text("popularity desc nulls last"), "name_key", "id"],
    )
    op.drop_constraint("uq_people_name_key", "people")
    op.create_index(
        "uq_people_name_key",
        "people",
        ["name_key"],
        unique=True,
        postgresql_where=sa.text("not identified"),
    )
    op.create_index("ix_people_name_key", "people", ["name_key", "id"])
    due = sa.text("due_at is not null")
    op.create_index("ix_people_due", "people", ["due_at"], postgresql_where=due)
    op.create_table(
        "person_ids",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(collation=C), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        _of("person_ids", "person_id", "people"),
        sa.PrimaryKeyConstraint("source", "value", name=op.f("pk_person_ids")),
    )
    op.create_index(op.f("ix_person_ids_person_id"), "person_ids", ["person_id"])


def _collections() -> None:
    for column in (
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(collation=C), nullable=True),
        _json("texts", NO_MAPPING),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("failures", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("refreshed_at", TIME, nullable=True),
        sa.Column("due_at", TIME, nullable=True),
    ):
        op.add_column("collections", column)
    op.drop_constraint("uq_collections_name_key", "collections")
    op.create_index(
        "uq_collections_name_key",
        "collections",
        ["name_key"],
        unique=True,
        postgresql_where=sa.text("source is null"),
    )
    op.create_index(
        "uq_collections_value",
        "collections",
        ["source", "value"],
        unique=True,
        postgresql_where=sa.text("source is not null"),
    )
    op.create_index("ix_collections_name_key", "collections", ["name_key", "id"])
    due = sa.text("due_at is not null")
    op.create_index("ix_collections_due", "collections", ["due_at"], postgresql_where=due)
    op.create_table(
        "collection_parts",
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        *_named(),
        sa.Column("release_date", sa.Date(), nullable=True),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        _of("collection_parts", "collection_id", "collections"),
        sa.PrimaryKeyConstraint(
            "collection_id", "source", "value", name=op.f("pk_collection_parts")
        ),
    )


def _named() -> list[sa.Column[object]]:
    """What a provider has, by its id there and its title."""
    return [
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(collation=C), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=True),
        sa.Column("picture_url", sa.Text(), nullable=True),
    ]


def _related() -> None:
    op.create_table(
        "item_related",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        *_named(),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        _of("item_related", "item_id", "items"),
        sa.PrimaryKeyConstraint("item_id", "kind", "source", "value", name=op.f("pk_item_related")),
    )


def _pictures() -> None:
    op.create_table(
        "images",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("thumbhash", sa.LargeBinary(), nullable=False),
        sa.Column("color", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_images")),
        sa.UniqueConstraint("hash", name=op.f("uq_images_hash")),
    )
    op.alter_column("artwork", "item_id", nullable=True)
    for column in (
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("collection_id", sa.Uuid(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("chosen", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=True),
        sa.Column("tried_at", TIME, nullable=True),
        sa.Column("failures", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
    ):
        op.add_column("artwork", column)
    for column_name, target in (
        ("person_id", "people"),
        ("collection_id", "collections"),
        ("image_id", "images"),
    ):
        op.create_foreign_key(
            op.f(f"fk_artwork_{column_name}"),
            "artwork",
            target,
            [column_name],
            ["id"],
            ondelete="SET NULL" if column_name == "image_id" else "CASCADE",
        )
        op.create_index(op.f(f"ix_artwork_{column_name}"), "artwork", [column_name])
    op.create_check_constraint(
        op.f("ck_artwork_owner"),
        "artwork",
        "num_nonnulls(item_id, person_id, collection_id) = 1",
    )


def _guide() -> None:
    op.add_column("shows", sa.Column("next_air_date", sa.Date(), nullable=True))
    op.create_table(
        "show_guide",
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("season", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("release_date", sa.Date(), nullable=True),
        _of("show_guide", "show_id", "shows"),
        sa.PrimaryKeyConstraint("show_id", "season", "number", name=op.f("pk_show_guide")),
    )
    op.create_index("ix_show_guide_release_date", "show_guide", ["release_date", "show_id"])


def downgrade() -> None:
    op.drop_table("show_guide")
    op.drop_column("shows", "next_air_date")
    _drop_pictures()
    op.drop_table("item_related")
    _drop_collections()
    _drop_people()
    op.drop_column("credits", "department")
    for table in ("studios", "networks"):
        op.drop_column(table, "logo_url")
        op.drop_column(table, "country")
    for name in ("keyword", "studio"):
        op.drop_table(f"item_{name}s")
        op.drop_table(f"{name}s")
    op.drop_column("genres", "texts")
    _drop_items()
    op.drop_column("libraries", "provider_priority")


def _drop_items() -> None:
    op.create_table(
        "item_texts",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("overview", sa.Text(), nullable=True),
        sa.Column("tagline", sa.Text(), nullable=True),
        _of("item_texts", "item_id", "items"),
        sa.PrimaryKeyConstraint("item_id", "language", name=op.f("pk_item_texts")),
    )
    op.execute(
        "insert into item_texts (item_id, language, title, overview, tagline)"
        " select item_id, said.key, said.value->>'title', said.value->>'overview',"
        " said.value->>'tagline' from item_metadata, jsonb_each(texts) as said"
    )
    op.drop_table("item_metadata")


def _drop_pictures() -> None:
    op.execute("delete from artwork where item_id is null or source in ('upload', 'frame')")
    op.drop_constraint(op.f("ck_artwork_owner"), "artwork", type_="check")
    for name in (
        *("person_id", "collection_id", "provider", "language", "width", "height", "score"),
        *("chosen", "image_id", "tried_at", "failures", "problem"),
    ):
        op.drop_column("artwork", name)
    op.alter_column("artwork", "item_id", nullable=False)
    op.drop_table("images")


def _drop_collections() -> None:
    op.drop_table("collection_parts")
    op.execute(
        "delete from collection_items where collection_id in"
        " (select id from collections where source is not null)"
    )
    op.execute("delete from collections where source is not null")
    for index in ("uq_collections_name_key", "uq_collections_value", "ix_collections_name_key"):
        op.drop_index(index, "collections")
    for name in ("source", "value", "texts", "problem", "failures", "refreshed_at"):
        op.drop_column("collections", name)
    op.drop_column("collections", "due_at")
    op.create_unique_constraint(op.f("uq_collections_name_key"), "collections", ["name_key"])


def _drop_people() -> None:
    op.drop_table("person_ids")
    # Of several people of one name the first stays; all that they took part in is its own now.
    op.execute(
        "update credits set person_id = kept.id from people, (select min(id::text)::uuid as id,"
        " name_key from people group by name_key) as kept"
        " where people.id = credits.person_id and kept.name_key = people.name_key"
    )
    op.execute(
        "delete from people where id not in"
        " (select min(id::text)::uuid from people group by name_key)"
    )
    for name in ("due", "name_key", "popularity", "words"):
        op.drop_index(f"ix_people_{name}", "people")
    op.drop_index("uq_people_name_key", "people")
    for name in (
        *("words", "identified", "biography", "texts", "birth_date", "death_date", "birth_place"),
        *("department", "homepage", "also_known_as", "popularity", "locks", "problem"),
        *("failures", "refreshed_at", "due_at"),
    ):
        op.drop_column("people", name)
    op.create_unique_constraint(op.f("uq_people_name_key"), "people", ["name_key"])
