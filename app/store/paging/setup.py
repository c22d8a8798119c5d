"""Which of the things exist that it takes to page somebody."""

from sqlalchemy import Connection, select

from app.models import Channel, Escalation, Notification, Page, Rota
from app.store.database.dialects import table_of

CHANNELS = Channel.__table__.c
ROUTES = Notification.__table__.c


def done(connection: Connection, user_id: int) -> dict[str, bool]:
    """Return for each step of the set-up whether it is done; the contact method is the user's own."""
    usable = (CHANNELS.user_id == user_id, CHANNELS.verified_at.is_not(None), CHANNELS.enabled)
    steps = {
        "contact_method": select(CHANNELS.id).where(*usable),
        "rota": select(table_of(Rota).c.id),
        "escalation": select(table_of(Escalation).c.id),
        "route": select(ROUTES.id).where(ROUTES.enabled, ROUTES.target.in_(("escalation", "team"))),
        "page": select(table_of(Page).c.id),
    }
    found = connection.execute(select(*(rows.exists().label(name) for name, rows in steps.items()))).one()
    return dict(zip(steps, map(bool, found), strict=True))
