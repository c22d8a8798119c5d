"""Connections that stay open, on which clients watch what happens; the event loop of the server serves them."""

EXTENSION = "nagare streams"
HANDOVER = "nagare.handover"
"""Where a request's environment has its `Handover`; only our own server puts one there."""
