"""Notification channels: Apprise, in a separate process for each message."""
