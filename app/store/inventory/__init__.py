"""Statements on monitors, hosts, items and values."""
