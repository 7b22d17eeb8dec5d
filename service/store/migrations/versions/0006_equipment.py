"""What took a procedure's pictures; of those accepted before nothing is known, and their links stay as they are."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COLUMNS = {"manufacturer": 32, "scanner": 64, "transducer": 16}


def upgrade() -> None:
    """Add the columns."""
    with op.batch_alter_table("procedure") as procedure:
        for name, length in _COLUMNS.items():
            procedure.add_column(sa.Column(name, sa.String(length)))


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("procedure") as procedure:
        for name in _COLUMNS:
            procedure.drop_column(name)
