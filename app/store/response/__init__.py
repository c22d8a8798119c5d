"""Statements on notifications and their messages."""
