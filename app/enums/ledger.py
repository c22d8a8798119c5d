"""Task types and states."""

from enum import StrEnum


class TaskType(StrEnum):
    """What a task does. The value is also the queue's suffix and the prefix of the task's id."""

    PULL_HOSTS = "pull_hosts"
    PULL_ITEMS = "pull_items"
    PULL_HOST = "pull_host"
    PULL_ITEM = "pull_item"
    PUSH_HOST = "push_host"
    PUSH_ITEM = "push_item"
    GENERATE_ALERTS = "generate_alerts"
    PULL_ALERTS = "pull_alerts"
    SYNC = "sync"
    """Pulls hosts, items and alerts of a monitor with child tasks."""
    RECEIVE_ALERTS = "receive_alerts"
    """Processes what was sent to the webhook."""
    ACKNOWLEDGE_ALERT = "acknowledge_alert"
    """Acknowledges alerts at their monitor."""
    PUSH_MAINTENANCE = "push_maintenance"
    """Tells a monitor of a maintenance window, or takes that back."""
    NOTIFY = "notify"
    TRY_CHANNEL = "try_channel"
    """Sends a test message or a code to a channel."""
    ANSWER_CHAT = "answer_chat"
    """Tells a person in a chat why a click did nothing."""
    PAGE_STEP = "page_step"
    """Takes a step of a page: finds whom it pages, and makes their messages."""
    SEND_PAGE = "send_page"
    """Sends the messages of pages that are due at one channel."""
    BACKFILL_VALUES = "backfill_values"
    """Reads an item's values from the time before nagare knew it."""


COUNTED_TYPES = (
    TaskType.PULL_HOSTS,
    TaskType.PULL_ITEMS,
    TaskType.PULL_HOST,
    TaskType.PULL_ITEM,
    TaskType.PUSH_HOST,
    TaskType.PUSH_ITEM,
    TaskType.GENERATE_ALERTS,
)
"""The types that `GET /queue/stats` counts; clients rely on exactly these."""


class WorkerOrder(StrEnum):
    """What a person asks of one worker."""

    PAUSE = "pause"
    """Take no tasks until it is resumed; those that it runs continue."""
    RESUME = "resume"
    SHUTDOWN = "shutdown"
    """Hand back the running tasks and end."""


class TaskState(StrEnum):
    """The state of a task."""

    QUEUED = "queued"
    """Recorded; a message is or will be in Redis, at `next_run_at` if it is scheduled for later."""
    RUNNING = "running"
    """A worker has claimed it and renews its lease."""
    RETRYING = "retrying"
    """Failed with attempts left; waits for `next_run_at`."""
    SUCCEEDED = "succeeded"
    """Terminal."""
    DEAD = "dead"
    """Failed for good; a dead letter until it is retried or discarded; terminal."""
    CANCELLED = "cancelled"
    """Cancelled by a person; terminal."""


TERMINAL_STATES = (TaskState.SUCCEEDED, TaskState.DEAD, TaskState.CANCELLED)
