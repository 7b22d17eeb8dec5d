"""What the key of the hashed identifiers is known again by; written at the first start after this."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table("identifier_key", sa.Column("fingerprint", sa.String(64), primary_key=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_table("identifier_key")
