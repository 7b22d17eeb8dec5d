"""With each procedure the codes that a list is searched by; `service.store.upgrade` fills them for what is there."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_CODES = {"reason": 32, "site": 32, "operator": 32, "injectate": 32, "performed_on": 10}
_DAYS = ("performed_first", "performed_last")
_SEARCHED = ("site", "operator")


def upgrade() -> None:
    """Add the columns."""
    with op.batch_alter_table("procedure") as procedure:
        for name, length in _CODES.items():
            procedure.add_column(sa.Column(name, sa.String(length)))
        for name in _DAYS:
            procedure.add_column(sa.Column(name, sa.Date()))
        procedure.add_column(sa.Column("reviews", sa.Integer(), nullable=False, server_default="0"))
    for name in _SEARCHED:
        op.create_index(f"ix_procedure_{name}", "procedure", [name])


def downgrade() -> None:
    """Drop them."""
    for name in _SEARCHED:
        op.drop_index(f"ix_procedure_{name}", "procedure")
    with op.batch_alter_table("procedure") as procedure:
        for name in ("reviews", *_DAYS, *_CODES):
            procedure.drop_column(name)
