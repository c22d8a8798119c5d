"""Matchers in Alertmanager's notation: one parser and one evaluator for lists, windows, notifications and routes."""
