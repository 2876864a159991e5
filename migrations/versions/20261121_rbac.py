"""Roles are rows, libraries are granted to users and roles at a level, or hidden from users.

Revision ID: 20261121_rbac
Revises: 20261121_foundation
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_rbac"
down_revision = "20261121_foundation"
branch_labels = None
depends_on = None

BUILT_IN = (
    ("administrator", "Administrator", "Has every permission and sees every library."),
    ("moderator", "Moderator", "Can also scan libraries and see jobs and all user accounts."),
    ("user", "User", "Watches what was granted and keeps progress."),
    ("guest", "Guest", "Browses the libraries that were granted; cannot change anything."),
)


def upgrade() -> None:
    _roles()
    _user_roles()
    _grants()
    op.create_table(
        "user_policies",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("requires_factor", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_policies_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_policies")),
    )
    op.create_table(
        "hidden_libraries",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("library_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["library_id"],
            ["libraries.id"],
            name=op.f("fk_hidden_libraries_library_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_hidden_libraries_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "library_id", name=op.f("pk_hidden_libraries")),
    )
    op.create_index(op.f("ix_hidden_libraries_library_id"), "hidden_libraries", ["library_id"])


def _roles() -> None:
    roles = op.create_table(
        "roles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(collation="C"), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "permissions",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'::text[]"),
            nullable=False,
        ),
        sa.Column("built_in", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("requires_factor", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roles")),
        sa.UniqueConstraint("key", name=op.f("uq_roles_key")),
        sa.UniqueConstraint("name_key", name=op.f("uq_roles_name_key")),
    )
    rows = [
        {
            "id": f"00000000-0000-7000-8000-{number:012x}",
            "key": key,
            "name": name,
            "name_key": key,
            "description": description,
            "built_in": True,
        }
        for number, (key, name, description) in enumerate(BUILT_IN, 1)
    ]
    op.bulk_insert(roles, rows)


def _user_roles() -> None:
    op.add_column("user_roles", sa.Column("role_id", sa.Uuid(), nullable=True))
    op.execute(
        "update user_roles u set role_id = r.id from roles r where r.built_in and r.key = u.role"
    )
    op.execute("delete from user_roles where role_id is null")  # names that gave nothing before
    op.drop_constraint(op.f("pk_user_roles"), "user_roles")
    op.drop_column("user_roles", "role")
    op.create_primary_key(op.f("pk_user_roles"), "user_roles", ["user_id", "role_id"])
    op.create_foreign_key(op.f("fk_user_roles_role_id"), "user_roles", "roles", ["role_id"], ["id"])
    op.create_index(op.f("ix_user_roles_role_id"), "user_roles", ["role_id"])


def _grants() -> None:
    op.add_column("library_grants", sa.Column("id", sa.Uuid(), nullable=True))
    op.add_column("library_grants", sa.Column("role_id", sa.Uuid(), nullable=True))
    op.add_column(
        "library_grants",
        sa.Column("level", sa.Text(collation="C"), server_default="view", nullable=False),
    )
    op.execute("update library_grants set id = gen_random_uuid()")
    op.drop_constraint(op.f("pk_library_grants"), "library_grants")
    op.alter_column("library_grants", "user_id", nullable=True)
    op.alter_column("library_grants", "id", nullable=False)
    op.create_primary_key(op.f("pk_library_grants"), "library_grants", ["id"])
    op.create_foreign_key(
        op.f("fk_library_grants_role_id"),
        "library_grants",
        "roles",
        ["role_id"],
        ["id"],
        ondelete="CASCADE",
    )
    for grantee in ("user", "role"):
        op.create_unique_constraint(
            op.f(f"uq_library_grants_{grantee}_id_library_id"),
            "library_grants",
            [f"{grantee}_id", "library_id"],
        )
    op.create_check_constraint(
        op.f("ck_library_grants_one_grantee"),
        "library_grants",
        "num_nonnulls(user_id, role_id) = 1",
    )
