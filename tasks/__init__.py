"""The Celery application: `celery -A tasks worker`."""

from tasks.application import celery

__all__ = ["celery"]
