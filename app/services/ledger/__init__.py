"""The life of tasks: submission, claims, retries, recovery and schedules; their queues, dead letters and events."""
