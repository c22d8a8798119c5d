"""Statements on teams, channels and contact rules."""
