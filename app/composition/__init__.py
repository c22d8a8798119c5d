"""The composition root: builds everything once a process, after the fork; one builder a room."""

from app.composition.services import Services, build, redis_server, wire

__all__ = ["Services", "build", "redis_server", "wire"]
