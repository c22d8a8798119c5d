"""Statements on escalations, pages, deliveries and decisions."""
