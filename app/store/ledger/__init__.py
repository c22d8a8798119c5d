"""Statements on tasks: their rows, attempts, messages, dead letters and schedules."""
