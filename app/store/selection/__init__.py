"""Statements that choose alerts: by matchers, filters and order."""
