"""The composition root: builds everything once per process, after the fork; one builder per room."""

from app.composition.services import Services, build, redis_server, wire

__all__ = ["Services", "build", "redis_server", "wire"]
