"""Connectors to each type of monitor."""
