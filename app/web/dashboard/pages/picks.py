"""What fields offer while somebody types."""

from app.enums import Role
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.forms import read_query
from app.web.dashboard.picks import KINDS, picked_host
from app.web.schemas.base import RequestSchema
from app.web.schemas.fields import Text


class PickQuerySchema(RequestSchema):
    """What was typed so far."""

    q = Text(max=200, load_default="")


@dashboard.page("/pick/<any(hosts, 'host-names', alerts, zones):things>", role=Role.VIEWER)
def pick(things: str) -> str:
    """Return what fits to the text, as the options of a list."""
    return render("pick_options", picks=KINDS[things](read_query(PickQuerySchema)["q"].strip()))


dashboard.add_app_template_global(picked_host)
