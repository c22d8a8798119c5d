"""Finding anything by a part of its name."""

from app.enums import Role
from app.web.api_blueprint import ApiBlueprint
from app.web.context import Row, services
from app.web.schemas.search import HitsSchema, SearchQuerySchema

search = ApiBlueprint("search", __name__, description="Finds anything by a part of its name")


@search.operation("GET", "/search", role=Role.VIEWER, query=SearchQuerySchema, answer=HitsSchema)
def find_anything(q: str, limit: int) -> Row:
    """Find monitors, hosts, items, open alerts and tasks, a few of each. The lists' own `q` finds everything."""
    return {"items": services().console.search.find(q, limit)}
