"""Statements of what the console adds to the lists: saved views."""
