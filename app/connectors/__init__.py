"""Connectors to each type of monitoring system."""
