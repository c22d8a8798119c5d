"""Routes in a real browser: dragged by their handles, moved by their buttons, and tried."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.cli.instance import Instance
from tests.real.test_dashboard import PASSWORD, PHONE, Visit, _look, browser, instance, visit

__all__ = ["browser", "instance", "visit"]

pytestmark = pytest.mark.real

NAMES = ("first", "second", "third")


@pytest.fixture
def routes(instance: Instance) -> dict[str, int]:
    """Make routes that end at nobody, in order and at the top."""
    with instance.client(PASSWORD) as api:
        for each in reversed(tree(api)):
            assert api.delete(f"/routes/{each[0]}").status_code == 204
        return {name: api.post("/routes", json={"name": name, "target": "none"}).json()["id"] for name in NAMES}


def tree(api: httpx.Client) -> list[tuple[int, str, int]]:
    return [(each["id"], each["name"], each["depth"]) for each in api.get("/routes").json()["items"]]


def drag(page: Page, source: Locator, target: Locator, part: float) -> None:
    """Drag a route by its handle to a part of the height of another row, from 0 to 1."""
    source.locator("[data-drags]").hover()
    page.mouse.down()
    box = target.bounding_box()
    assert box is not None
    for step in (0.4, 0.8, 1.0):
        page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] * part * step)
    page.mouse.up()


def test_routes_are_dragged_to_their_places(
    visit: Callable[..., Visit], instance: Instance, routes: dict[str, int], tmp_path: Path
) -> None:
    one = visit()
    page = one.sign_in(back="/routes")
    rows = {name: page.locator(f'tr[data-route="{route_id}"]') for name, route_id in routes.items()}
    told = page.get_by_text("The routes are in their new order.")

    def shown() -> list[tuple[str, int]]:
        expect(told.last).to_be_visible()
        with instance.client(PASSWORD) as api:
            return [(name, depth) for _, name, depth in tree(api)]

    drag(page, rows["third"], rows["first"], 0.1)
    expect(page.locator("tr[data-route]").first).to_contain_text("third")
    assert shown() == [("third", 0), ("first", 0), ("second", 0)]
    drag(page, rows["first"], rows["second"], 0.5)
    expect(rows["first"]).to_have_attribute("data-parent", str(routes["second"]))
    assert shown() == [("third", 0), ("second", 0), ("first", 1)]
    drag(page, rows["second"], rows["first"], 0.5)
    expect(page.locator("tr.dragged")).to_have_count(0)
    assert shown() == [("third", 0), ("second", 0), ("first", 1)], "a route does not go below itself"
    rows["second"].get_by_role("button", name="Move up").click()
    expect(page.locator("tr[data-route]").first).to_contain_text("second")
    assert shown() == [("second", 0), ("first", 1), ("third", 0)]
    _look(page, tmp_path / "routes.png", "/routes")
    assert one.complaints == []


def test_a_stale_order_says_what_it_lacks(
    visit: Callable[..., Visit], instance: Instance, routes: dict[str, int], tmp_path: Path
) -> None:
    one = visit(width=PHONE)
    page = one.sign_in(back="/routes")
    with instance.client(PASSWORD) as api:
        api.post("/routes", json={"name": "meanwhile", "target": "none"})
    page.locator(f'tr[data-route="{routes["first"]}"]').get_by_role("button", name="Move down").click()
    expect(page.locator("#route-order .wrong")).to_contain_text("Missing: meanwhile")
    _look(page, tmp_path / "stale.png", "/routes")
