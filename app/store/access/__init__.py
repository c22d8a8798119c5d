"""Statements about users, API tokens, throttles and the audit log."""
