"""What keeps an open page live: the stream that says what has changed, and the session that the page belongs to."""

from flask import Response, jsonify

from app.enums import AlertStatus, Role, Severity
from app.errors import NotFound
from app.rules.live_events import EventFilter
from app.web.context import Row, current_session_id, current_user, services
from app.web.dashboard import csrf
from app.web.dashboard.blueprint import dashboard
from app.web.dashboard.forms import read_query
from app.web.dashboard.translation import translated_message
from app.web.schemas.live import CriticalQuerySchema, LiveQuerySchema
from app.web.streams.admission import hand_over
from app.web.streams.handover import Wish
from app.web.streams.signal_stream import Signals


@dashboard.page("/live", role=Role.VIEWER)
def live() -> Response:
    """Stream what changes, as server-sent events. The cookie authenticates: an `EventSource` sends no header."""
    age_s = read_query(LiveQuerySchema)["age"] / 1000
    return hand_over(Signals, Wish(current_session_id(), EventFilter(), age_s=age_s))


@dashboard.page("/live/critical", role=Role.VIEWER)
def live_critical() -> Response:
    """Return those of these alerts that are still worth an alarm, for a browser's notification."""
    ids = read_query(CriticalQuerySchema)["ids"]
    found = [alert for id in (ids if isinstance(ids, tuple) else (ids,)) if (alert := _alarming(id))]
    shown = [{"id": alert["id"], "message": translated_message(alert), "host": alert["host"] or ""} for alert in found]
    return jsonify({"alerts": shown, "count": len(shown)})


@dashboard.page("/session", role=Role.VIEWER)
def session() -> Response:
    """Return whose session it is, and the token for its forms, for a page whose own session has ended."""
    return jsonify({"username": current_user()["username"], "csrf_token": csrf.token()})


def _alarming(alert_id: int) -> Row | None:
    try:
        alert = services().alerts.alerts.get(alert_id)
    except NotFound:
        return None
    is_critical = alert["severity"] == Severity.CRITICAL and alert["status"] == AlertStatus.ACTIVE
    return alert if is_critical and not alert["suppressed"] else None
