"""Procedures and the answers to their frames."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "procedure",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("failure", sa.String(64)),
        sa.Column("sop_uid_hmac", sa.String(64)),
        sa.Column("blob_sha256", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(64), nullable=False),
        sa.Column("reading", sa.JSON(), nullable=False),
        sa.Column("frame_count", sa.Integer(), nullable=False),
        sa.Column("frames_done", sa.Integer(), nullable=False),
        sa.Column("frame_time_ms", sa.Float()),
        sa.Column("verdict", sa.String(32)),
        sa.Column("summary", sa.JSON()),
        sa.Column("frame_verdicts", sa.JSON()),
        sa.Column("identity", sa.JSON(), nullable=False),
    )
    op.create_index("ix_procedure_created_at", "procedure", ["created_at"])
    op.create_index("ix_procedure_verdict", "procedure", ["verdict"])
    op.create_table(
        "frame",
        sa.Column("procedure_id", sa.String(32), sa.ForeignKey("procedure.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("index", sa.Integer(), primary_key=True),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("answer_sha256", sa.String(64), nullable=False),
        sa.Column("overlay", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    """Drop both tables."""
    op.drop_table("frame")
    op.drop_table("procedure")
