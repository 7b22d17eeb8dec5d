"""The chain of records, and with each procedure the side it is of and a token of its analysis."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the chain's table."""
    with op.batch_alter_table("procedure") as procedure:
        procedure.add_column(sa.Column("run", sa.String(32)))
        procedure.add_column(sa.Column("laterality", sa.String(8)))
    op.create_table(
        "chain",
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("procedure_id", sa.String(32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("record_sha256", sa.String(64), nullable=False),
        sa.Column("stored_sha256", sa.String(64)),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("asked_by", sa.String(80), nullable=False),
        sa.Column("previous_sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("link_sha256", sa.String(64), nullable=False, unique=True),
    )
    op.create_index("ix_chain_procedure", "chain", ["procedure_id", "kind"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("chain")
    with op.batch_alter_table("procedure") as procedure:
        procedure.drop_column("laterality")
        procedure.drop_column("run")
