"""Places that dismissals taught: what starts there rings no second time."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "known_places",
        sa.Column("learned_from", sa.String(36), sa.ForeignKey("leads.event_id"), nullable=False),
        sa.Column("town", sa.String(64), nullable=False),
        sa.Column("gateway", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("preset", sa.Text(), nullable=False),
        sa.Column("polygon", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("valid_from", sa.String(30), nullable=False),
        sa.Column("valid_to", sa.String(30), nullable=False),
        sa.Column("learned_by", sa.String(64), nullable=False),
        sa.Column("ended_at", sa.String(30)),
        sa.Column("ended_by", sa.String(64)),
        sa.PrimaryKeyConstraint("learned_from"),
    )
    op.create_index(op.f("ix_known_places_gateway_device"), "known_places", ["gateway", "device"], unique=False)
    op.create_index(op.f("ix_known_places_valid_to"), "known_places", ["valid_to"], unique=False)


def downgrade() -> None:
    """Take the tables back."""
    op.drop_index(op.f("ix_known_places_valid_to"), table_name="known_places")
    op.drop_index(op.f("ix_known_places_gateway_device"), table_name="known_places")
    op.drop_table("known_places")
