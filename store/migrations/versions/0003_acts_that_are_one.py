"""Which acts were joined: one fire seen by several towers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "joins",
        sa.Column("event_id", sa.String(36), sa.ForeignKey("leads.event_id"), nullable=False),
        sa.Column("into_event_id", sa.String(36), sa.ForeignKey("leads.event_id"), nullable=False),
        sa.Column("at", sa.String(30), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=False),
        sa.Column("chi2", sa.Text(), nullable=False),
        sa.Column("gap_s", sa.Integer(), nullable=False),
        sa.Column("ambiguous", sa.Boolean(), nullable=False),
        sa.Column("split_at", sa.String(30)),
        sa.Column("split_by", sa.String(64)),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index(op.f("ix_joins_into_event_id"), "joins", ["into_event_id"], unique=False)


def downgrade() -> None:
    """Take the tables back."""
    op.drop_index(op.f("ix_joins_into_event_id"), table_name="joins")
    op.drop_table("joins")
