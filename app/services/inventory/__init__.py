"""Monitors, hosts, items and values; pulls and pushes."""
