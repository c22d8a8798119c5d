"""Statements about monitors, hosts, items and values."""
