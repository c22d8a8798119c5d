"""The Celery door: `celery -A tasks worker`."""

from tasks.application import celery

__all__ = ["celery"]
