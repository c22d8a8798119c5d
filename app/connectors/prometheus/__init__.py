"""Prometheus and its Alertmanager as a source."""
