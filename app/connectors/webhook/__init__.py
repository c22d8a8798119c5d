"""A source that is never asked: it sends its alerts to the webhook."""
