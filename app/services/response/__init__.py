"""Notifications and their messages."""
