"""Rows of what people are told by, as the tables keep them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from app.models import (
    AlertDecision,
    AlertEvent,
    Base,
    Escalation,
    Page,
    PageDelivery,
)
from app.store.database.dialects import table_of


def add_response_rows(connection: Connection, now: datetime, team: int, channel: int, rota: int) -> None:
    """Add a row to each table of escalations and pages."""

    def add(model: type[Base], **values: Any) -> int:
        table = table_of(model)
        key = next(iter(table.primary_key))
        return int(connection.execute(insert(table).values(values).returning(key)).scalar_one())

    made = {"created_at": now}
    steps = [{"after_s": 0, "targets": [{"type": "rota", "id": rota}]}]
    escalation = add(Escalation, name="升级", team_id=team, steps=steps, repeats=2, **made)
    page = add(
        Page,
        route_name="夜间",
        escalation_id=escalation,
        plan={"steps": steps},
        group_key="",
        title="磁盘空间不足",
        severity=2,
        state="open",
        opened_at=now,
    )
    add(
        PageDelivery,
        page_id=page,
        kind="page",
        round=0,
        step=0,
        channel_id=channel,
        channel_name="手机",
        task_id="send_page:1",
        due_at=now,
        state="waiting",
    )
    event = connection.execute(select(AlertEvent.id, AlertEvent.alert_id).limit(1)).one()
    about = {"event_id": event.id, "alert_id": event.alert_id, "at": now, "page_id": page}
    add(AlertDecision, outcome="pending", reason={"code": "matched", "route": "夜间"}, **about)
