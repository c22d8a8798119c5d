"""An escalation with a route, and an alert that opens a page of it, with its messages and decisions."""

from typing import Any

from app.composition import Services
from app.rules.response.route_order import Placed
from app.services.access.audit import Editor
from app.store.database.pages import PageRequest


def page_somebody(services: Services, editor: Editor, team_id: int, rota_id: int) -> None:
    """Fire an alert that opens a page; its first step reaches a shared channel, and nobody by the rota."""
    [channel, *_] = services.contacts.channels.list(PageRequest()).items
    targets = [{"type": "rota", "id": rota_id}, {"type": "channel", "id": channel["id"]}]
    steps = [{"after_s": 0, "targets": targets}, {"after_s": 300, "targets": [{"type": "team", "id": team_id}]}]
    fields = {"name": "升级", "team_id": team_id, "steps": steps, "repeats": 2, "acknowledgement_s": 3600}
    escalation = services.paging.escalations.create(fields, editor)
    made = services.response.routes.create(_route(escalation["id"]), editor)
    others = [Placed(each["id"], None) for each in services.response.routes.list() if each["id"] != made["id"]]
    services.response.routes.put_in_order([Placed(made["id"], None), *others], editor)
    services.paging.trial_alerts.fire(editor, labels={"队": "值班"})
    services.response.notifier.tick()


def _route(escalation_id: int) -> dict[str, Any]:
    return {
        **{"name": "夜间", "enabled": True, "continues": True, "target": "escalation", "escalation_id": escalation_id},
        **{"match": '{队="值班"}', "min_severity": 1, "on": ["fired", "acknowledged", "resolved"], "group_by": ["队"]},
        **{"quiet_hours": None, "timezone": "Asia/Shanghai", "language": "zh", "batch_s": 10},
    }
