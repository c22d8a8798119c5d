"""Explains the health score: what would help most, and what changed it when."""
