"""Liveness and readiness."""

from http import HTTPStatus

from flask import Response

from app.web.access import PUBLIC
from app.web.api_blueprint import ApiBlueprint
from app.web.context import services
from app.web.problems import RETRY_AFTER_S, problem
from app.web.schemas.health import HealthSchema, ReadinessQuerySchema

health = ApiBlueprint("health", __name__, description="Health checks for load balancers and probes")


@health.operation("GET", "/healthz", role=PUBLIC, answer=HealthSchema)
def healthz() -> dict[str, str]:
    """Liveness: the process responds."""
    return {"status": "ok"}


@health.operation("GET", "/readyz", role=PUBLIC, query=ReadinessQuerySchema, answer=HealthSchema)
def readyz(needs: str | None = None) -> dict[str, str] | Response:
    """Readiness: the database, a user, the broker and a worker are available. A 503 names what is missing."""
    missing = {
        part: [error] for part, error in services().operation.health.readiness(needs).items() if error is not None
    }
    if not missing:
        return {"status": "ready"}
    detail = "; ".join(f"{part}: {error}" for part, (error,) in missing.items())
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "not_ready", detail, missing, headers)
