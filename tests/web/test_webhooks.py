"""What monitors post: by their own tokens, in four formats, recorded before it is answered."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from app.composition import Services
from app.errors import AlertRefused
from app.rules.task_params.alerts import ReceiveAlerts
from tests.unit.rules.webhooks import payloads
from tests.unit.rules.webhooks.test_parse import JSON
from tests.web.browser import Browser
from tests.web.caller import Answer, Caller, as_json

PLAIN = {"message": "磁盘空间不足", "severity": "critical", "host": "web-01", "status": "firing"}

GOOD = {"status": "firing", "labels": {"alertname": "Good"}, "annotations": {}}
BAD = {"status": "firing", "labels": None, "annotations": None}
NOTHING_LOST = {"refused": [], "refused_count": 0, "truncated": 0}


@pytest.fixture
def token(admin: Caller, fleet: int) -> str:
    made = admin.post(f"/monitors/{fleet}/webhook-token")
    assert (made.status, list(made.json)) == (201, ["token"])
    return str(made.json["token"])


def post(nobody: Caller, token: str, body: object, **headers: str) -> Answer:
    return nobody.call("POST", "/alerts/webhook", {"Authorization": f"Bearer {token}", **headers}, json=body)


def take_in(services: Services, monitor_id: int) -> dict[str, int]:
    return services.alerts.webhook_intake.take_in("receive_alerts:0", monitor_id)


def test_a_post_is_recorded_and_a_task_takes_it_in(
    services: Services, nobody: Caller, viewer: Caller, fleet: int, token: str
) -> None:
    answer = post(nobody, token, PLAIN)
    assert answer.status == 202
    task_id = answer.json["task_id"]
    assert answer.json == {"message": "Alerts recorded", "task_id": task_id, "count": 1, **NOTHING_LOST}
    assert answer.headers["Location"] == f"/api/v1/tasks/{task_id}"
    task = viewer.get(f"/tasks/{task_id}").json
    assert (task["type"], task["params"], task["monitor_id"]) == ("receive_alerts", {"monitor_id": fleet}, None)
    assert viewer.get("/alerts").json["items"] == []
    assert take_in(services, fleet)["new"] == 1
    [alert] = viewer.get("/alerts").json["items"]
    assert (alert["message"], alert["severity"], alert["source"], alert["monitor_id"]) == (
        PLAIN["message"],
        2,
        "webhook",
        fleet,
    )


def test_posts_that_wait_share_a_task_and_are_taken_in_in_order(
    services: Services, nobody: Caller, viewer: Caller, fleet: int, token: str
) -> None:
    over = {**PLAIN, "status": "resolved"}
    task_ids = {post(nobody, token, body).json["task_id"] for body in (PLAIN, over, PLAIN, over)}
    assert len(task_ids) == 1
    assert take_in(services, fleet) == {
        **{"seen": 4, "new": 1, "repeated": 0, "reopened": 1, "resolved": 2, "unchanged": 0}
    }
    [alert] = viewer.get("/alerts").json["items"]
    kinds = [event["kind"] for event in viewer.get(f"/alerts/{alert['id']}/events").json["items"]]
    assert (alert["status"], kinds) == (2, ["resolved", "reopened", "resolved", "fired"])
    assert take_in(services, fleet) == {}


@pytest.mark.parametrize("name", ["ALERTMANAGER", "GRAFANA", "ZABBIX"])
def test_each_format_is_taken(services: Services, nobody: Caller, fleet: int, token: str, name: str) -> None:
    body: Any = getattr(payloads, name)
    answer = post(nobody, token, body)
    assert answer.status == 202, answer.text
    assert take_in(services, fleet)["seen"] == answer.json["count"] > 0


def test_a_repeat_with_the_same_key_is_answered_the_same(nobody: Caller, fleet: int, token: str) -> None:
    first = post(nobody, token, PLAIN, **{"Idempotency-Key": "one"})
    assert post(nobody, token, PLAIN, **{"Idempotency-Key": "one"}).json == first.json
    other = post(nobody, token, {**PLAIN, "message": "other"}, **{"Idempotency-Key": "one"})
    assert (other.status, list(other.json["errors"])) == (422, ["Idempotency-Key"])


def test_only_the_last_token_works(admin: Caller, nobody: Caller, fleet: int, token: str) -> None:
    assert admin.get(f"/monitors/{fleet}").json["has_webhook_token"] is True
    newer = admin.post(f"/monitors/{fleet}/webhook-token").json["token"]
    assert post(nobody, token, PLAIN).status == 401
    assert post(nobody, newer, PLAIN).status == 202
    assert token not in admin.get(f"/monitors/{fleet}").text


def test_who_has_no_token_is_refused_before_the_post_is_read(nobody: Caller, admin: Caller, fleet: int) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {admin.token}"}):
        refused = nobody.call("POST", "/alerts/webhook", headers, data="{", content_type="application/json")
        assert refused.status == 401, headers


def test_a_disabled_monitor_takes_no_posts(admin: Caller, nobody: Caller, fleet: int, token: str) -> None:
    admin.call("PATCH", f"/monitors/{fleet}", json={"enabled": False})
    assert post(nobody, token, PLAIN).status == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "hello"}, "body"),
        ("hello", "body"),
        ({"message": ""}, "message"),
        ({**PLAIN, "severity": True}, "severity"),
        ({**PLAIN, "status": "maybe"}, "status"),
        ({**PLAIN, "labels": {"port": 1}}, "labels"),
        ({**payloads.ALERTMANAGER, "version": "3"}, "version"),
        ({"evalMatches": [], "ruleName": "Disk", "orgId": 1, "message": "disk", "state": "alerting"}, "body"),
    ],
)
def test_what_is_not_understood_is_refused_with_what_was_expected(
    nobody: Caller, fleet: int, token: str, body: object, field: str
) -> None:
    answer = post(nobody, token, body)
    assert (answer.status, list(answer.json["errors"])) == (422, [field])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=JSON)
def test_whatever_is_posted_is_recorded_or_refused(nobody: Caller, token: str, body: object) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    answer = nobody.call("POST", "/alerts/webhook", headers, **as_json(body))
    assert answer.status in (202, 400, 422), answer.text


def test_a_post_may_be_larger_than_other_bodies_but_not_endless(nobody: Caller, token: str) -> None:
    large = [{**PLAIN, "id": str(number), "comment": "长" * 1000} for number in range(1500)]
    answer = post(nobody, token, large)
    assert (answer.status, answer.json["count"]) == (202, 1500)
    endless = nobody.call(
        "POST",
        "/alerts/webhook",
        {"Authorization": f"Bearer {token}"},
        data=b" " * 17_000_000,
        content_type="application/json",
    )
    assert (endless.status, endless.json["detail"]) == (413, f"The body is larger than {16 * 1024 * 1024} bytes.")


def group(*alerts: object, **fields: object) -> dict[str, object]:
    return {**payloads.ALERTMANAGER, "alerts": alerts, **fields}


def run(services: Services, task_id: str) -> str:
    """Run a task that keeps refused alerts as a worker does, and return its state."""
    claim = services.ledger.lifecycle.begin(task_id, "worker")
    assert claim
    try:
        result = services.alerts.refused_alerts.take_in(ReceiveAlerts.parse(claim.params))
    except AlertRefused as error:
        services.ledger.lifecycle.fail(claim, error)
    else:
        services.ledger.lifecycle.succeed(claim, result)
    return str(services.ledger.tasks.get(task_id)["state"])


def test_one_bad_alert_is_refused_alone_and_kept_as_a_dead_letter(
    services: Services, nobody: Caller, viewer: Caller, fleet: int, token: str
) -> None:
    answer = post(nobody, token, group(BAD, GOOD))
    assert (answer.status, answer.json["count"], answer.json["refused_count"]) == (202, 1, 1)
    [refused] = answer.json["refused"]
    assert (refused["place"], refused["reason"]) == ("alerts.0.labels", "Must be an object with string values.")
    assert take_in(services, fleet)["new"] == 1
    assert run(services, refused["task_id"]) == "dead"
    letter = viewer.get(f"/queue/dead/{refused['task_id']}").json
    assert (letter["reason"], letter["error"]) == ("alert_refused", f"{refused['place']}: {refused['reason']}")
    assert letter["params"]["reports"] == [BAD]
    assert token not in json.dumps(letter)
    monitor = viewer.get(f"/monitors/{fleet}").json
    assert (monitor["refused_alerts"], monitor["last_refusal"]) == (1, letter["error"])
    assert monitor["refused_at"] is not None
    assert f'nagare_webhook_alerts_refused_total{{monitor_id="{fleet}"}} 1' in metrics(nobody)


def metrics(nobody: Caller) -> str:
    return nobody.call_root("GET", "/metrics").text


def test_a_group_of_bad_alerts_is_refused_and_kept(
    services: Services, nobody: Caller, viewer: Caller, token: str
) -> None:
    answer = post(nobody, token, group(BAD, {**GOOD, "status": "?"}))
    assert (answer.status, list(answer.json["errors"])) == (422, ["alerts.0.labels", "alerts.1.status"])
    kept = [task["task_id"] for task in viewer.get("/tasks?type=receive_alerts").json["items"]]
    assert len(kept) == 2
    assert all(task_id in answer.json["detail"] for task_id in kept)
    assert [run(services, task_id) for task_id in kept] == ["dead", "dead"]


@pytest.mark.parametrize("body", [{**PLAIN, "message": ""}, {**payloads.ZABBIX, "event_value": "*UNKNOWN*"}])
def test_a_single_alert_that_is_refused_is_not_kept(
    nobody: Caller, viewer: Caller, fleet: int, token: str, body: object
) -> None:
    assert post(nobody, token, body).status == 422
    assert viewer.get("/tasks?type=receive_alerts").json["items"] == []
    assert viewer.get(f"/monitors/{fleet}").json["refused_alerts"] == 0


def test_a_sender_that_repeats_itself_makes_one_dead_letter(
    services: Services, nobody: Caller, viewer: Caller, fleet: int, token: str
) -> None:
    [first] = post(nobody, token, group(BAD, GOOD)).json["refused"]
    run(services, first["task_id"])
    [again] = post(nobody, token, group(GOOD, BAD)).json["refused"]
    assert (again["task_id"], again["place"]) == (first["task_id"], "alerts.1.labels")
    assert viewer.get(f"/monitors/{fleet}").json["refused_alerts"] == 2


def test_a_repeat_with_the_same_key_names_what_keeps_the_refused_alerts(nobody: Caller, token: str) -> None:
    for body in (group(BAD, GOOD), group(BAD), group(), [PLAIN, 5]):
        key = {"Idempotency-Key": str(len(json.dumps(body)))}
        first = post(nobody, token, body, **key)
        assert post(nobody, token, body, **key).json == first.json


def test_many_refused_alerts_share_a_hundred_tasks(nobody: Caller, viewer: Caller, token: str) -> None:
    bad = [{**BAD, "number": number} for number in range(250)]
    answer = post(nobody, token, group(GOOD, *bad))
    assert (answer.json["refused_count"], len(answer.json["refused"])) == (250, 100)
    tasks = viewer.get("/tasks?type=receive_alerts&limit=500").json["items"]
    kept = [place for task in tasks for place in task["params"].get("places", [])]
    assert (len(tasks), sorted(kept)) == (85, sorted(f"alerts.{number}" for number in range(1, 251)))


def test_what_alertmanager_cut_off_is_told_at_the_monitor(
    nobody: Caller, viewer: Caller, fleet: int, token: str
) -> None:
    assert viewer.get(f"/monitors/{fleet}").json["truncated_alerts"] == 0
    for _ in range(2):
        answer = post(nobody, token, group(GOOD, truncatedAlerts=37))
        assert (answer.status, answer.json["count"], answer.json["truncated"]) == (202, 1, 37)
    monitor = viewer.get(f"/monitors/{fleet}").json
    assert (monitor["truncated_alerts"], monitor["truncated_at"] is None) == (74, False)
    assert f'nagare_webhook_alerts_truncated_total{{monitor_id="{fleet}"}} 74' in metrics(nobody)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {**payloads.GRAFANA, "alerts": [{**GOOD, "labels": {"alertname": "TestAlert", "instance": "Grafana"}}]},
            "Test received",
        ),
        (group(), "No alerts to record"),
        ({**payloads.ALERTMANAGER, "alerts": None}, "No alerts to record"),
        ([], "No alerts to record"),
    ],
)
def test_what_has_no_alert_is_accepted_and_leaves_nothing(
    nobody: Caller, viewer: Caller, token: str, body: object, message: str
) -> None:
    answer = post(nobody, token, body)
    assert answer.status == 202
    assert answer.json == {"message": message, "task_id": None, "count": 0, **NOTHING_LOST}
    assert "Location" not in answer.headers
    assert viewer.get("/tasks?type=receive_alerts").json["items"] == []


def test_a_test_for_a_disabled_monitor_is_not_answered_as_if_alerts_were_taken(
    admin: Caller, nobody: Caller, fleet: int, token: str
) -> None:
    admin.call("PATCH", f"/monitors/{fleet}", json={"enabled": False})
    assert post(nobody, token, group()).status == 409


def test_an_alert_named_twice_counts_once(services: Services, nobody: Caller, fleet: int, token: str) -> None:
    assert post(nobody, token, group(GOOD, GOOD)).json["count"] == 1
    assert take_in(services, fleet) | {"seen": 1, "new": 1} == take_in_counts(seen=1, new=1)


def take_in_counts(**counts: int) -> dict[str, int]:
    return dict.fromkeys(("seen", "new", "repeated", "reopened", "resolved", "unchanged"), 0) | counts


@pytest.mark.parametrize("user", ["nagare", "", "任何人"])
def test_the_token_may_be_the_password_of_basic_authentication(
    nobody: Caller, fleet: int, token: str, user: str
) -> None:
    def send(password: str) -> Answer:
        credentials = b64encode(f"{user}:{password}".encode()).decode()
        return nobody.call("POST", "/alerts/webhook", {"Authorization": f"Basic {credentials}"}, json=PLAIN)

    assert send(token).status == 202
    refused = send("wrong")
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, 'Bearer, Basic realm="nagare"')
    assert "Bearer" in refused.json["detail"]
    assert "basic authentication" in refused.json["detail"]


@pytest.mark.parametrize("name", ["token", "access_token", "key", "anything"])
def test_a_token_in_the_url_is_refused_with_a_sentence(
    nobody: Caller, token: str, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    answer = nobody.call("POST", f"/alerts/webhook?{name}={token}", json=PLAIN)
    assert (answer.status, token in answer.text) == (401, False)
    assert "A token in the URL reaches logs" in answer.json["detail"]
    assert token not in "".join(capfd.readouterr())


def test_a_token_in_the_url_is_refused_beside_one_in_the_header(nobody: Caller, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    assert nobody.call("POST", f"/alerts/webhook?token={token}", headers, json=PLAIN).status == 401
    assert nobody.call("POST", "/alerts/webhook?colour=red", headers, json=PLAIN).status == 422


def test_a_token_in_the_body_is_kept_nowhere(
    services: Services, nobody: Caller, viewer: Caller, fleet: int, token: str
) -> None:
    answer = post(nobody, token, [{**PLAIN, "token": token}, {"text": f"?t={token}"}])
    assert (answer.json["count"], answer.json["refused_count"]) == (1, 1)
    take_in(services, fleet)
    run(services, answer.json["refused"][0]["task_id"])
    with services.database.reading() as connection:
        for table in ("alerts", "alert_raw_reports", "task_runs", "task_attempts", "monitors"):
            assert token not in str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
    assert token not in viewer.get("/queue/dead").text


@pytest.mark.parametrize(("language", "words"), [("en", "left out by the sender"), ("zh", "发送方省略")])
def test_the_page_of_a_monitor_says_what_was_refused_and_left_out(
    nobody: Caller, browse: Callable[[str], Browser], fleet: int, token: str, language: str, words: str
) -> None:
    browser = browse("viewer")
    browser.client.set_cookie("nagare_language", language)
    assert words not in browser.get(f"/monitors/{fleet}").text
    post(nobody, token, group(BAD, GOOD, truncatedAlerts=37))
    page = browser.get(f"/monitors/{fleet}").text
    assert words in page
    assert f"/dead-letters?monitor_id={fleet}&amp;reason=alert_refused" in page
    assert browser.get(f"/dead-letters?monitor_id={fleet}&reason=alert_refused").status == 200
