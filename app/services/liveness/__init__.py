"""Notices what no longer reports: heartbeats, silent monitors, absent watchdogs, stale alerts."""
