"""Notifies people about alerts: notifications and their messages."""
