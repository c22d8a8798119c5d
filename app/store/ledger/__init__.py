"""Statements about tasks: their rows, attempts, messages, dead letters and schedules."""
