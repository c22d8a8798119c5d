"""Statements on alerts, webhook deliveries, maintenance windows and scores."""
