"""Tasks: accepted, claimed, retried, recovered, buried and scheduled; their queues, dead letters and events."""
