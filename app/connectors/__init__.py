"""Connectors: how nagare talks to each kind of monitoring system."""
