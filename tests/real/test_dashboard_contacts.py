"""A person in a real browser on a phone: adds addresses, types the codes that arrive, and orders the rules."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.cli.processes import wait_for
from tests.real.test_dashboard import PHONE, Visit, _look, browser, instance, visit
from tests.services.contacts.phone import CODE
from tests.services.response.receiver import Receiver, Serve
from tests.unit.connectors.conftest import serve

__all__ = ["browser", "instance", "serve", "visit"]

pytestmark = pytest.mark.real


def add(page: Page, receiver: Receiver, name: str) -> None:
    """Add an address by its form, and type the code that arrives there."""
    before = len(receiver.seen)
    page.get_by_role("button", name="Add a contact method").first.click()
    dialog = page.get_by_role("dialog", name="Add a contact method")
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_label("Address (Apprise URL)").fill(receiver.url)
    dialog.get_by_role("button", name="Add a contact method").click()
    wait_for(lambda: len(receiver.seen) > before, "the code")
    code = CODE.search(receiver.seen[-1]["title"])
    assert code is not None
    page.get_by_label("Code", exact=True).last.fill(code[0])
    page.get_by_role("button", name="Verify").last.click()
    expect(page.get_by_text(f"Verified: {name}")).to_be_visible()


def test_contact_methods_on_a_phone(visit: Callable[..., Visit], serve: Serve, tmp_path: Path) -> None:
    receiver, one = Receiver(serve), visit(width=PHONE)
    page = one.sign_in("viewer")
    page.get_by_role("link", name="viewer").click()
    page.wait_for_url("**/contact-methods")
    expect(page.get_by_text("You cannot be paged").first).to_be_visible()
    for name in ("Telegram", "mail"):
        add(page, receiver, name)
        page.get_by_role("button", name="Add a rule").first.click()
        dialog = page.get_by_role("dialog", name="Add a rule")
        dialog.get_by_label("Contact method").select_option(label=name)
        dialog.get_by_label("Quiet from").fill("22:00")
        dialog.get_by_label("Quiet until").fill("07:00")
        _look(page, tmp_path / f"rule-{name}.png", "the form of a rule")
        dialog.get_by_role("button", name="Add a rule").click()
        expect(page.locator(".contact-rule").last).to_contain_text(name)
    page.locator(".contact-rule").last.get_by_role("button", name="Move up").click()
    expect(page.locator(".contact-rule").first).to_contain_text(re.compile(r"1\. mail"))
    expect(page.locator(".contact-rule").first).to_contain_text("not from 22:00 to 07:00")
    _look(page, tmp_path / "contact-methods.png", "/contact-methods")
    page.locator(".contact-rule").first.get_by_role("link", name="Edit the rule: mail").click()
    expect(page.get_by_label("Quiet from")).to_have_value("22:00")
    page.get_by_label("After (minutes)").fill("15")
    _look(page, tmp_path / "contact-rule.png", "the page of a rule")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".contact-rule").first).to_contain_text("after 15 min")
    assert one.complaints == []
