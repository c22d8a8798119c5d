"""Statements about alerts, webhook posts, maintenance windows and scores."""
