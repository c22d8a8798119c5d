"""Event streams: connections that stay open, served by the server's event loop."""

EXTENSION = "nagare streams"
HANDOVER = "nagare.handover"
"""Key of the `Handover` in a request's environment; only our own server sets it."""
