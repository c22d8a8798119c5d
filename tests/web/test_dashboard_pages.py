"""The dashboard's pages: who may see what, in both languages, and nothing of what monitors say is ever run."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from pathlib import Path

import pytest

from app.composition import Services
from app.enums import (
    AlertEventKind,
    AlertStatus,
    AuditAction,
    AuditedType,
    ChannelKind,
    DecisionOutcome,
    DeliveryGuarantee,
    DeliveryKind,
    DeliveryState,
    HeartbeatReason,
    HeartbeatStatus,
    InventoryStatus,
    Language,
    MonitorStatus,
    NotificationKind,
    PageState,
    PageTarget,
    PingKind,
    PushState,
    QuietKind,
    ReportWay,
    Resolution,
    Role,
    RouteTarget,
    Scope,
    ScoreCause,
    Severity,
    TaskState,
    TaskType,
)
from app.rules.alerts.severities import Numbers
from app.rules.contacts.contact_rules import Unusable
from app.rules.oncall.layers import DAYS, HolidayUse, TurnUnit
from app.rules.oncall.shifts import GapReason
from app.rules.progress_messages import ProgressUnit
from app.services.access.audit import Editor
from app.services.liveness.heartbeat_pings import Ping
from app.services.triage.alert_facets import GROUPINGS
from app.web.dashboard.alert_list import COLUMNS, TABS
from app.web.dashboard.field_errors import KNOWN
from app.web.dashboard.navigation import NAVIGATION
from app.web.dashboard.pages.welcome import STEPS
from app.web.dashboard.translation import CATALOGUES
from app.web.schemas.search import KINDS
from tests.services.alert_rows import add_alert, add_event
from tests.web.browser import HTMX, Browser
from tests.web.caller import WORKER, Caller

WEB = Path(__file__).parents[2] / "app" / "web"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
PAGES = (
    *("/", "/monitors", "/hosts", "/items", "/alerts", "/heartbeats", "/maintenance", "/notifications", "/schedules"),
    *("/tasks", "/dead-letters", "/tokens", "/users", "/machines", "/audit"),
    *("/teams", "/channels", "/contact-methods"),
    *("/tasks", "/dead-letters", "/tokens", "/users", "/machines", "/rotas", "/shifts"),
    *("/tasks", "/dead-letters", "/tokens", "/users", "/machines", "/routes"),
    *("/pages", "/escalations", "/views"),
    *("/score", "/score?by=message&hours=168&at=2026-01-01T00:00:00Z", "/score?host_id=1"),
    "/workers",
    *("/tasks/durations", "/tasks/durations?type=pull_hosts"),
)

LAYER = {"users": [1], "starts_at": "2026-01-05T09:00", "every": 1, "unit": "weeks"}
NOTIFIES = {"min_severity": 1, "on": ["fired"], "timezone": "UTC", "language": "zh", "batch_s": 0, "enabled": True}


@pytest.fixture
def everything(services: Services, fleet: int, admin: Caller) -> dict[str, str]:
    """Fill the database so that each page has something to show; return the pages of single things."""
    task_id = admin.post(f"/monitors/{fleet}/hosts/pull-async").json["task_id"]
    services.queue.workers.announce("celery@test", WORKER)
    claimed = services.ledger.lifecycle.begin(task_id, "celery@test/1")
    assert claimed is not None
    services.ledger.lifecycle.fail(claimed, ValueError("broken"))
    services.alerts.alerts.generate("generate_alerts:1", 6, None, 1)
    editor = Editor(1, "admin")
    services.maintenance.windows.create({"name": "w", "comment": "", "monitor_id": fleet, **window()}, editor)
    services.inventory.inventory.edit_host(1, {"display_name": "edited"}, editor)
    machine = services.machines.machines.merge_hosts([1, 2], editor)
    services.response.notifications.create({"name": "on call", "url": "json://127.0.0.1:9", **NOTIFIES})
    add_contacts(admin)
    beat = admin.post("/heartbeats", {"name": "备份", "interval_s": 60}).json
    for suffix in ("start", "3"):
        admin.call("POST", f"/heartbeats/{beat['token']}/{suffix}", data="line 1\nline 2")
    rota = admin.post("/rotas", {"name": "值班", "timezone": "Asia/Shanghai", "layers": [LAYER]}).json
    page_id = open_page(services, admin, fleet)
    nightly = {"name": "每晚", "cron": "0 3 * * *", "task_type": "sync", "params": {"monitor_id": fleet}}
    schedule = admin.post("/schedules", nightly).json
    return {
        "page": f"/pages/{page_id}",
        "escalation": "/escalations/1",
        "why": "/alerts/1/why",
        "rota": f"/rotas/{rota['id']}",
        "heartbeat": f"/heartbeats/{beat['id']}",
        "window": "/maintenance/1",
        "monitor": f"/monitors/{fleet}",
        "severities": f"/monitors/{fleet}/severities",
        "host": "/hosts/1",
        "machine": f"/machines/{machine['id']}",
        "item": "/items/1",
        "alert": "/alerts/1",
        "notification": "/notifications/1",
        "team": "/teams/1",
        "channel": f"/channels/{admin.get('/channels').json['items'][-1]['id']}",
        "contact_rule": f"/contact-rules/{admin.get('/users/me/contact-rules').json['rules'][0]['id']}",
        "contacts_of_user": f"/users/{admin.get('/auth/me').json['id']}/contact-methods",
        "contact_method": f"/contact-methods/{admin.get('/users/me/contact-methods').json['items'][0]['id']}",
        "route": "/routes/1",
        "task": f"/tasks/{task_id}",
        "letter": f"/dead-letters/{task_id}",
        "schedule": f"/schedules/{schedule['id']}",
    }


def open_page(services: Services, admin: Caller, fleet: int) -> int:
    """Let a route page the admin for an alert, and return the page."""
    steps = [{"after_s": 60, "targets": [{"type": "user", "id": 1}]}]
    made = {"name": "升级", "steps": steps, "repeats": None, "fallback": {"type": "user", "id": 1}}
    escalation_id = admin.post("/escalations", made).json["id"]
    route = {"name": "夜间", "target": "escalation", "escalation_id": escalation_id}
    assert admin.post("/routes", route).status == 201
    with services.database.transaction() as connection:
        add_event(connection, add_alert(connection, fleet, 99, message="disk is full"))
    services.response.notifier.tick()
    page_id = int(admin.get("/pages").json["items"][0]["id"])
    services.paging.steps.take(page_id, 0, 0)
    return page_id


def add_contacts(admin: Caller) -> None:
    """Add a team, a shared channel, and a contact method of the admin's with a rule."""
    admin.post("/teams", {"name": "支付", "members": ["admin"]})
    address = {"url": "json://127.0.0.1:9/s3cr3t"}
    admin.post("/channels", {"name": "群", **address})
    method = admin.post("/users/me/contact-methods", {"name": "手机", **address}).json
    hours = {"from": "22:00", "until": "07:00"}
    rule = {"channel_id": method["id"], "after_s": 300, "quiet_hours": hours, "wake_severity": 2}
    admin.put("/users/me/contact-rules", {"rules": [rule, rule | {"quiet_hours": None, "after_s": 0}]})


def window() -> dict[str, object]:
    return {"starts_at": datetime.now(UTC), "ends_at": datetime.now(UTC) + timedelta(hours=1)}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_page_is_whole_in_both_languages(
    browse: Callable[[str], Browser], everything: dict[str, str], language: str
) -> None:
    browser = browse("admin")
    browser.client.set_cookie("nagare_language", language)
    for path in (*PAGES, *everything.values()):
        answer = browser.get(path)
        assert answer.status == 200, (path, answer.text)
        assert f'<html lang="{"zh-Hans" if language == "zh" else "en"}"' in answer.text
        assert answer.text.count("<h1") == 1, path
        assert has_nothing_inline(answer.text), path
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        part = browser.get(path, headers=HTMX)
        assert (part.status, "<html" in part.text, '<main id="main"' in part.text) == (200, False, True), path
    words = browser.get("/").text
    assert ("健康分" in words) is (language == "zh")


def has_nothing_inline(page: str) -> bool:
    """Tell whether the policy blocks nothing of the page."""
    return not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", page)


def test_the_browsers_language_counts_until_another_is_chosen(browse: Callable[[str], Browser]) -> None:
    browser = browse("viewer")
    chinese = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}
    assert 'lang="zh-Hans"' in browser.get("/", headers=chinese).text
    answer = browser.post("/preferences", {"language": "en", "theme": "dark", "back": "/hosts"})
    assert (answer.status, answer.headers["Location"]) == (303, "/hosts")
    assert '<html lang="en" data-theme="dark">' in browser.get("/", headers=chinese).text


def test_names_from_monitors_are_only_ever_text(
    browse: Callable[[str], Browser], everything: dict[str, str], services: Services
) -> None:
    editor = Editor(1, HOSTILE[:64])
    services.inventory.monitors.update(1, {"name": HOSTILE})
    beat = services.liveness.heartbeats.update(1, {"name": HOSTILE, "labels": {HOSTILE: HOSTILE, "host": HOSTILE}})
    token = services.liveness.heartbeats.issue_token(beat["id"])
    services.liveness.heartbeat_pings.receive(token, Ping(PingKind.FAIL, 1, HOSTILE))
    services.inventory.inventory.edit_host(
        1, {"name": HOSTILE, "display_name": HOSTILE, "description": HOSTILE}, editor
    )
    services.inventory.inventory.edit_item(1, {"name": HOSTILE, "units": HOSTILE, "description": HOSTILE}, editor)
    services.alerts.alert_actions.comment(1, editor, HOSTILE)
    services.maintenance.windows.create({"name": HOSTILE, "comment": HOSTILE, "group": HOSTILE, **window()}, editor)
    hostile = services.access.users.create(HOSTILE[:64], "long enough", Role.VIEWER)["id"]
    services.contacts.teams.update(1, {"name": HOSTILE, "description": HOSTILE, "members": [hostile]}, editor)
    channel_id = int(everything["channel"].rpartition("/")[2])
    services.contacts.channels.update(channel_id, {"name": HOSTILE}, editor)
    admin_id = services.access.users.get_by_name("admin")["id"]
    [method] = services.contacts.contact_methods.list(admin_id)
    services.contacts.contact_methods.update(admin_id, method["id"], {"name": HOSTILE}, editor)
    browser = browse("admin")
    shown = 0
    for path in (*PAGES, *everything.values(), "/hosts?q=" + HOSTILE.replace("#", "")):
        text = browser.get(path).text
        assert "<script>alert" not in text and "<img src=x" not in text, path
        assert "{{7*7}}" in text or "49&#39;" not in text, path
        shown += "&lt;script&gt;" in text
    assert shown > 8


def test_a_viewer_sees_no_button_that_changes_something(
    browse: Callable[[str], Browser], everything: dict[str, str]
) -> None:
    allowed = {"/preferences", "/sign-out", "/sign-in"}
    alarms = 'data-opens="alarm-settings"'
    viewer, operator = browse("viewer"), browse("operator")
    for path in ({*PAGES} - {"/users", "/tokens", "/contact-methods"}) | {*everything.values()}:
        text = viewer.get(path).text
        assert set(re.findall(r'<form method="post" action="([^"]+)"', text)) <= allowed, path
        assert "data-opens" not in text.replace(alarms, ""), path
    assert browse("viewer").get("/users").status == 403
    assert "/users" not in viewer.get("/").text
    assert "/delete" not in operator.get(everything["monitor"]).text
    assert "/discard" not in operator.get("/dead-letters").text


def test_an_error_is_a_page_in_the_readers_language(browse: Callable[[str], Browser]) -> None:
    browser = browse("viewer")
    answer = browser.get("/hosts/999999")
    assert (answer.status, "This does not exist, or no longer exists" in answer.text) == (404, True)
    browser.client.set_cookie("nagare_language", "zh")
    assert "此内容不存在" in browser.get("/hosts/999999").text
    assert "您的角色" in browser.get("/users").text
    assert browser.get("/hosts?cursor=wrong").status == 422
    assert browser.get("/hosts?nonsense=1").status == 422


def test_without_redis_pages_still_show_what_is_known(
    browse: Callable[[str], Browser], everything: dict[str, str], services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.broker._circuit_breaker, "_opened_until", float("inf"))
    browser = browse("admin")
    page = browser.get("/")
    assert page.status == 200
    assert "Redis is unavailable" in page.text and "Unknown while Redis is unavailable" in page.text
    assert "No worker is taking tasks" not in page.text, "nobody knows: beside it stands Workers: ?"
    assert all(browser.get(path).status == 200 for path in (*PAGES, *everything.values()))


def test_without_the_database_the_page_says_so_and_tries_again(
    browse: Callable[[str], Browser], services: Services, tmp_path: Path
) -> None:
    browser = browse("viewer")
    services.database.close()
    (tmp_path / "nagare.db").rename(tmp_path / "away.db")
    answer = browser.get("/")
    assert (answer.status, "The database is unavailable" in answer.text) == (503, True)
    assert int(answer.headers["Refresh"]) > 0
    part = browser.get("/", headers=HTMX)
    assert (part.status, 'class="problem"' in part.text, "<html" in part.text) == (503, True, False)


def test_a_dead_worker_is_seen(browse: Callable[[str], Browser], services: Services, admin: Caller, fleet: int) -> None:
    admin.post(f"/monitors/{fleet}/hosts/pull-async")
    status = browse("viewer").get("/status").text
    assert "No worker is taking tasks" in status
    assert re.findall(r"<dd>(\d+)</dd>", status) == ["0", "1", "0"]
    services.queue.workers.announce("celery@test", WORKER)
    assert "No worker" not in browse("viewer").get("/status").text


def test_workers_of_one_name_are_told_apart(browse: Callable[[str], Browser], services: Services) -> None:
    services.queue.workers.announce("celery@test", WORKER)
    assert "another worker has the same name" not in browse("viewer").get("/").text
    for pid in (7, 8):
        shared: dict[str, object] = {"id": f"celery@test/{pid}", "pid": pid, "is_name_shared": True, "processes": []}
        services.queue.workers.announce(f"celery@test/{pid}", {**WORKER, **shared})
    page = browse("viewer").get("/").text
    assert re.findall(r"Process (\d) on test: another worker has the same name", page) == ["7", "8"]


def test_static_files_are_kept_for_ever_under_their_version(browse: Callable[[str], Browser]) -> None:
    page = browse("viewer").get("/").text
    links = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))
    assert {link.split("/", 3)[3] for link in links} == own_files()
    for link in links:
        answer = browse("viewer").get(link)
        assert (answer.status, "immutable" in answer.headers["Cache-Control"]) == (200, True), link
    assert not re.search(r'(?:src|href|action)="(?!/|#)', page), "nothing comes from another server"
    assert browse("viewer").get("/static/0/../dashboard.py").status == 404


def own_files() -> set[str]:
    """Return the names of the files that the dashboard uses, of which none is forgotten in the page."""
    folder = WEB / "static"
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    of_others = {"docs.js", "wallboard.js", "wallboard.css"}
    return {name for name in names - of_others if not name.startswith("vendor/")} | {
        *("vendor/htmx-2.0.11.min.js", "vendor/uplot-1.6.32.min.js", "vendor/uplot-1.6.32.min.css")
    }


USED = re.compile(
    r"""\bt(?:ranslate)?\(\s*["']([a-z_]+\.[A-Za-z_0-9]+)["']\s*[,)]|"(flash\.[a-z_]+)"|STATUS_TEXTS.*"(inventory\.[a-z]+)\""""
)
BUILT: dict[str, type[StrEnum] | type[IntEnum]] = {
    "audit.action": AuditAction,
    "audit.type": AuditedType,
    "channel_delivery": DeliveryGuarantee,
    "channel_kind": ChannelKind,
    "contact_rule": Unusable,
    "quiet": QuietKind,
    "report_way": ReportWay,
    "resolution": Resolution,
    "alert_event": AlertEventKind,
    "alert_status": AlertStatus,
    "heartbeat_reason": HeartbeatReason,
    "heartbeat_status": HeartbeatStatus,
    "inventory_status": InventoryStatus,
    "language": Language,
    "numbers": Numbers,
    "notification_kind": NotificationKind,
    "monitor_status": MonitorStatus,
    "ping_kind": PingKind,
    "progress": ProgressUnit,
    "role": Role,
    "rotas.holiday_use": HolidayUse,
    "rotas.reason": GapReason,
    "rotas.units": TurnUnit,
    "route_target": RouteTarget,
    "decision_outcome": DecisionOutcome,
    "delivery_kind": DeliveryKind,
    "delivery_state": DeliveryState,
    "page_state": PageState,
    "page_target": PageTarget,
    "scope": Scope,
    "severity": Severity,
    "task_state": TaskState,
    "task_type": TaskType,
}
OPEN = ("host_detail.", "count.", "field.", "mapping_field.", "reason.", "reason_says.", "error.", "nav.", "why.")
"""Names that are made of words from elsewhere: codes of errors, fields of schemas, counts of results."""
MADE = {
    *(f"dead.words_{name}" for name in ("type", "monitor_id", "reason", "cause", "q")),
    *(f"tasks.subject_{what}" for what in ("page", "window", "notification", "channel")),
    *(f"forms.wrong_{name}" for name in KNOWN),
    *(f"welcome.{step}{hint}" for step in STEPS for hint in ("", "_hint")),
    *("paging.setup_contact_method", "paging.setup_rota", "paging.setup_escalation", "paging.setup_route"),
    "paging.setup_page",
    *("order.-severity,started_at", "order.-cost", "order.-started_at", "order.-last_seen_at"),
    *(f"score.by_{cause}" for cause in ScoreCause),
    *("alert.link_dashboard", "alert.link_dashboard_url", "alert.link_runbook", "alert.link_runbook_url"),
    *("status.wrong_database", "status.wrong_broker", "status.wrong_worker"),
    *("status.then_database", "status.then_broker", "status.then_worker"),
    *("overview.level_good", "overview.level_warn", "overview.level_bad"),
    *("audit.mark_new", "audit.mark_set", "audit.mark_changed"),
    *("theme.auto", "theme.light", "theme.dark", "snooze.1h", "snooze.4h", "snooze.1d", "snooze.7d"),
    *("machines.kind_machine_id", "machines.kind_source_id", "machines.kind_fqdn", "machines.kind_address"),
    *("machines.kind_name", "machines.mode_off", "machines.mode_suggest", "machines.mode_join"),
    *("machines.way_rule", "machines.way_person"),
    *(f"palette.kind_{kind}" for kind in ("page", "view", "action", *KINDS)),
    *(f"keys.{name}" for name in ("palette", "search", "next", "previous", "tick", "help")),
    *(f"keys.{name}" for name in ("acknowledge", "resolve", "snooze")),
    *("maintenance.phase_over", "maintenance.phase_coming", "maintenance.phase_active"),
    *("maintenance.repeat_never", "maintenance.repeat_daily", "maintenance.repeat_weekly"),
    *("maintenance.repeat_monthly", "maintenance.repeat_custom"),
    *(f"maintenance.push_{state}{back}" for state in PushState for back in ("", "_back")),
    *("monitors.pull_all", "monitors.pull_hosts", "monitors.pull_items", "monitors.pull_alerts"),
    *("rotas.given", "rotas.taken", "rotas.view.month", "rotas.view.week", *(f"rotas.weekday.{day}" for day in DAYS)),
    *("decision_outcome.none",),
    *("severities.unknown", "severities.missing"),
    *("flash.acknowledge", "flash.resolve", "flash.reopen", "flash.snooze"),
    *(f"bulk.{act}_{part}" for act in ("acknowledge", "resolve", "reopen", "snooze") for part in ("many", "question")),
    *(f"alerts.column_{name}" for name in COLUMNS),
    *(f"alerts.tab_{name}" for name in TABS),
    *(
        f"alerts.kind_{what}_{code}"
        for what, codes in (("status", AlertStatus), ("severity", Severity))
        for code in codes
    ),
    *(f"alerts.kind_{no}{state}" for no in ("", "not_") for state in ("suppressed", "stale", "silenced")),
    *("alerts.words", "alerts.words_one", "order.started_at", "order.-severity,started_at"),
    *(f"alerts.{what}_{by}" for what in ("by", "without") for by in GROUPINGS),
    *(f"alerts.facet_{name}" for name in ("severity", "status", "monitor_id", "source", "host", "group")),
    *("inventory.gone", "inventory.disabled", "time.d", "time.h", "time.min", "time.s", "time.ago", "time.in"),
}


def sources() -> str:
    paths = [*(WEB / "dashboard").rglob("*.py"), *(WEB / "templates" / "dashboard").glob("*.html")]
    return "\n".join(path.read_text() for path in paths)


def test_both_languages_have_the_same_texts_with_the_same_values() -> None:
    english, chinese = CATALOGUES["en"], CATALOGUES["zh"]
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", chinese[key])), key
    for name in CATALOGUES:
        written = (WEB / "dashboard" / "texts" / f"{name}.json").read_text()
        assert len(re.findall(r'^  "', written, re.MULTILINE)) == len(json.loads(written)), "a key stands there twice"


def test_each_text_that_is_used_is_there_and_none_is_unused() -> None:
    used = {key for match in USED.finditer(sources()) for key in match.groups() if key}
    built = {f"{prefix}.{word}" for prefix, words in BUILT.items() for word in words}
    built |= {f"nav_group.{group}" for group in NAVIGATION if group}
    known = set(CATALOGUES["en"])
    assert (used | built | MADE) - known == set()
    assert {key for key in known - used - built - MADE if not key.startswith(OPEN)} == set()
