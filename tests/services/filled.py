"""An instance with rows in every table, all of them made by the services as in real life."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from app.composition import Services
from app.enums import PingKind, ReportWay, Role, TaskType
from app.errors import SourceTimeout, Unauthorized
from app.models import ChatAccount, SavedView
from app.rules.alerts.alert_reports import AlertReport
from app.rules.task_params.alerts import GenerateAlerts
from app.rules.task_params.pull import PullItems
from app.rules.webhooks.posted import Posted
from app.services.access.audit import Editor
from app.services.alerts.alert_intake import AlertIntake
from app.services.ledger.requester import Requester
from app.services.liveness.heartbeat_pings import Ping
from app.store.database.engine import Database
from app.store.database.pages import PageRequest
from app.store.inventory import monitors
from app.store.operation import copied_rows
from app.store.operation.copied_rows import Content
from tests.services.conftest import FLEET, Time
from tests.services.filled_response import page_somebody

PASSWORD = "正确的马 battery"
BIG = 2**60
HOLIDAYS = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260217\nSUMMARY:春节\nEND:VEVENT\nEND:VCALENDAR\n"
PROMETHEUS = {"type": "prometheus", "url": "http://127.0.0.1:9", "status": "unknown"}


def fill(services: Services, time: Time) -> None:
    """Do some of everything that leaves a row."""
    user = services.access.users.create("操作员", PASSWORD, Role.OPERATOR)
    editor = Editor(user["id"], "操作员")
    services.access.api_tokens.issue(user, editor, name="脚本", role=Role.VIEWER, scopes=None, days=30)
    services.access.auth.login("操作员", PASSWORD, "127.0.0.1")
    try:
        services.access.auth.login("操作员", "wrong", "127.0.0.1")
    except Unauthorized:
        time.now += timedelta(microseconds=1)
    monitor = {"name": "示例", "type": "simulator", "url": FLEET, "username": "nagare", "password": "hunter22"}
    monitor_id = int(services.inventory.monitors.create(monitor)["id"])
    services.response.notifications.create(_notification("json://127.0.0.1:9/s3cr3t", monitor_id))
    services.ledger.queues.pause(TaskType.PUSH_ITEM)
    services.ledger.schedules.create(_schedule(monitor_id))
    services.inventory.pulls.items(monitor_id)
    time.pass_by(30 * 3600)
    services.inventory.pulls.items(monitor_id)
    services.inventory.item_values.tick()
    [host, *_] = _hosts(services)
    services.inventory.inventory.edit_host(host["id"], {"display_name": "改名 🦆"}, editor)
    services.maintenance.windows.create(
        {
            "name": "升级",
            "comment": "",
            "host_id": host["id"],
            "starts_at": time.now,
            "ends_at": time.now + timedelta(hours=1, microseconds=1),
        },
        editor,
    )
    _push_a_window(services, editor, time)
    _run_tasks(services, Requester(user["id"], idempotency_key="密钥"), monitor_id)
    token = services.alerts.webhooks.issue_token(monitor_id)
    for number in range(3):
        services.alerts.webhooks.accept(
            token, Posted([AlertReport("webhook", str(number), True, f"磁盘空间不足\n{number}")])
        )
    services.alerts.webhook_intake.take_in("receive_alerts:0", monitor_id)
    services.alerts.webhooks.accept(token, Posted([AlertReport("webhook", "later", True, "新的")]))
    _take_in_labels_of_a_pair(services, time)
    time.pass_by(1)
    services.alerts.alert_actions.resolve(1, editor, "好了")
    services.response.notifier.tick()
    time.pass_by(60)
    services.response.notifier.tick()
    services.alerts.alert_actions.acknowledge(2, editor)
    services.response.notifier.tick()
    services.alerts.scores.tick()
    services.liveness.watching.tick()
    beat = services.liveness.heartbeats.create(_heartbeat(monitor_id))
    services.liveness.heartbeat_pings.receive(beat["token"], Ping(PingKind.FAIL, 3, "磁盘空间不足"))
    services.liveness.ping_reception.note()
    services.machines.rules.replace({"faults": [{"fault": "磁盘", "words": ["磁盘"]}]}, editor)
    ids = [each["id"] for each in _hosts(services)[:3]]
    services.machines.machines.merge_hosts(ids, editor, "一台机器 🦆")
    services.machines.machines.split(1, ids[:1], editor)
    team_id = _add_contacts(services, editor)
    page_somebody(services, editor, team_id, _add_rota(services, editor, team_id, time))
    with services.database.transaction() as connection:
        of_user = {"user_id": user["id"], "created_at": time.now}
        view = {"name": "夜班 🦆", "page": "alerts", "query": "severity=4", "is_shared": True, "position": 0}
        connection.execute(insert(SavedView), view | of_user)
        connection.execute(insert(ChatAccount), {"kind": "lark", "external_id": "ou_1", **of_user})


def _add_contacts(services: Services, editor: Editor) -> int:
    """Add a team, a shared channel, and a contact method with a rule; return the id of the team."""
    contacts, user_id = services.contacts, editor.user_id
    team = contacts.teams.create({"name": "支付", "description": "值班 🦆", "members": [user_id]}, editor)
    fields = {"kind": "apprise", "url": "json://127.0.0.1:9/s3cr3t", "language": "zh", "timezone": "Asia/Shanghai"}
    fields |= {"delivery": "at_least_once", "team_id": team["id"]}
    contacts.channels.create({"name": "群", **fields}, editor)
    method = contacts.contact_methods.create(user_id, {**fields, "name": "手机", "team_id": None}, editor)
    rule = {"channel_id": method["id"], "after_s": 300, "min_severity": 1, "timezone": "Asia/Shanghai"}
    rule |= {"quiet_hours": {"from": "22:00", "until": "07:00"}, "wake_severity": 2}
    contacts.contact_rules.replace(user_id, [rule], editor)
    return int(team["id"])


def _add_rota(services: Services, editor: Editor, team_id: int, time: Time) -> int:
    """Add a rota with all that it can have, and return its id."""
    on_call = services.on_call
    layer = {"name": "周 🦆", "users": [editor.user_id], "starts_at": "2026-01-05T09:00", "every": 1, "unit": "weeks"}
    fields = {"name": "值班", "team_id": team_id, "timezone": "Asia/Shanghai", "layers": [layer]}
    rota_id = int(on_call.rotas.create(fields, editor)["id"])
    on_call.rotas.set_holidays(rota_id, HOLIDAYS, editor)
    on_call.rotas.issue_calendar_link(rota_id, editor)
    shift = {"user_id": editor.user_id, "starts_at": time.now, "ends_at": time.now + timedelta(hours=1)}
    on_call.overrides.create(rota_id, {**shift, "comment": "换班"}, editor)
    return rota_id


def _push_a_window(services: Services, editor: Editor, time: Time) -> None:
    """Add a window that recurs, of which an Alertmanager must be told."""
    address = {"name": "静默", "type": "alertmanager", "url": "http://127.0.0.1:9"}
    window = {
        "name": "每周重启 🦆",
        "comment": "",
        "monitor_id": services.inventory.monitors.create(address)["id"],
        "match": '{team="支付"}',
        "starts_at": time.now,
        "ends_at": time.now + timedelta(hours=2),
        "rrule": "FREQ=WEEKLY",
        "timezone": "Asia/Shanghai",
        "push_to_source": True,
    }
    services.maintenance.windows.create(window, editor)


def _take_in_labels_of_a_pair(services: Services, time: Time) -> None:
    """Take in what a pull of a monitor of an HA group sees, with labels and a severity that nobody knows."""
    with services.database.transaction() as connection:
        pair = [
            monitors.add(connection, {"name": name, "ha_group": "eu", **PROMETHEUS, "created_at": time.now})
            for name in ("甲", "乙")
        ]
        report = AlertReport(
            "prometheus", "1", True, "磁盘", source_severity="紫色", labels={"pod": "购物车"}, raw={"labels": {}}
        )
        AlertIntake().take_in(connection, pair[0], [report], time.now, way=ReportWay.PULL)


def contents(database: Database) -> dict[str, Content]:
    """Return what each table holds."""
    with database.reading() as connection:
        return {table.name: copied_rows.measure(connection, table) for table in copied_rows.TABLES}


def _run_tasks(services: Services, by: Requester, monitor_id: int) -> None:
    task_id = services.ledger.submit.accept(by, PullItems(monitor_id=monitor_id))
    claim = services.ledger.lifecycle.begin(task_id, "worker@here/1")
    assert claim is not None
    services.ledger.lifecycle.fail(claim, SourceTimeout("太慢"))
    generated = services.ledger.submit.accept(Requester(by.user_id), GenerateAlerts(count=5, seed=BIG))
    claim = services.ledger.lifecycle.begin(generated, "worker@here/1")
    assert claim is not None
    services.ledger.lifecycle.succeed(claim, services.alerts.alerts.generate(generated, **claim.params))


def _hosts(services: Services) -> Any:
    return services.inventory.inventory.list_hosts(PageRequest()).items


def _heartbeat(monitor_id: int) -> dict[str, Any]:
    times = {"interval_s": 3600, "timezone": "Asia/Shanghai", "grace_s": 300}
    return {"name": "备份", "monitor_id": monitor_id, "severity": 2, "labels": {"队": "值班"}, "enabled": True, **times}


def _notification(url: str, monitor_id: int) -> dict[str, Any]:
    return {
        "name": "值班",
        "url": url,
        "enabled": True,
        "min_severity": 0,
        "monitor_id": monitor_id,
        "group": None,
        "on": ["fired", "acknowledged", "resolved"],
        "quiet_hours": None,
        "timezone": "Asia/Shanghai",
        "language": "zh",
        "batch_s": 10,
    }


def _schedule(monitor_id: int) -> dict[str, Any]:
    return {
        "name": "每五分钟",
        "cron": "*/5 * * * *",
        "timezone": "Asia/Shanghai",
        "task_type": "pull_hosts",
        "params": {"monitor_id": monitor_id},
        "enabled": True,
    }
