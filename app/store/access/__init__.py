"""Statements on users, API tokens, throttles and the audit log."""
