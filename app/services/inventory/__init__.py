"""Monitors, hosts, items and values; pulls from the sources and pushes to them."""
