"""Maintenance windows: when they are in effect, and what their monitors are told of them."""
