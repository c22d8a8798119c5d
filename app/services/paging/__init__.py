"""Escalations and pages: people are told until somebody answers."""
