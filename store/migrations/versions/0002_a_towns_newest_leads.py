"""An index for the newest leads of a town, whatever their state."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_index(op.f("ix_leads_town_opened_at_event_id"), "leads", ["town", "opened_at", "event_id"], unique=False)


def downgrade() -> None:
    """Take the tables back."""
    op.drop_index(op.f("ix_leads_town_opened_at_event_id"), table_name="leads")
