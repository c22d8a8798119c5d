"""Grafana-managed alerts."""
