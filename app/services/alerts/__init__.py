"""Alerts: intake, actions, suppression and the health score."""
