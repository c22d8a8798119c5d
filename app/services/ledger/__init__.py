"""Tasks: accepted, claimed, retried, recovered, scheduled; their queues, dead letters and events."""
