"""What the dashboard's buttons do, as forms and as htmx sends them."""

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from sqlalchemy import text

from app import clock
from app.composition import Services
from app.enums import TaskType
from app.store.database.pages import PageRequest
from app.store.inventory import hosts
from app.web.schemas.notifications import NotificationChangesSchema
from tests.services.alert_rows import add_alert
from tests.web.browser import HTMX, Browser
from tests.web.caller import FLEET, PASSWORD

NEW = {"name": "上海机房", "type": "simulator", "url": FLEET, "username": "", "password": "", "api_token": ""}
FIRST = PageRequest()


@pytest.fixture
def admin_page(browse: Callable[[str], Browser]) -> Browser:
    return browse("admin")


@pytest.fixture
def operator_page(browse: Callable[[str], Browser]) -> Browser:
    return browse("operator")


def queued(services: Services) -> list[str]:
    return [task["type"] for task in services.ledger.tasks.list(FIRST).items]


def test_a_monitor_is_added_checked_pulled_turned_off_and_deleted(admin_page: Browser, services: Services) -> None:
    page = admin_page.follow(admin_page.post("/monitors", NEW))
    assert "Monitor added: 上海机房" in page.text
    assert "Monitor added" not in admin_page.get("/monitors/1").text, "it is told once"
    assert "Connection OK" in admin_page.follow(admin_page.post("/monitors/1/check")).text
    for what in ("hosts", "items", "alerts", "hosts"):
        assert admin_page.post(f"/monitors/1/pull/{what}").status == 303
    assert sorted(queued(services)) == ["pull_alerts", "pull_hosts", "pull_items"], "twice the same waits once"
    assert admin_page.post("/monitors/1/pull/all").status == 303
    assert "sync" in queued(services)
    admin_page.post("/monitors/1", {"enabled": "false"})
    assert services.inventory.monitors.get(1)["enabled"] is False
    refused = admin_page.post("/monitors/1/pull/hosts", headers=HTMX)
    assert (refused.status, "Not possible in the current state" in refused.text) == (409, True)
    assert "Deleted: 上海机房" in admin_page.follow(admin_page.post("/monitors/1/delete")).text
    assert "No monitors yet" in admin_page.get("/monitors").text


def test_a_long_chinese_name_is_told_too(admin_page: Browser) -> None:
    page = admin_page.follow(admin_page.post("/monitors", {**NEW, "name": "机" * 200}))
    assert "Monitor added: " + "机" * 200 in page.text


def test_a_blank_secret_keeps_the_stored_one(admin_page: Browser, services: Services) -> None:
    admin_page.post("/monitors", {**NEW, "password": "s3cret-of-zabbix", "username": "Admin"})
    sealed = "SELECT username, password_sealed FROM monitors"
    with services.database.reading() as connection:
        before = connection.exec_driver_sql(sealed).one()
    form = {"name": "renamed", "url": FLEET, "username": "", "password": "", "api_token": ""}
    more = {"max_parallel_tasks": "7", "acknowledge_at_source": "true"}
    assert admin_page.post("/monitors/1", {**form, **more}).status == 303
    with services.database.reading() as connection:
        after = connection.exec_driver_sql(sealed).one()
    assert (after[0], after[1] == before[1], before[1] is not None) == (None, True, True)
    assert services.inventory.monitors.get(1)["max_parallel_tasks"] == 7
    assert "s3cret" not in admin_page.get("/monitors/1").text


def test_wrong_input_is_named_where_it_is(admin_page: Browser) -> None:
    answer = admin_page.post("/monitors", {**NEW, "name": "", "type": "cacti"}, headers=HTMX)
    assert answer.status == 422
    assert 'data-field="name"' in answer.text and 'data-field="type"' in answer.text
    assert "<html" not in answer.text
    assert "<html" in admin_page.post("/monitors", {**NEW, "name": ""}).text


def test_a_host_and_an_item_are_edited(operator_page: Browser, services: Services, fleet: int) -> None:
    form = {"name": "web", "display_name": "网站 <1>", "description": "a\r\nb", "enabled": "false"}
    page = operator_page.follow(operator_page.post("/hosts/1", form))
    assert "Saved: 网站 &lt;1&gt;" in page.text
    host = services.inventory.inventory.get_host(1)
    assert (host["display_name"], host["description"], host["enabled"]) == ("网站 <1>", "a\nb", False)
    operator_page.post(
        "/items/1", {"name": "load", "units": "", "interval": "5m", "description": "", "enabled": "true"}
    )
    item = services.inventory.inventory.get_item(1)
    assert (item["name"], item["units"], item["interval"]) == ("load", "", "5m")
    assert operator_page.post("/hosts/2/pull").status == operator_page.post("/items/3/pull").status == 303
    assert set(queued(services)) == {TaskType.PULL_HOST, TaskType.PULL_ITEMS, TaskType.PULL_ITEM}
    assert "operator" in operator_page.get("/hosts/1").text


def test_many_alerts_are_settled_at_once(operator_page: Browser, services: Services, fleet: int) -> None:
    services.alerts.alerts.generate("generate_alerts:1", 9, None, 1)
    ids = [alert["id"] for alert in services.alerts.alerts.list(FIRST).items]
    answer = operator_page.post(
        "/alerts/acknowledge", {"ids": [ids[0], ids[1]], "comment": "看着", "back": "/alerts?q=1"}
    )
    assert answer.headers["Location"] == "/alerts?q=1"
    assert "Acknowledged: 2" in operator_page.follow(answer).text
    assert "看着" in services.alerts.alerts.get(ids[0])["comment"]
    operator_page.post("/alerts/snooze", {"ids": ids[2], "until": "4h"})
    assert services.alerts.alerts.get(ids[2])["suppressed"] is True
    operator_page.post("/alerts/snooze", {"ids": ids[2], "until": "wake"})
    assert services.alerts.alerts.get(ids[2])["suppressed"] is False
    told = operator_page.follow(operator_page.post("/alerts/resolve", {"everything": "true", "status": "0"})).text
    assert "Resolved: 7" in told
    assert "Reopened: 1" in operator_page.follow(operator_page.post("/alerts/reopen", {"ids": ids[4]})).text
    assert [alert["id"] for alert in services.alerts.alerts.list(FIRST, status=0).items] == [ids[4]]


def test_an_alert_is_commented_on_whatever_its_status(operator_page: Browser, services: Services, fleet: int) -> None:
    services.alerts.alerts.generate("generate_alerts:1", 1, None, 1)
    for status in (0, 1, 2):
        page = operator_page.follow(operator_page.post("/alerts/1/comment", {"comment": f"note {status}"})).text
        assert f"note {status}" in page
        assert services.alerts.alerts.get(1)["status"] == status
        operator_page.post("/alerts/acknowledge" if status == 0 else "/alerts/resolve", {"ids": "1"})
    assert [event["kind"] for event in services.alerts.alerts.events(FIRST, 1).items].count("commented") == 3


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/alerts/resolve", {}),
        ("/alerts/resolve", {"ids": "none"}),
        ("/alerts/resolve", {"ids": "9" * 30}),
        ("/alerts/snooze", {"ids": "1", "until": "for ever"}),
        ("/alerts/resolve", {"everything": "true", "status": "9"}),
        ("/alerts/1/comment", {"comment": "  "}),
        ("/alerts/test", {"count": "10001"}),
        ("/alerts/test", {"count": "many"}),
        ("/maintenance", {"name": "w", "starts_at": "soon", "ends_at": "2030-01-01T00:00"}),
        ("/maintenance", {"name": "w", "starts_at": "2030-01-01T00:00", "ends_at": "2030-01-01T01:00"}),
        ("/users", {"username": "x", "password": "short", "role": "viewer"}),
        ("/users", {"username": "x\0", "password": "long enough", "role": "viewer"}),
        ("/users", {"username": "x", "password": "long enough", "role": "god"}),
        ("/users", {"username": "x", "password": "long enough", "role": "viewer", "extra": "1"}),
    ],
)
def test_what_cannot_be_right_changes_nothing(
    admin_page: Browser, services: Services, fleet: int, path: str, form: dict[str, str]
) -> None:
    services.alerts.alerts.generate("generate_alerts:1", 1, None, 1)
    assert admin_page.post(path, form, headers=HTMX).status == 422
    assert services.alerts.alerts.get(1)["status"] == 0
    assert len(services.access.users.list(FIRST).items) == 3


def test_a_window_is_read_in_the_readers_time_zone_and_ended(
    operator_page: Browser, services: Services, fleet: int
) -> None:
    operator_page.client.set_cookie("nagare_zone", "Asia/Shanghai")
    form = {"name": "升级", "monitor_id": str(fleet), "group": "", "host_id": "", "comment": ""}
    moments = {"starts_at": "2020-01-01T08:00", "ends_at": "2099-01-01T08:30"}
    page = operator_page.follow(operator_page.post("/maintenance", {**form, **moments})).text
    assert "1 Jan 2099, 08:30" in page
    window = services.maintenance.windows.get(1)
    assert (window["starts_at"].isoformat(), window["group"]) == ("2020-01-01T00:00:00+00:00", None)
    assert "Maintenance window ended" in operator_page.follow(operator_page.post("/maintenance/1/end")).text
    operator_page.post("/maintenance/1/delete")
    assert "No maintenance windows" in operator_page.get("/maintenance").text


def test_a_window_that_recurs_is_previewed_added_changed_and_told(operator_page: Browser, services: Services) -> None:
    operator_page.client.set_cookie("nagare_zone", "Europe/Berlin")
    address = {"name": "am", "type": "alertmanager", "url": "http://127.0.0.1:9"}
    monitor_id = services.inventory.monitors.create(address)["id"]
    times = {"starts_at": "2099-03-28T02:30", "ends_at": "2099-03-28T03:00", "timezone": "Europe/Berlin"}
    preview = operator_page.post("/maintenance/preview", {**times, "repeat": "FREQ=DAILY", "rrule": ""}).text
    # On the day of the clock change, 02:30 does not exist.
    assert "28 Mar 2099, 02:30" in preview
    assert "29 Mar 2099, 03:30" in preview
    assert "30 Mar 2099, 02:30" in preview
    wrong = operator_page.post("/maintenance/preview", {**times, "repeat": "custom", "rrule": "FREQ=SECONDLY"})
    assert (wrong.status, "once an hour at most" in wrong.text) == (200, True)
    assert "Must be a recurrence rule" in operator_page.post("/maintenance/preview", {**times, "repeat": "custom"}).text
    unreadable = {**times, "repeat": "", "starts_at": "soon"}
    assert "Must be a date" in operator_page.post("/maintenance/preview", unreadable).text
    scope = {"monitor_id": str(monitor_id), "group": "", "host_id": "", "match": '{team="pay"}', "comment": ""}
    form = {"name": "备份", **scope, **times, "repeat": "custom", "rrule": "freq=weekly", "push_to_source": "true"}
    page = operator_page.follow(operator_page.post("/maintenance", form)).text
    assert "Every week" in page
    assert "before it begins" in page
    window = services.maintenance.windows.get(1)
    assert (window["rrule"], window["match"], window["push_to_source"]) == ("FREQ=WEEKLY", '{team="pay"}', True)
    page = operator_page.follow(operator_page.post("/maintenance/1", {**form, "repeat": ""})).text
    assert "Nothing yet" in page
    assert services.maintenance.windows.get(1)["rrule"] is None
    soon = {**form, "repeat": "", "starts_at": "2020-01-01T00:00"}
    assert "am: being told" in operator_page.follow(operator_page.post("/maintenance/1", soon)).text
    assert queued(services) == [TaskType.PUSH_MAINTENANCE]


def test_a_schedule_is_added_turned_off_and_deleted(admin_page: Browser, services: Services, fleet: int) -> None:
    form = {"name": "每小时", "task_type": "sync", "monitor_id": str(fleet), "cron": "0 * * * *", "timezone": "UTC"}
    page = admin_page.follow(admin_page.post("/schedules", form)).text
    assert "Schedule added: 每小时" in page
    schedule = services.ledger.schedules.get(1)
    assert (schedule["task_type"], schedule["params"]) == ("sync", {"monitor_id": fleet})
    admin_page.post("/schedules/1", {"enabled": "false"})
    assert not services.ledger.schedules.get(1)["enabled"]
    assert "Cron expression" in admin_page.post("/schedules", {**form, "name": "b", "cron": "hourly"}).text
    admin_page.post("/schedules/1/delete")
    assert "No schedules" in admin_page.get("/schedules").text


def test_a_notification_is_added_tried_turned_off_and_deleted(
    admin_page: Browser, services: Services, fleet: int
) -> None:
    form = {"name": "值班", "url": "json://127.0.0.1:9/secret", "min_severity": "2", "monitor_id": "", "group": ""}
    page = admin_page.follow(admin_page.post("/notifications", {**form, "language": "zh"})).text
    assert "Notification added: 值班" in page
    assert "secret" not in page
    rule = services.response.notifications.get(1)
    assert (rule["min_severity"], rule["monitor_id"], rule["language"]) == (2, None, "zh")
    admin_page.post("/notifications/1/test")
    assert queued(services) == ["notify"]
    admin_page.post("/notifications/1", {"enabled": "false"})
    assert not services.response.notifications.get(1)["enabled"]
    admin_page.post("/notifications/1/delete")
    assert "No notifications" in admin_page.get("/notifications").text


def test_a_notification_is_edited_with_templates_and_keeps_its_address(
    admin_page: Browser, services: Services, fleet: int
) -> None:
    form = {"name": "值班", "url": "json://127.0.0.1:9/secret", "min_severity": "2", "monitor_id": "", "group": ""}
    templates = {"title_template": "{{ summary }}", "body_template": ""}
    admin_page.post("/notifications", {**form, **templates, "language": "zh", "timezone": "Asia/Shanghai"})
    page = admin_page.get("/notifications/1").text
    assert "{{ summary }}" in page and 'value="Asia/Shanghai"' in page
    assert "secret" not in page
    form_html = page[page.index('<form method="post" action="/notifications/1"') :]
    names = re.findall(r'<(?:input|select|textarea) (?![^>]*form=)[^>]*name="(\w+)"', form_html.partition("</form>")[0])
    assert {"name", "url", "timezone", "body_template"} < {*names}
    assert {*names} - {"csrf_token"} <= {*NotificationChangesSchema().fields}, "what no schema knows would be refused"
    with services.database.reading() as connection:
        sealed = connection.execute(text("SELECT url_sealed FROM notifications")).scalar_one()
    matchers = '{team="pay"}'
    changed = {
        **form,
        "match": matchers,
        "url": "",
        "title_template": "",
        "body_template": "{{ default_body }}\r\n值班",
    }
    assert "Saved" in admin_page.follow(admin_page.post("/notifications/1", changed)).text
    rule = services.response.notifications.get(1)
    assert (rule["title_template"], rule["body_template"]) == (None, "{{ default_body }}\n值班")
    assert rule["match"] == matchers
    with services.database.reading() as connection:
        assert connection.execute(text("SELECT url_sealed FROM notifications")).scalar_one() == sealed
    refused = admin_page.post("/notifications/1", {"body_template": "{{ alert }}"})
    assert (refused.status, "`alert` is unknown" in refused.text) == (422, True)


def test_a_form_of_a_notification_shows_what_its_templates_write(
    admin_page: Browser, operator_page: Browser, services: Services, fleet: int
) -> None:
    with services.database.transaction() as connection:
        alert_id = add_alert(connection, fleet, message="<b>满</b>", labels={"pod": "cart-1"})
    form = {"title_template": "{{ alerts[0].labels.pod }}", "body_template": "", "language": "zh", "timezone": "UTC"}
    shown = admin_page.post("/notifications/preview", {**form, "alert_id": ""}, headers=HTMX)
    assert shown.status == 200
    assert "<h3>cart-1</h3>" in shown.text and f"Alert #{alert_id}" in shown.text
    assert "严重 &lt;b&gt;满&lt;/b&gt; [pod=cart-1]" in shown.text
    wrong = admin_page.post("/notifications/preview", {**form, "body_template": "\n{{ nothing }}"}, headers=HTMX)
    assert wrong.status == 200
    assert "Body template" in wrong.text and "line 2: `nothing` is unknown" in wrong.text
    assert operator_page.post("/notifications/preview", form, headers=HTMX).status == 403


def test_dead_letters_are_retried_and_discarded(admin_page: Browser, services: Services, fleet: int) -> None:
    task_ids = []
    for what in ("hosts", "items", "alerts"):
        admin_page.post(f"/monitors/{fleet}/pull/{what}")
    for task in services.ledger.tasks.list(FIRST).items:
        claim = services.ledger.lifecycle.begin(task["task_id"], "celery@test/1")
        assert claim is not None
        services.ledger.lifecycle.fail(claim, ValueError("broken"))
        task_ids.append(task["task_id"])
    assert "Traceback" in admin_page.get(f"/dead-letters/{task_ids[0]}").text
    page = admin_page.follow(admin_page.post(f"/dead-letters/{task_ids[0]}/retry")).text
    assert "Task queued again." in page
    told = admin_page.follow(admin_page.post("/dead-letters/discard", {"type": task_ids[1].split(":")[0]})).text
    assert "Discarded: 1" in told
    assert "Retried: 1" in admin_page.follow(admin_page.post("/dead-letters/retry", {"q": "broken"})).text
    admin_page.post(f"/tasks/{task_ids[0]}/cancel")
    assert services.ledger.tasks.get(task_ids[0])["state"] == "cancelled"


def test_queues_are_paused_and_resumed(admin_page: Browser, services: Services, fleet: int) -> None:
    assert admin_page.post("/queues/pull_hosts/pause").headers["Location"] == "/"
    assert services.ledger.queues.paused() == {"pull_hosts"}
    assert "Paused" in admin_page.get("/").text
    admin_page.post("/queues/pull_hosts/resume")
    assert services.ledger.queues.paused() == set()
    admin_page.post(f"/monitors/{fleet}/pull/hosts")
    assert "cancelled: 1" in admin_page.follow(admin_page.post("/queues/pull_hosts/clear")).text


def test_a_user_is_added_changed_and_deleted(
    admin_page: Browser, services: Services, browse: Callable[[str], Browser]
) -> None:
    admin_page.post("/users", {"username": "王芳", "password": PASSWORD, "role": "operator"})
    user = services.access.users.get_by_name("王芳")
    theirs = browse("王芳")
    assert theirs.get("/").status == 200
    admin_page.post(f"/users/{user['id']}", {"role": "viewer", "password": ""})
    assert services.access.users.get(user["id"])["role"] == "viewer"
    assert theirs.get("/").status == 200, "a blank password is none"
    admin_page.post(f"/users/{user['id']}", {"role": "viewer", "password": "another long one"})
    assert theirs.get("/").status == 303
    assert "Deleted: 王芳" in admin_page.follow(admin_page.post(f"/users/{user['id']}/delete")).text


def test_tasks_that_ended_are_counted_by_the_minute(services: Services, fleet: int, operator_page: Browser) -> None:
    operator_page.post(f"/monitors/{fleet}/pull/hosts")
    operator_page.post(f"/monitors/{fleet}/pull/items")
    first, second = (task["task_id"] for task in services.ledger.tasks.list(FIRST).items)
    for task_id, error in ((first, None), (second, ValueError("broken"))):
        claim = services.ledger.lifecycle.begin(task_id, "celery@test/1")
        assert claim is not None
        services.ledger.lifecycle.fail(claim, error) if error else services.ledger.lifecycle.succeed(claim, {})
    minutes = services.ledger.tasks.throughput(60)
    assert len(minutes) == 60
    assert [b["at"] - a["at"] for a, b in pairwise(minutes)] == [60] * 59
    assert (sum(m["succeeded"] for m in minutes), sum(m["dead"] for m in minutes[-2:])) == (1, 1)


def test_past_values_are_asked_for_on_the_page_of_an_item(
    operator_page: Browser, services: Services, fleet: int
) -> None:
    assert "/items/1/backfill" in operator_page.get("/items/1?hours=720").text
    assert "being read" in operator_page.follow(operator_page.post("/items/1/backfill")).text
    assert queued(services) == [TaskType.BACKFILL_VALUES]


def test_a_host_that_is_gone_says_so_and_is_deleted(operator_page: Browser, services: Services, fleet: int) -> None:
    assert "/hosts/1/delete" not in operator_page.get("/hosts/1").text
    with services.database.transaction() as connection:
        hosts.mark_gone(connection, [1], clock.now())
    page = operator_page.get("/hosts/1").text
    assert "Its monitor no longer has it since" in page and "/hosts/1/delete" in page
    assert "Deleted:" in operator_page.follow(operator_page.post("/hosts/1/delete")).text
    assert operator_page.get("/hosts/1").status == 404
    assert operator_page.get("/hosts?archived=true").status == 200
