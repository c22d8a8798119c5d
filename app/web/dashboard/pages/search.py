"""Find anything: pages, actions, views, and what the search finds; as a page, and in the palette of every page."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.enums import Role
from app.rules.monitor_types import WEBHOOK
from app.services.console.search import Hit
from app.web.context import current_user, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.forms import read_query
from app.web.dashboard.navigation import NAVIGATION
from app.web.dashboard.pages.views import saved_views
from app.web.dashboard.translation import translate, translate_or, translated_message
from app.web.dashboard.visitor_settings import THEMES
from app.web.schemas.base import RequestSchema
from app.web.schemas.fields import Text
from app.web.schemas.search import MAX_Q

OF_EACH_KIND = 6


class PaletteQuerySchema(RequestSchema):
    """What to find; nothing for the pages and actions."""

    q = Text(max=MAX_Q, load_default="")


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry of the palette: a link, or with `form` a button."""

    kind: str
    name: str
    path: str
    beside: str = ""
    form: dict[str, str] | None = None


@dashboard.page("/search", role=Role.VIEWER)
def search() -> str:
    """Find pages, actions, views, monitors, hosts, items, open alerts and tasks."""
    q = read_query(PaletteQuerySchema)["q"].strip()
    words = q.casefold().split()
    fixed = [*_views(), *_pages(), *_actions()]
    own = [choice for choice in fixed if all(word in choice.name.casefold() for word in words)]
    hits = services().console.search.find(q, OF_EACH_KIND)
    return render("search", q=q, choices=[*map(_found, hits), *own, *_pulls(hits)])


def _pages() -> list[Choice]:
    role = Role(current_user()["role"])
    entries = [entry for group in NAVIGATION.values() for entry in group if role.includes(entry.role)]
    return [Choice("page", translate_or(f"nav.{entry.name}", entry.name), entry.path) for entry in entries]


def _views() -> list[Choice]:
    return [Choice("view", view["name"], view["address"], view["username"]) for view in saved_views()]


def _actions() -> list[Choice]:
    """Return what can be done from every page."""
    themes = [(translate("palette.theme", theme=translate(f"theme.{each}")), {"theme": each}) for each in THEMES]
    languages = [("English", {"language": "en"}), ("中文", {"language": "zh"})]
    switches = [Choice("action", name, "/preferences", form=form) for name, form in (*themes, *languages)]
    return [*switches, Choice("action", translate("page.sign_out"), "/sign-out", form={})]


def _pulls(hits: Sequence[Hit]) -> list[Choice]:
    """Return the pulls of the monitors that were found, for those who may pull."""
    if not Role(current_user()["role"]).includes(Role.OPERATOR):
        return []
    found = [hit for hit in hits if hit.kind == "monitor" and hit.row["type"] != WEBHOOK]
    return [
        Choice("action", translate("palette.pull", name=hit.name), f"{hit.path}/pull/all", form={}) for hit in found
    ]


def _found(hit: Hit) -> Choice:
    """Return what was found in the reader's language."""
    if hit.kind == "alert":
        return Choice(hit.kind, translated_message(hit.row), hit.path, hit.beside)
    if hit.kind == "task":
        state = translate_or(f"task_state.{hit.beside}", hit.beside)
        return Choice(hit.kind, translate_or(f"task_type.{hit.name}", hit.name), hit.path, state)
    return Choice(hit.kind, hit.name, hit.path, hit.beside)
