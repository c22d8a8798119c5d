"""Statements on what no longer reports."""
