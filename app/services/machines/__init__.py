"""Hosts of several monitors that are one machine, and alerts that tell one fault of it."""
