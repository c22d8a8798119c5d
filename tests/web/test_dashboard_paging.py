"""Answers to pages and forms of escalations, by the dashboard."""

from collections.abc import Callable

from app.composition import Services
from tests.web.browser import Browser
from tests.web.caller import Caller
from tests.web.test_dashboard_pages import open_page


def test_one_tap_acknowledges_and_another_resolves(
    browse: Callable[[str], Browser], services: Services, admin: Caller, fleet: int
) -> None:
    page_id = open_page(services, admin, fleet)
    browser = browse("operator")
    assert f'action="/pages/{page_id}/acknowledge"' in browser.get(f"/pages/{page_id}").text
    assert browser.post(f"/pages/{page_id}/acknowledge", {}).status == 303
    page = admin.get(f"/pages/{page_id}").json
    assert (page["state"], page["acknowledged_by"]) == ("acknowledged", "operator")
    assert browser.post(f"/pages/{page_id}/resolve", {}).status == 303
    assert admin.get(f"/pages/{page_id}").json["state"] == "resolved"
    assert browse("viewer").post(f"/pages/{page_id}/resolve", {}).status == 403


def test_the_form_of_an_escalation_has_steps(browse: Callable[[str], Browser], admin: Caller) -> None:
    form = {
        **{
            "name": "夜间",
            "after-0": "0",
            "targets-0": "user:1",
            "after-1": "5",
            "targets-1": "user:2",
            "after-2": "0",
        },
        **{"repeats": "", "acknowledgement": "30", "fallback": "user:1"},
    }
    assert browse("admin").post("/escalations", form).status == 303
    (made,) = admin.get("/escalations").json["items"]
    assert [(step["after_s"], len(step["targets"])) for step in made["steps"]] == [(0, 1), (300, 1)]
    assert (made["repeats"], made["acknowledgement_s"], made["fallback"]["id"]) == (None, 1800, 1)
    assert browse("admin").post(f"/escalations/{made['id']}/delete", {}).status == 303
    assert admin.get("/escalations").json["items"] == []


def test_who_never_was_paged_is_led_through_the_set_up(
    browse: Callable[[str], Browser], services: Services, admin: Caller
) -> None:
    browser = browse("operator")
    page = browser.get("/pages").text
    assert 'href="/contact-methods"' in page and 'href="/rotas/new"' in page
    team = admin.post("/teams", {"name": "payments", "members": ["operator"]}).json["id"]
    admin.post("/routes", {"name": "payments", "target": "team", "team_id": team, "match": 'team="pay"'})
    assert '<span class="muted">Choose which alerts page whom</span>' in browser.get("/pages").text
    fired = browser.post("/routes/test-alert", {"labels": "team=pay", "severity": "2"})
    assert fired.status == 303 and fired.headers["Location"].endswith("/why")
    services.response.notifier.tick()
    assert 'id="setup"' not in browser.get("/pages").text
    assert "Test alert by operator" in browser.get("/pages").text
